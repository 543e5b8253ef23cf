import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../lambda/build.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { type FakeGitHub, startGitHub } from "./a-github.ts";
import { runStep, type Step } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const NAME = "prod/otp/startmessaging";

/** The bundled functions in the embedded AWS with a gateway behind them, GitHub, and the Action. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let github: FakeGitHub;
let leaked: { readonly id: string; readonly apiKey: string };
const written: string[] = [];

beforeAll(async () => {
  [gateway, github] = await Promise.all([startStartMessagingSandbox(), startGitHub()]);
  leaked = gateway.createKey(gateway.createAccount());
  aws = await startEmbeddedAws();
  aws.buckets.createBucket("records");
  const bundle = await buildFunctions();
  const make = (part: string) =>
    aws.createFunction({
      name: `dualkey-keys-${part}`,
      code: { bundle },
      handler: `index.${part}`,
      timeoutSeconds: 20,
      environment: {
        DUALKEY_DEPLOYMENT: "keys",
        DUALKEY_STARTMESSAGING_URL: gateway.url,
        DUALKEY_TIMEOUT_SECONDS: "20",
        DUALKEY_MARGIN_SECONDS: "1",
        DUALKEY_CALL_SECONDS: "3",
        DUALKEY_RECORDS_BUCKET: "records",
      },
    });
  const { arn: rotatorArn } = make("rotator");
  make("responder");
  await makeSecret(aws, { name: NAME, value: JSON.stringify({ apiKey: leaked.apiKey }), rotatorArn });
}, 60_000);

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
  await github?.close();
});

async function run(inputs: Record<string, string>): Promise<Step> {
  const step = await runStep(aws, {
    inputs: {
      operation: "leak-response",
      secret: NAME,
      reason: "a screenshot",
      "wait-seconds": "60",
      ...inputs,
    },
    env: { GITHUB_API_URL: github.url },
  });
  written.push(step.everything, ...github.issues.map(({ title, body }) => `${title}\n${body}`));
  return step;
}

const sha256 = () => createHash("sha256").update(leaked.apiKey).digest("hex");
const accepts = async (apiKey: string) => {
  const { status } = await fetch(`${gateway.url}/messages`, { headers: { "X-API-Key": apiKey } });
  return status !== 401;
};
const current = (): string =>
  JSON.parse(aws.secrets.get(NAME)?.labelled("AWSCURRENT")?.value ?? "{}").apiKey ?? "none";
const labels = () => aws.secrets.get(NAME)?.versions.flatMap(({ labels }) => [...labels]) ?? [];

describe("a leak, from the workflow to the gateway", () => {
  it("is found by the hash of the value, which works", async () => {
    const { exitCode, summary } = await run({
      operation: "find-key",
      secret: "",
      deployment: "keys",
      sha256: sha256(),
    });
    expect(exitCode).toBe(0);
    expect(summary.split("\n")[0]).toBe(
      `## :rotating_light: \`${NAME}\`: it is the current key, and it WORKS`,
    );
  });

  it("is not begun by the key's value, which gets into no label", async () => {
    const { exitCode } = await run({ which: leaked.apiKey, "wait-seconds": "0" });
    expect(exitCode).toBe(1);
    expect(labels().join(" ")).not.toContain(leaked.apiKey);
    expect(await accepts(leaked.apiKey)).toBe(true);
  });

  it("ends with the leaked key dead at the gateway, a working one current, and an issue", async () => {
    const { exitCode, summary, outputs } = await run({ which: sha256() });
    expect(exitCode).toBe(0);
    expect(summary.split("\n")[0]).toMatch(
      /leaked key contained in [\d.]+ s, proven dead. The new key is current$/,
    );
    expect(summary).not.toContain("### Alarms");
    expect(await accepts(leaked.apiKey)).toBe(false);
    expect(await accepts(current())).toBe(true);
    expect(Number(outputs["containment-seconds"])).toBeGreaterThan(0);
    expect(outputs["leaked-keys-alive"]).toBe("0");
    expect(github.issues).toHaveLength(1);
    expect(github.issues[0]?.body).toContain("proven dead");
  }, 60_000);

  it("is dead already for who asks later: nothing changes, and there is one issue", async () => {
    const before = current();
    const found = await run({ operation: "find-key", secret: "", deployment: "keys", sha256: sha256() });
    expect(found.summary.split("\n")[0]).toContain("the key is dead, no action needed");
    const again = await run({ which: sha256() });
    expect(again.exitCode).toBe(0);
    expect(current()).toBe(before);
    expect(github.issues).toHaveLength(1);
  }, 60_000);

  it("writes no key anywhere", () => {
    const text = written.join("\n");
    expect(text).toContain(NAME);
    for (const key of [leaked.apiKey, current()]) expect(text).not.toContain(key);
  });
});
