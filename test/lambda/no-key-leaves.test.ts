import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../lambda/build.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import type { Fault } from "../../rehearsal/aws/endpoint.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";

const NAME = "prod/otp/startmessaging";
const BROKEN = "prod/otp/broken";
const SEEDS = {
  broken: "sk_live_seed_in_a_value_that_is_no_json",
  extra: "seed_in_a_field_of_somebody_else",
};

/** The bundled rotator in the embedded AWS, with a real gateway behind it, and all that it printed. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let firstKey: string;
const printed: string[] = [];

beforeAll(async () => {
  gateway = await startStartMessagingSandbox();
  firstKey = gateway.createKey(gateway.createAccount()).apiKey;
  aws = await startEmbeddedAws({ onLog: ({ line }) => printed.push(line) });
  const { arn } = aws.createFunction({
    name: "rotator",
    code: { bundle: await buildFunctions() },
    handler: "index.rotator",
    timeoutSeconds: 20,
    environment: {
      DUALKEY_DEPLOYMENT: "keys",
      DUALKEY_STARTMESSAGING_URL: gateway.url,
      DUALKEY_TIMEOUT_SECONDS: "20",
      DUALKEY_MARGIN_SECONDS: "1",
      DUALKEY_CALL_SECONDS: "3",
    },
  });
  await aSecret(NAME, JSON.stringify({ apiKey: firstKey, note: SEEDS.extra }));
  await aSecret(BROKEN, SEEDS.broken);
  const secretsManager = new SecretsManagerClient(aws.clientConfig());
  // The put of the new key is carried out, and its answer lost: the error that follows has seen the key.
  let puts = 0;
  aws.setHooks({
    onRequest: ({ operation, invocationId }) =>
      invocationId && operation === "PutSecretValue" && ++puts === 1 ? "error-500-after" : "pass",
  });
  for (const SecretId of [NAME, BROKEN]) {
    const RotationRules = { AutomaticallyAfterDays: 30 };
    await secretsManager.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: arn, RotationRules }));
  }
}, 60_000);

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
});

async function aSecret(name: string, value: string): Promise<void> {
  const policy = {
    version: 1,
    secret: name,
    environment: "production",
    provider: { id: "startmessaging" },
    minOverlapSeconds: 2,
    quietForSeconds: 1,
    maxOverlapSeconds: 60,
    atMaxOverlap: "hold",
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 1 }],
  };
  const Tags = [{ Key: "dualkey:deployment", Value: "keys" }];
  await new SSMClient(aws.clientConfig()).send(
    new PutParameterCommand({ Name: `/dualkey/keys/${name}`, Value: JSON.stringify(policy), Type: "String" }),
  );
  await new SecretsManagerClient(aws.clientConfig()).send(
    new CreateSecretCommand({ Name: name, SecretString: value, Tags }),
  );
}

async function invoke(event: unknown): Promise<string> {
  const client = new LambdaClient(aws.clientConfig());
  const answer = await client.send(
    new InvokeCommand({ FunctionName: "rotator", Payload: JSON.stringify(event) }),
  );
  const text = answer.Payload?.transformToString() ?? "";
  printed.push(text);
  return text;
}

const reconcile = (name: string) => invoke({ reconcile: { secret: aws.secrets.get(name)?.arn } });

/** Every key that stands in a secret, and the seeds. */
function seeds(): string[] {
  const values = aws.secrets.get(NAME)?.versions.map(({ value }) => value ?? "{}") ?? [];
  const keys = values.map((value) => (JSON.parse(value) as { apiKey?: string }).apiKey);
  return [...Object.values(SEEDS), firstKey, ...keys.filter((key) => key !== undefined)];
}

describe("whatever the rotator prints", () => {
  it("holds no key after a whole rotation, and says what was done", async () => {
    const first = aws.secrets.get(NAME)?.labelled("AWSCURRENT")?.id;
    await expect
      .poll(() => aws.secrets.get(NAME)?.labelled("AWSCURRENT")?.id, { timeout: 20_000 })
      .not.toBe(first);
    await reconcile(NAME);
    const text = printed.join("\n");
    for (const effect of ["make-key", "store-key", "promote"]) expect(text).toContain(`"effect":"${effect}"`);
    expect(text).toContain('"Namespace":"dualkey"');
    expect(new Set(seeds()).size).toBe(4);
    for (const seed of seeds()) expect(text).not.toContain(seed);
  });

  it("holds no key of a value that is not JSON, and names the secret and what to do", async () => {
    const answer = await reconcile(BROKEN);
    expect(answer + printed.join("\n")).toContain(BROKEN);
    expect(printed.join("\n")).toContain("is not a JSON object. Put the key as JSON");
    for (const seed of seeds()) expect(printed.join("\n")).not.toContain(seed);
  });

  it.each(["drop-after", "error-500-after", "throttle"] satisfies Fault[])(
    "holds no key when every third call to AWS ends in %s",
    async (fault) => {
      let calls = 0;
      aws.setHooks({ onRequest: ({ invocationId }) => (invocationId && ++calls % 3 === 0 ? fault : "pass") });
      await reconcile(NAME);
      aws.setHooks({ onRequest: () => "pass" });
      expect(calls).toBeGreaterThan(2);
      for (const seed of seeds()) expect(printed.join("\n")).not.toContain(seed);
    },
  );

  it("holds no key when the gateway's answers quote one", async () => {
    const message = `the key ${firstKey} is unknown`;
    const rule = gateway.faults.add({ fault: { kind: "answer", status: 403, moment: "before", message } });
    await reconcile(NAME);
    rule.remove();
    expect(rule.hits).toBeGreaterThan(0);
    for (const seed of seeds()) expect(printed.join("\n")).not.toContain(seed);
  });
});
