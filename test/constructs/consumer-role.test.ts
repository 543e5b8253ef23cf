import { EcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster/index.js";
import { EcsService } from "@cdktf/provider-aws/lib/ecs-service/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, KeyRotation } from "../../constructs/index.ts";
import { EVENT_SOURCE } from "../../contract/events.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { resolve } from "../../rehearsal/apply/_evaluate.ts";
import { KEY, type Synthesized, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

interface Statement {
  readonly Sid: string;
  readonly Action: string[];
  readonly Resource: string[];
  readonly Condition?: unknown;
}

/** What Terraform knows when it applies the stacks of this file. */
const KNOWN: Readonly<Record<string, string>> = {
  partition: "aws",
  dns_suffix: "amazonaws.com",
  id: "eu-west-1",
  account_id: "111122223333",
};

/** The policy of a function's role, as IAM gets it. */
function statementsOf(
  stack: Synthesized,
  part: "Rotator" | "Responder",
  known: Readonly<Record<string, string>> = {},
): Statement[] {
  const text = resolve(String(stack.of(part, "aws_iam_role_policy").policy), (path) => {
    const [type, name, attribute = ""] = path[0] === "data" ? path.slice(1) : path;
    return known[`${type}.${name}.${attribute}`] ?? KNOWN[attribute] ?? `arn:of:${name}`;
  });
  return (JSON.parse(String(text)) as { Statement: Statement[] }).Statement;
}

const statement = (stack: Synthesized, part: "Rotator" | "Responder", sid: string) =>
  statementsOf(stack, part).find(({ Sid }) => Sid === sid);

const SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/web/login";
const FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:billing";

// Who rolls back by hand, or retires now, does by the same steps what the clock does.
describe.each(["Rotator", "Responder"] as const)("the role of the %s", (part) => {
  it.each([
    ["names", { cluster: "web", service: "login" }],
    ["the cluster's ARN", { cluster: "arn:aws:ecs:eu-west-1:111122223333:cluster/web", service: "login" }],
    ["the service's ARN", { cluster: "web", service: SERVICE }],
  ])("deploys exactly the services that the policies have, by %s", (_, found) => {
    const stack = synthKey({ consumers: [Consumer.ecsService(found)] });
    expect(statement(stack, part, "RollServices")).toEqual({
      Effect: "Allow",
      Sid: "RollServices",
      Action: ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"],
      Resource: [SERVICE],
    });
    expect(statementsOf(stack, part).flatMap(({ Action }) => Action)).not.toContain("iam:PassRole");
  });

  it("takes the older form of a service's ARN as it is", () => {
    const service = "arn:aws:ecs:eu-west-1:111122223333:service/login";
    const stack = synthKey({ consumers: [Consumer.ecsService({ cluster: "web", service })] });
    expect(statement(stack, part, "RollServices")?.Resource).toEqual([service]);
  });

  it.each([
    ["name", "billing"],
    ["ARN", FUNCTION],
  ])("touches exactly the functions that the policies have, by %s", (_, functionName) => {
    const stack = synthKey({ consumers: [Consumer.lambdaFunction({ functionName })] });
    expect(statement(stack, part, "RollFunctions")).toMatchObject({
      Action: ["lambda:GetFunctionConfiguration", "lambda:ListAliases", "lambda:UpdateFunctionConfiguration"],
      Resource: [FUNCTION],
    });
    expect(statement(stack, part, "UseEnvironmentKeys")).toBeUndefined();
  });

  it("uses the KMS key of a function's environment where that has one of its own, through Lambda alone", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    const consumers = [Consumer.lambdaFunction({ functionName: "billing", kmsKeyArn })];
    expect(statement(synthKey({ consumers }), part, "UseEnvironmentKeys")).toMatchObject({
      Action: ["kms:Decrypt", "kms:Encrypt"],
      Resource: [kmsKeyArn],
      Condition: { StringEquals: { "kms:ViaService": "lambda.eu-west-1.amazonaws.com" } },
    });
  });

  it.each([
    ["reports", true, Consumer.selfRefreshing({ cacheSeconds: 1, staleSeconds: 0, reports: true })],
    ["is known by its report alone", true, Consumer.reporting({ name: "batch" })],
    ["does not report", false, Consumer.selfRefreshing({ cacheSeconds: 1, staleSeconds: 0 })],
  ])("reads metrics only where it has to: a consumer that %s", (_, isRead, consumer) => {
    const found = statement(synthKey({ consumers: [consumer] }), part, "ReadReports");
    expect(found?.Action).toEqual(isRead ? ["cloudwatch:GetMetricData"] : undefined);
  });

  it("announces phases as dualkey and nobody else, on the default bus; and not where that is switched off", () => {
    expect(statement(synthKey(), part, "Announce")).toMatchObject({
      Action: ["events:PutEvents"],
      Resource: ["arn:aws:events:eu-west-1:111122223333:event-bus/default"],
      Condition: { "ForAllValues:StringEquals": { "events:source": EVENT_SOURCE } },
    });
    const quiet = synthKey({}, { events: false });
    expect(statement(quiet, part, "Announce")).toBeUndefined();
    expect(quiet.of(part, "aws_lambda_function")).toMatchObject({
      environment: { variables: { DUALKEY_EVENTS: "off" } },
    });
  });

  it("may do nothing with consumers of keys that read their key again by themselves", () => {
    expect(statementsOf(synthKey(), part).map(({ Sid }) => Sid)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^Roll|Reports/)]),
    );
  });

  it("names what only Terraform knows, whether that is a name or an ARN", () => {
    const stack = synth((scope) => {
      const cluster = new EcsCluster(scope, "web", { name: "web" });
      const service = new EcsService(scope, "login", { name: "login" });
      const billing = new LambdaFunction(scope, "billing", { functionName: "billing", role: "r" });
      new KeyRotation(scope, "keys", { environment: "production" }).addKey("otp", {
        ...KEY,
        consumers: [
          Consumer.ecsService({ cluster: cluster.name, service: service.name }),
          Consumer.ecsService({ cluster: cluster.arn, service: service.id }),
          Consumer.lambdaFunction({ functionName: billing.functionName }),
          Consumer.lambdaFunction({ functionName: billing.arn }),
        ],
      });
    });
    const found = statementsOf(stack, part, {
      "aws_ecs_cluster.web.name": "web",
      "aws_ecs_cluster.web.arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/web",
      "aws_ecs_service.login.name": "login",
      "aws_ecs_service.login.id": SERVICE,
      "aws_lambda_function.billing.function_name": "billing",
      "aws_lambda_function.billing.arn": FUNCTION,
    });
    const resources = (sid: string) => new Set(found.find(({ Sid }) => Sid === sid)?.Resource);
    expect(resources("RollServices")).toEqual(new Set([SERVICE]));
    expect(resources("RollFunctions")).toEqual(new Set([FUNCTION]));
  });
});
