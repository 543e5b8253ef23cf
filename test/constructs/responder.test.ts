import { TerraformOutput } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import { KeyRotation } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { KEY, problemsIn, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

interface Statement {
  readonly Sid: string;
  readonly Action: string[];
  readonly Resource: string[];
}

function policyOf(stack = synthKey(), part: "Rotator" | "Responder" = "Responder"): string {
  return String(stack.of(part, "aws_iam_role_policy").policy);
}

function statementsOf(stack = synthKey(), part: "Rotator" | "Responder" = "Responder"): Statement[] {
  return (JSON.parse(policyOf(stack, part)) as { Statement: Statement[] }).Statement;
}

describe("the responder of a KeyRotation that says only its environment", () => {
  it("runs from the functions' bundle, with a concurrency of its own", () => {
    const stack = synthKey();
    const [rotator, responder] = (["Rotator", "Responder"] as const).map((part) =>
      stack.of(part, "aws_lambda_function"),
    );
    expect(responder).toMatchObject({
      function_name: "dualkey-production-responder",
      handler: "index.responder",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      reserved_concurrent_executions: 2,
      memory_size: 1769, // a whole processor, for the review of sends
    });
    // Each fence counts on how long the other's runs live.
    for (const same of ["filename", "source_code_hash", "timeout", "environment"])
      expect(responder?.[same]).toEqual(rotator?.[same]);
    expect(responder?.role).not.toBe(rotator?.role);
    expect(responder?.logging_config).not.toEqual(rotator?.logging_config);
  });

  it("can be called by no service: neither Secrets Manager nor the clock", () => {
    const stack = synthKey();
    for (const { function_name } of Object.values(stack.all("aws_lambda_permission")))
      expect(function_name).toMatch(/^\$\{aws_lambda_function\.keys_Rotator_/);
    expect(stack.only("aws_cloudwatch_event_target").arn).toMatch(/\.keys_Rotator_/);
    expect(stack.only("aws_secretsmanager_secret_rotation").rotation_lambda_arn).toMatch(/\.keys_Rotator_/);
  });

  it("never does later, or twice, what it was asked for", () => {
    expect(synthKey().of("Responder", "aws_lambda_function_event_invoke_config")).toMatchObject({
      maximum_event_age_in_seconds: 60,
      maximum_retry_attempts: 0,
    });
  });

  it("is known by its name and its ARN", () => {
    const { text } = synth((stack) => {
      const rotation = new KeyRotation(stack, "keys", { environment: "production" });
      expect(rotation.responderName).toBe("dualkey-production-responder");
      new TerraformOutput(stack, "responder", { value: rotation.responderArn });
    });
    const { output } = JSON.parse(text) as { output: { responder: { value: string } } };
    expect(output.responder.value).toMatch(/^\$\{aws_lambda_function\.keys_Responder_\w+\.arn\}$/);
  });
});

describe("the responder of a KeyRotation that says more", () => {
  it("takes what it is given", () => {
    const given = {
      deployment: "otp-eu",
      responderReservedConcurrency: 5,
      unsafeTiming: { timeoutSeconds: 60 },
      providerUrls: { startMessaging: "https://gateway.example" },
    };
    expect(synthKey({}, given).of("Responder", "aws_lambda_function")).toMatchObject({
      function_name: "dualkey-otp-eu-responder",
      reserved_concurrent_executions: 5,
      timeout: 60,
      environment: { variables: { DUALKEY_STARTMESSAGING_URL: "https://gateway.example" } },
    });
  });

  it("has room for its name in that of the deployment", () => {
    const named = (length: number) => problemsIn(() => synthKey({}, { deployment: "d".repeat(length) }));
    expect(`dualkey-${"d".repeat(46)}-responder`).toHaveLength(64);
    expect(named(46)).toEqual([]);
    expect(named(47)).toEqual([expect.stringMatching(/^deployment: .*at most 46 letters/)]);
  });
});

describe("the responder's role", () => {
  it("may do to keys what the rotator may, since an answer to a leak makes one and ends another, and invokes nothing", () => {
    const withoutLog = (part: "Rotator" | "Responder") =>
      statementsOf(synthKey(), part).filter(({ Sid }) => Sid !== "WriteLog");
    const rotators = withoutLog("Rotator").filter(({ Sid }) => Sid !== "AskItself");
    expect(withoutLog("Responder")).toEqual(rotators);
    expect(rotators.map(({ Sid }) => Sid)).toEqual([
      "RotateKeys",
      "TakeHandIns",
      "Announce",
      "ListKeys",
      "ReadPolicies",
      "KeepRecords",
      "FindRecords",
    ]);
    expect(policyOf()).not.toContain("InvokeFunction");
  });

  it("touches the secrets of its keys, the policies of its deployment, and its own log, by name", () => {
    const byId = Object.fromEntries(statementsOf().map(({ Sid, Resource }) => [Sid, Resource.join()]));
    expect(byId.RotateKeys).toMatch(/^\$\{aws_secretsmanager_secret\.keys_otp_\w+\.arn\}$/);
    expect(byId.ReadPolicies).toMatch(/:parameter\/dualkey\/production\/\*$/);
    expect(byId.WriteLog).toMatch(/^\$\{aws_cloudwatch_log_group\.keys_Responder_\w+\.arn\}:\*$/);
  });

  it("encrypts and decrypts with a secret's own KMS key, through Secrets Manager alone", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    expect(statementsOf(synthKey({ kmsKeyArn })).find(({ Sid }) => Sid === "EncryptKeys")).toMatchObject({
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: [kmsKeyArn],
      Condition: { StringEquals: { "kms:ViaService": expect.stringMatching(/^secretsmanager\./) } },
    });
  });

  it("has a policy that is never longer than the rotator's, whose length synthesis checks", () => {
    for (const count of [0, 1, 40]) {
      const stack = synth((scope) => {
        const rotation = new KeyRotation(scope, "keys", { environment: "production" });
        for (let i = 0; i < count; i += 1) rotation.addKey(`k${i}`, { ...KEY, secretName: `prod/otp/${i}` });
      });
      expect(policyOf(stack).length).toBeLessThan(policyOf(stack, "Rotator").length);
    }
  });
});
