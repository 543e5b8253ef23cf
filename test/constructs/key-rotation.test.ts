import { Lazy, TerraformStack, Testing } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import { KeyRotation, RotatedKey } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { readEnvironment } from "../../lambda/environment.ts";
import { KEY, problemsIn, type Synthesized, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

describe("a KeyRotation that says only its environment", () => {
  it("runs the rotator as the design has it", () => {
    expect(synthKey().of("Rotator", "aws_lambda_function")).toMatchObject({
      function_name: "dualkey-production-rotator",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.rotator",
      timeout: 120,
      reserved_concurrent_executions: 10,
    });
  });

  it.each(["Rotator", "Responder"] as const)("gives the %s the environment that it reads", (part) => {
    const { environment } = synthKey().of(part, "aws_lambda_function") as {
      environment: { variables: Record<string, string> };
    };
    const read = readEnvironment({ ...environment.variables, AWS_LAMBDA_FUNCTION_NAME: "f" });
    expect(read).toMatchObject({
      deployment: "production",
      timeoutMs: 120_000,
      marginMs: 180_000,
      callMs: 15_000,
      listLagMs: 600_000,
      sweepEveryMs: 300_000,
      recordsBucket: expect.stringMatching(/^\$\{aws_s3_bucket\.keys_Records_\w+\.bucket\}$/),
      providerUrls: { startMessaging: "https://api.startmessaging.com", twilioIam: "https://iam.twilio.com" },
    });
  });

  it("ticks every 5 minutes, and lets an event that waited as long go", () => {
    const stack = synthKey();
    expect(stack.only("aws_cloudwatch_event_rule").schedule_expression).toBe("rate(5 minutes)");
    expect(stack.of("Rotator", "aws_lambda_function_event_invoke_config")).toMatchObject({
      maximum_event_age_in_seconds: 300,
      maximum_retry_attempts: 0,
    });
  });

  it("lets two services invoke the rotator, each from this account and for one kind of source", () => {
    const permissions = Object.values(synthKey().all("aws_lambda_permission"));
    expect(permissions.map(({ principal }) => principal).sort()).toEqual([
      "events.amazonaws.com",
      "secretsmanager.amazonaws.com",
    ]);
    for (const { source_account, source_arn } of permissions) {
      expect(source_account).toMatch(/^\$\{data\.aws_caller_identity\.\w+\.account_id\}$/);
      expect(source_arn).toMatch(
        /^(\$\{aws_cloudwatch_event_rule\.\w+\.arn\}|arn:.*:secretsmanager:.*:secret:\*)$/,
      );
    }
  });

  it("keeps both logs for a year, and in development for two weeks", () => {
    expect(retentionsOf(synthKey())).toEqual([365, 365]);
    expect(retentionsOf(synthKey({}, { environment: "development" }))).toEqual([14, 14]);
  });

  it("knows no partition, region or account", () => {
    expect(synthKey().text).not.toMatch(/arn:aws[:-]|amazonaws\.com\.cn|us-east-1/);
  });

  it("raises no alarm", () => {
    expect(synthKey().all("aws_cloudwatch_metric_alarm")).toEqual({});
  });
});

describe("a KeyRotation that says more", () => {
  it.each(["Rotator", "Responder"] as const)("tells the %s how it is played, and only then", (part) => {
    const read = (rotation: Parameters<typeof synthKey>[1]) => {
      const { environment } = synthKey({}, rotation).of(part, "aws_lambda_function") as {
        environment: { variables: Record<string, string> };
      };
      return readEnvironment({ ...environment.variables, AWS_LAMBDA_FUNCTION_NAME: "f" });
    };
    const unsafeTiming = { reportLagSeconds: 2, reportPeriodSeconds: 1, lastUsedResolutionSeconds: 3 };
    expect(read({ unsafeTiming, events: false })).toMatchObject({
      reportLagMs: 2_000,
      reportPeriodMs: 1_000,
      lastUsedResolutionSeconds: 3,
      hasEvents: false,
    });
    const ordinary = read({});
    expect(ordinary).toMatchObject({ reportLagMs: 180_000, reportPeriodMs: 60_000, hasEvents: true });
    expect(ordinary).not.toHaveProperty("lastUsedResolutionSeconds");
  });

  it("takes what it is given", () => {
    const stack = synthMore();
    expect(stack.of("Rotator", "aws_lambda_function")).toMatchObject({
      function_name: "dualkey-otp-eu-rotator",
      reserved_concurrent_executions: 2,
      timeout: 60,
      environment: {
        variables: {
          DUALKEY_DEPLOYMENT: "otp-eu",
          DUALKEY_TIMEOUT_SECONDS: "60",
          DUALKEY_MARGIN_SECONDS: "180",
          DUALKEY_SWEEP_SECONDS: "60",
          DUALKEY_STARTMESSAGING_URL: "https://gateway.example",
          DUALKEY_INFOBIP_URL: "https://x1.api.infobip.com",
        },
      },
    });
    expect(stack.only("aws_cloudwatch_event_rule").schedule_expression).toBe("rate(1 minute)");
    expect(retentionsOf(stack)).toEqual([30, 30]);
    expect(stack.only("aws_ssm_parameter").name).toBe("/dualkey/otp-eu/prod/otp/startmessaging");
  });

  it("tells the topic of each key, of a leak of each, and of a clock that has stopped", () => {
    const alarms = Object.values(synthMore().all("aws_cloudwatch_metric_alarm"));
    expect(alarms).toHaveLength(3);
    for (const { alarm_actions } of alarms) expect(alarm_actions).toEqual(["arn:aws:sns:eu-west-1:1:people"]);
  });
});

function retentionsOf(stack: Synthesized): unknown[] {
  return Object.values(stack.all("aws_cloudwatch_log_group")).map(({ retention_in_days: days }) => days);
}

function synthMore() {
  return synthKey(
    {},
    {
      deployment: "otp-eu",
      reservedConcurrency: 2,
      sweepEveryMinutes: 1,
      logRetentionDays: 30,
      alarmTopicArn: "arn:aws:sns:eu-west-1:1:people",
      providerUrls: { startMessaging: "https://gateway.example", infobip: "https://x1.api.infobip.com" },
      unsafeTiming: { timeoutSeconds: 60 },
    },
  );
}

describe("a KeyRotation with mistakes", () => {
  it("says all of them at once, with their paths and what to do", () => {
    const problems = problemsIn(() =>
      synthKey(
        {},
        {
          deployment: "a.b",
          alarmTopicArn: "people",
          reservedConcurrency: 1,
          responderReservedConcurrency: 0,
          sweepEveryMinutes: 0.5,
          logRetentionDays: 42,
          providerUrls: { startMessaging: "gateway", twilio: "https://typo" } as object,
          unsafeTiming: { callSeconds: 200 },
        },
      ),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "deployment",
      "alarmTopicArn",
      "reservedConcurrency",
      "responderReservedConcurrency",
      "sweepEveryMinutes",
      "logRetentionDays",
      "providerUrls.startMessaging",
      "providerUrls.twilio",
      "unsafeTiming.callSeconds",
    ]);
    expect(problems[2]).toBe("reservedConcurrency: is 1. Set a whole number from 2 to 1000");
  });

  it("names the environment where the deployment takes its name from it", () => {
    expect(problemsIn(() => synthKey({}, { environment: "prod eu" }))[0]).toMatch(
      /^environment: is "prod eu"/,
    );
  });

  it("lets pass what only Terraform knows", () => {
    const text = Lazy.stringValue({ produce: () => "later" });
    const number = Lazy.numberValue({ produce: () => 5 });
    const concurrency = { reservedConcurrency: number, responderReservedConcurrency: number };
    const given = { alarmTopicArn: text, logRetentionDays: number, ...concurrency };
    const url = { providerUrls: { startMessaging: text } };
    expect(problemsIn(() => synthKey({}, { ...given, ...url }))).toEqual([]);
  });
});

describe("a tree of KeyRotations", () => {
  it("refuses two of one deployment, and names both", () => {
    const twins = () =>
      synth((stack) => {
        new KeyRotation(stack, "one", { environment: "production" });
        new KeyRotation(stack, "two", { environment: "staging", deployment: "production" });
      });
    expect(twins).toThrow(/deployment: is "production", as that of test\/two is/);
  });

  it("refuses two keys in one secret, and names both", () => {
    const same = () =>
      synth((stack) => {
        const rotation = new KeyRotation(stack, "keys", { environment: "production" });
        rotation.addKey("a", KEY);
        rotation.addKey("b", KEY);
      });
    expect(same).toThrow(/"prod\/otp\/startmessaging" for test\/keys\/a, test\/keys\/b/);
  });

  it("refuses a key in another's hand-in secret, and names both", () => {
    const same = () =>
      synth((stack) => {
        const rotation = new KeyRotation(stack, "keys", { environment: "production" });
        rotation.addKey("a", KEY);
        rotation.addKey("b", { ...KEY, secretName: `${KEY.secretName}/hand-in` });
      });
    expect(same).toThrow(/startmessaging\/hand-in" for the hand-in of test\/keys\/a, test\/keys\/b/);
  });

  it("refuses more keys than the role's policy can name", () => {
    const many = () =>
      synth((stack) => {
        const rotation = new KeyRotation(stack, "keys", { environment: "production" });
        for (let i = 0; i < 60; i += 1) rotation.addKey(`k${i}`, { ...KEY, secretName: `prod/otp/${i}` });
      });
    expect(many).toThrow(/has 60 keys.*Divide the keys into two KeyRotations/);
  });

  it("refuses a key in another stack than its rotation", () => {
    const app = Testing.app();
    const rotation = new KeyRotation(new TerraformStack(app, "a"), "keys", { environment: "production" });
    const elsewhere = new TerraformStack(app, "b");
    const problems = problemsIn(() => new RotatedKey(elsewhere, "otp", { ...KEY, rotation }));
    expect(problems).toEqual([expect.stringMatching(/^rotation: is in another stack \(a\/keys\)/)]);
  });
});
