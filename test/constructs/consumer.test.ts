import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, type KeyRotationProps, type RotatedKeyOptions } from "../../constructs/index.ts";
import { CLIENT_DEFAULTS } from "../../contract/client-defaults.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { problemsIn, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

/** The policy of a key with these consumers, as the functions read it. */
function policyWith(consumers: readonly Consumer[], options: Partial<RotatedKeyOptions> = {}) {
  const stack = synthKey({ consumers, ...options });
  return parsePolicy(String(stack.only("aws_ssm_parameter").value), "policy");
}

function problemsWith(consumers: readonly Consumer[], rotation: Partial<KeyRotationProps> = {}) {
  return problemsIn(() => synthKey({ consumers }, rotation));
}

describe("the consumers of a key", () => {
  it("stand in its policy in their order, the canary first, each with a name", () => {
    const consumers = [
      Consumer.ecsService({ cluster: "web", service: "login" }),
      Consumer.selfRefreshing({ name: "mobile", cacheSeconds: 300, staleSeconds: 900, reports: true }),
      Consumer.lambdaFunction({ functionName: "billing", reports: true }),
      Consumer.reporting({ name: "batch" }),
      Consumer.selfRefreshing({ cacheSeconds: 60, staleSeconds: 0, reports: false }),
    ];
    expect(policyWith(consumers).consumers).toEqual([
      { kind: "ecs-service", name: "consumer-1", cluster: "web", service: "login" },
      { kind: "self-refreshing", name: "mobile", cacheSeconds: 300, staleSeconds: 900, reports: true },
      { kind: "lambda-function", name: "consumer-3", functionName: "billing", reports: true },
      { kind: "reporting", name: "batch" },
      { kind: "self-refreshing", name: "consumer-5", cacheSeconds: 60, staleSeconds: 0 },
    ]);
  });

  it("say how long the replaced key works on: as long as the slowest goes on with it, an outage included", () => {
    const consumers = [
      Consumer.selfRefreshing({ cacheSeconds: 400, staleSeconds: 0 }),
      Consumer.selfRefreshing({ cacheSeconds: 300, staleSeconds: 900 }),
      Consumer.ecsService({ cluster: "web", service: "login" }),
    ];
    expect(policyWith(consumers).minOverlapSeconds).toBe(1_260);
    expect(policyWith(consumers.slice(2)).minOverlapSeconds).toBe(60);
  });

  it("go on with a key as long as the client does, where nobody says otherwise", () => {
    const consumers = [Consumer.selfRefreshing({ cacheSeconds: CLIENT_DEFAULTS.cacheSeconds })];
    expect(policyWith(consumers)).toMatchObject({
      minOverlapSeconds: 300 + 3600 + 60,
      consumers: [{ cacheSeconds: 300, staleSeconds: 3600 }],
    });
  });

  it("are refused with an overlap that is shorter than a cache and an outage together", () => {
    const consumers = [Consumer.selfRefreshing({ cacheSeconds: 300, staleSeconds: 900 })];
    const problems = problemsIn(() => synthKey({ consumers, minOverlapSeconds: 400 }));
    expect(problems).toEqual([expect.stringMatching(/^minOverlapSeconds: is 400.*Set at least 1201$/)]);
  });

  it("are refused where two have one name, given or not", () => {
    const twins = [
      Consumer.selfRefreshing({ cacheSeconds: 1, staleSeconds: 0 }),
      Consumer.reporting({ name: "consumer-1" }),
    ];
    expect(problemsWith(twins)).toEqual([expect.stringMatching(/^consumers: has two of one name/)]);
  });

  it("have names that a report can bear, where they report", () => {
    const consumers = [
      Consumer.reporting({ name: "büro" }),
      Consumer.selfRefreshing({ name: ":login", cacheSeconds: 1, staleSeconds: 0, reports: true }),
      Consumer.selfRefreshing({ name: "küche", cacheSeconds: 1, staleSeconds: 0 }),
    ];
    expect(problemsWith(consumers)).toEqual([
      expect.stringMatching(/^consumers\[0\]\.name: is "büro", and CloudWatch knows no report of that name/),
      expect.stringMatching(/^consumers\[1\]\.name: is ":login"/),
    ]);
  });

  it("say when the new key is given up, in so many words", () => {
    const rollBackAt = { rejections: 10, share: 0.2 };
    const consumers = [Consumer.reporting({ name: "batch" })];
    expect(policyWith(consumers, { rollBackAt }).rollBackAt).toEqual(rollBackAt);
    expect(policyWith(consumers)).not.toHaveProperty("rollBackAt");
    const problems = problemsIn(() => synthKey({ consumers, rollBackAt: { rejections: 0, share: 2 } }));
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "rollBackAt.rejections",
      "rollBackAt.share",
    ]);
  });
});

const KMS = "arn:aws:kms:eu-west-1:111122223333:key/k";
const CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/web";
const SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/web/login";
const FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:billing";

describe("what a consumer is found by", () => {
  it.each<[string, Consumer]>([
    ["names", Consumer.ecsService({ cluster: "web", service: "login" })],
    ["ARNs", Consumer.ecsService({ cluster: CLUSTER, service: SERVICE })],
    [
      "an ARN of the older form",
      Consumer.ecsService({ cluster: "web", service: SERVICE.replace("web/", "") }),
    ],
    ["a function's name", Consumer.lambdaFunction({ functionName: "billing" })],
    ["a function's ARN", Consumer.lambdaFunction({ functionName: FUNCTION, kmsKeyArn: KMS })],
  ])("may be %s", (_, consumer) => {
    expect(problemsWith([consumer])).toEqual([]);
  });

  it.each<[string, Consumer, RegExp]>([
    [
      "all services",
      Consumer.ecsService({ cluster: "web", service: "*" }),
      /^consumers\[0\]\.service: is "\*"/,
    ],
    ["all clusters", Consumer.ecsService({ cluster: "*", service: "login" }), /^consumers\[0\]\.cluster: is/],
    [
      "a service of another cluster",
      Consumer.ecsService({ cluster: "batch", service: SERVICE }),
      /^consumers\[0\]\.cluster: is "batch", and the service's ARN names the cluster web/,
    ],
    [
      "one version of a function",
      Consumer.lambdaFunction({ functionName: `${FUNCTION}:3` }),
      /^consumers\[0\]\.functionName: .*without a version or an alias/,
    ],
    [
      "a function's pattern",
      Consumer.lambdaFunction({ functionName: FUNCTION.replace("billing", "*") }),
      /^consumers\[0\]\.functionName: is/,
    ],
    [
      "no KMS key",
      Consumer.lambdaFunction({ functionName: "billing", kmsKeyArn: "alias/k" }),
      /^consumers\[0\]\.kmsKeyArn: is "alias\/k"/,
    ],
    ["nothing", Consumer.ecsService({ cluster: "", service: "login" }), /^consumers\[0\]\.cluster: /],
  ])("may not be %s", (_, consumer, problem) => {
    expect(problemsWith([consumer])).toEqual([expect.stringMatching(problem)]);
  });
});
