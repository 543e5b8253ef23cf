import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type ApplyOptions, applyStack } from "../../../rehearsal/apply/apply.ts";
import { startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import { changed, firstOf, type StackJson, synthesize } from "./a-synthesized-stack.ts";

let folder: string;
const removals: (() => void)[] = [];

beforeAll(async () => {
  folder = await synthesize((remove) => removals.push(remove));
}, 60_000);

afterAll(() => {
  for (const remove of removals) remove();
});

/** Applies the rehearsal's stack with a change, to an account of its own. */
async function apply(change: (stack: StackJson) => void, options: Partial<ApplyOptions> = {}) {
  const aws = await startEmbeddedAws();
  onTestFinished(() => aws.close());
  const variables = { gateway_url: "http://127.0.0.1:9" };
  return applyStack({ aws, folder: changed(folder, change), variables, ...options });
}

/** Changes the text of a whole stack. */
function rewrite(stack: StackJson, change: (text: string) => string): void {
  stack.resource = JSON.parse(change(JSON.stringify(stack.resource))) as StackJson["resource"];
}

describe("a stack with a broken reference is refused by its name", () => {
  it("where the resource does not exist", async () => {
    const applied = apply((stack) => {
      const [name] = firstOf(stack, "aws_lambda_function");
      rewrite(stack, (text) =>
        text.replaceAll(`aws_lambda_function.${name}.arn`, "aws_lambda_function.gone.arn"),
      );
    });
    await expect(applied).rejects.toThrow(
      /aws_secretsmanager_secret_rotation\.keys_otp_Schedule_\w+: refers to aws_lambda_function\.gone, which is not in the stack/,
    );
  });

  it("where the resource has no such attribute", async () => {
    const applied = apply((stack) => {
      const [name] = firstOf(stack, "aws_secretsmanager_secret");
      const broken = `aws_secretsmanager_secret.${name}.arm}`;
      rewrite(stack, (text) => text.replace(`aws_secretsmanager_secret.${name}.arn}`, broken));
    });
    await expect(applied).rejects.toThrow(
      /aws_iam_role_policy\.\w+: policy: refers to aws_secretsmanager_secret\.\w+\.arm, and .* has no "arm" here, only .*\barn\b/,
    );
  });

  it("where depends_on names nothing", async () => {
    const applied = apply((stack) => {
      firstOf(stack, "aws_ssm_parameter")[1].depends_on = ["aws_iam_role.gone"];
    });
    await expect(applied).rejects.toThrow(/aws_ssm_parameter\.\w+: refers to aws_iam_role\.gone/);
  });

  it("where two wait for each other", async () => {
    const applied = apply((stack) => {
      const [, role] = firstOf(stack, "aws_iam_role");
      role.depends_on = [`aws_lambda_function.${firstOf(stack, "aws_lambda_function")[0]}`];
    });
    await expect(applied).rejects.toThrow(
      /in a circle: aws_lambda_function\.\w+ -> aws_iam_role\.\w+ -> aws_lambda_function/,
    );
  });
});

describe("a stack with something unknown is refused by its name", () => {
  it("a resource type, before anything is made", async () => {
    const applied = apply((stack) => {
      stack.resource.aws_sqs_queue = { queue: { name: "q" } };
    });
    await expect(applied).rejects.toThrow("aws_sqs_queue.queue: has a type that is not known here");
  });

  it("an argument", async () => {
    const applied = apply((stack) => {
      firstOf(stack, "aws_lambda_function")[1].kms_key_arn = "arn";
    });
    await expect(applied).rejects.toThrow(/^aws_lambda_function\.\w+: Unrecognized key: "kms_key_arn"/);
  });

  it("a schedule that EventBridge does not have", async () => {
    const applied = apply((stack) => {
      firstOf(stack, "aws_cloudwatch_event_rule")[1].schedule_expression = "rate(1 second)";
    });
    await expect(applied).rejects.toThrow(/aws_cloudwatch_event_rule\.\w+: .*rate\(1 second\) is no rate/);
  });

  it("a section", async () => {
    await expect(apply((stack) => void Object.assign(stack, { module: {} }))).rejects.toThrow(
      "cdk.tf.json: module: is not understood here",
    );
  });

  it("a region that the account is not in", async () => {
    const applied = apply((stack) => {
      stack.provider = { aws: [{ region: "eu-west-1" }] };
    });
    await expect(applied).rejects.toThrow(
      'aws.region: is "eu-west-1", and the embedded AWS is in "us-east-1"',
    );
  });

  it("variables without a value, and values without a variable, all at once", async () => {
    const applied = apply(() => undefined, { variables: { typo: "x" } });
    await expect(applied).rejects.toThrow(/typo: is given.*\n.*gateway_url: has no value/);
  });

  it("a folder without a stack", async () => {
    await expect(apply(() => undefined, { folder: "build/nothing" })).rejects.toThrow(
      /cdk\.tf\.json: cannot be read\. Synthesize the stack first/,
    );
  });
});

describe("a stack that allows too little does not come up", () => {
  function withoutPermission(service: string) {
    return (stack: StackJson) => {
      const permissions = Object.entries(stack.resource.aws_lambda_permission ?? {});
      const [name = ""] = permissions.find(([, { principal }]) => principal === service) ?? [];
      delete stack.resource.aws_lambda_permission?.[name];
      for (const named of Object.values(stack.resource)) {
        for (const args of Object.values(named)) {
          const needs = args.depends_on as string[] | undefined;
          if (needs) args.depends_on = needs.filter((need) => !need.endsWith(name));
        }
      }
    };
  }

  it("without a permission for Secrets Manager", async () => {
    await expect(apply(withoutPermission("secretsmanager.amazonaws.com"))).rejects.toThrow(
      /aws_secretsmanager_secret_rotation\.\w+: could not be made: Secrets Manager cannot invoke/,
    );
  });

  it("without a permission for EventBridge", async () => {
    await expect(apply(withoutPermission("events.amazonaws.com"))).rejects.toThrow(
      /no permission lets .*:rule\/dualkey-rehearsal-clock invoke/,
    );
  });

  it("without a statement of the role that the first test needs", async () => {
    const applied = apply((stack) =>
      rewrite(stack, (text) => text.replaceAll("ssm:GetParameter", "ssm:PutParameter")),
    );
    await expect(applied).rejects.toThrow(/secret_rotation\.\w+: .*did not pass testSecret/);
  });

  it("without the policy's parameter", async () => {
    const applied = apply((stack) => {
      firstOf(stack, "aws_ssm_parameter")[1].name = "/dualkey/rehearsal/other";
    });
    await expect(applied).rejects.toThrow(/did not pass testSecret \(ConfigError\)/);
  });

  it("with a role policy that denies, or has what is not understood", async () => {
    const applied = apply((stack) => {
      const [, policy] = firstOf(stack, "aws_iam_role_policy");
      policy.policy = String(policy.policy).replace('"Effect":"Allow"', '"Effect":"Deny"');
    });
    await expect(applied).rejects.toThrow(/policy rotate of role \S+: policy\.Statement\[0\]\.Effect/);
  });
});
