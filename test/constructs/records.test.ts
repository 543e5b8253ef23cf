import { beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../lambda/build.ts";
import { synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

const ALARMS = { alarmTopicArn: "arn:aws:sns:eu-west-1:1:people" };

describe("the bucket of records", () => {
  it("is private, encrypted and versioned", () => {
    const stack = synthKey();
    expect(stack.only("aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.only("aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
    expect(JSON.stringify(stack.only("aws_s3_bucket_server_side_encryption_configuration"))).toContain(
      "AES256",
    );
  });

  it("refuses every call that does not come through TLS, on itself and on what is in it", () => {
    const { policy, depends_on } = synthKey().only("aws_s3_bucket_policy");
    const arn = expect.stringMatching(/^\$\{aws_s3_bucket\.keys_Records_\w+\.arn\}(\/\*)?$/);
    expect(JSON.parse(String(policy)).Statement).toEqual([
      {
        Sid: "RefuseInClear",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, arn],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
    // S3 takes one change of a bucket's access at a time.
    expect(depends_on).toEqual([expect.stringMatching(/^aws_s3_bucket_public_access_block\./)]);
  });

  it("keeps records for good, and what they said before for 90 days", () => {
    const { rule, depends_on } = synthKey().only("aws_s3_bucket_lifecycle_configuration");
    expect(rule).toEqual([
      {
        id: "old-versions",
        status: "Enabled",
        filter: [{ prefix: "" }],
        noncurrent_version_expiration: [{ noncurrent_days: 90 }],
      },
    ]);
    expect(depends_on).toEqual([expect.stringMatching(/^aws_s3_bucket_versioning\./)]);
  });

  it("is not emptied by Terraform, which therefore does not delete it while there is a record", () => {
    expect(synthKey().only("aws_s3_bucket")).not.toHaveProperty("force_destroy");
  });
});

describe("the alarm of a leak", () => {
  const leakAlarm = (rotation = {}) => {
    const alarms = Object.values(synthKey({}, { ...ALARMS, ...rotation }).all("aws_cloudwatch_metric_alarm"));
    return alarms.find(({ metric_name }) => metric_name === "LeakedKeysAlive");
  };

  it("is the key's own, from the first run that counts a leaked key to three ticks without one", () => {
    expect(leakAlarm()).toMatchObject({
      alarm_name: "dualkey prod/otp/startmessaging: a leaked key may work",
      namespace: "dualkey",
      dimensions: { service: "dualkey", secret: "prod/otp/startmessaging" },
      alarm_description: expect.stringMatching(
        /leak-response again, with the same which.*responder's.*rotator's/,
      ),
      statistic: "Maximum",
      comparison_operator: "GreaterThanThreshold",
      threshold: 0,
      period: 300,
      evaluation_periods: 3,
      datapoints_to_alarm: 1,
      treat_missing_data: "notBreaching",
      alarm_actions: [ALARMS.alarmTopicArn],
      ok_actions: [ALARMS.alarmTopicArn],
    });
  });

  it("outlasts a slower clock's ticks, too", () => {
    expect(leakAlarm({ sweepEveryMinutes: 20 })?.period).toBe(1200);
  });
});
