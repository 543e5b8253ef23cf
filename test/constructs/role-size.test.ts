import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, KeyProvider, KeyRotation, type RotatedKeyOptions } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { resolve, type Value } from "../../rehearsal/apply/_evaluate.ts";
import { KEY, type Synthesized, synth } from "./a-stack.ts";

beforeAll(buildFunctions);

/** What all inline policies of one role may have, white space left out: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const IAM_LIMIT = 10_240;

/** The longest partition and region that there are. */
const PLACE: Readonly<Record<string, string>> = {
  partition: "aws-us-gov",
  dns_suffix: "amazonaws.com",
  id: "us-gov-west-1",
  account_id: "123456789012",
};

const ADMIN = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:vendors/admin-a1B2c3";
const KMS = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

/** The rotator's policy as IAM gets it, with every ARN in full. */
function appliedPolicy(stack: Synthesized): string {
  const lookup = (path: readonly (string | number)[]): Value => {
    const [type = "", name = "", attribute = ""] = path[0] === "data" ? path.slice(1) : path;
    if (type === "aws_s3_bucket") return "arn:aws-us-gov:s3:::dualkey-records-20260414080000123400000001";
    if (type !== "aws_secretsmanager_secret") return PLACE[attribute] ?? `arn:of-the-log:${name}`;
    const { name: secret } = stack.all("aws_secretsmanager_secret")[name] ?? {};
    return `arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:${String(secret)}-a1B2c3`;
  };
  return String(resolve(String(stack.of("Rotator", "aws_iam_role_policy").policy), lookup));
}

function withKeys(count: number, options: (index: number) => Partial<RotatedKeyOptions>): Synthesized {
  return synth((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    for (let i = 0; i < count; i += 1) {
      rotation.addKey(`k${i}`, { ...KEY, secretName: `prod/otp/vendor-${i}`, ...options(i) });
    }
  });
}

describe("as many keys as synthesis lets pass", () => {
  it.each<[number, string, (index: number) => Partial<RotatedKeyOptions>]>([
    [42, "with hand-ins", () => ({})],
    [88, "without hand-ins", () => ({ handIn: false })],
    [28, "with KMS keys", (i) => ({ kmsKeyArn: KMS.replace("0f1e2d3c", String(10_000_000 + i)) })],
    [
      44,
      "with admin secrets",
      (i) => ({ provider: KeyProvider.infobip({ adminSecretArn: ADMIN.replace("admin", `admin-${i}`) }) }),
    ],
    [46, "of IAM users", (i) => ({ provider: KeyProvider.awsIam({ userName: `sender-${i}` }) })],
    [
      46,
      "with services of their own",
      (i) => ({ handIn: false, consumers: [Consumer.ecsService({ cluster: "web", service: `otp-${i}` })] }),
    ],
    [
      18,
      "with functions and KMS keys of their own",
      (i) => ({
        handIn: false,
        consumers: [1, 2].map((part) =>
          Consumer.lambdaFunction({
            name: `f${part}`,
            functionName: `otp-${i}-${part}`,
            kmsKeyArn: KMS.replace("0f1e2d3c", String(10_000_000 + 10 * i + part)),
            reports: true,
          }),
        ),
      }),
    ],
    [
      27,
      "of every kind",
      (i) =>
        [
          { kmsKeyArn: KMS },
          { provider: KeyProvider.infobip({ adminSecretArn: ADMIN, adminKmsKeyArn: KMS }) },
          { provider: KeyProvider.awsIam({ userName: `sender-${i}` }) },
          {
            consumers: [
              Consumer.ecsService({ cluster: "web", service: `otp-${i}`, reports: true }),
              Consumer.lambdaFunction({ functionName: `otp-${i}`, kmsKeyArn: KMS }),
            ],
          },
        ][i % 4] as Partial<RotatedKeyOptions>,
    ],
    [
      80,
      "with one service for all",
      () => ({ handIn: false, consumers: [Consumer.ecsService({ cluster: "web", service: "login" })] }),
    ],
  ])("fit into what IAM takes: %i %s", (most, _, options) => {
    const { length } = appliedPolicy(withKeys(most, options));
    expect(length).toBeLessThanOrEqual(IAM_LIMIT);
    // And the estimate does not give much away.
    expect(length).toBeGreaterThan(IAM_LIMIT * 0.7);
    expect(() => withKeys(most + 1, options)).toThrow(/Divide the keys into two KeyRotations/);
  });
});
