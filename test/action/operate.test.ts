import {
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatLabel, v8Of } from "../../contract/labels.ts";
import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { runStep, type Step } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const NAME = "prod/otp/startmessaging";
const REASON = "INC-1: the change freeze of the sale";

/** The bundled functions in the embedded AWS with a gateway behind them, and the Action that asks the responder. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
/** What the other deployment's responder answers, and what it was asked. */
let answer: Partial<ResponderAnswer> | Error;
const asked: unknown[] = [];
const written: string[] = [];

beforeAll(async () => {
  gateway = await startStartMessagingSandbox();
  const { apiKey } = gateway.createKey(gateway.createAccount());
  aws = await startEmbeddedAws({ rotationRetries: { attempts: 1 } });
  const bundle = await buildFunctions();
  const real = (part: string) =>
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
      },
    });
  const { arn: rotatorArn } = real("rotator");
  real("responder");
  await makeSecret(aws, { name: NAME, value: JSON.stringify({ apiKey }), rotatorArn });
  aws.createFunction({
    name: "dualkey-other-responder",
    code: {
      inline: (event) => {
        asked.push(event);
        if (answer instanceof Error) throw answer;
        return { held: [], effects: [], goesOn: true, ...answer };
      },
    },
  });
  await makeSecret(aws, { name: "other", value: "{}", deployment: "other" });
  await makeSecret(aws, { name: "orphaned", value: "{}", deployment: "gone" });
}, 60_000);

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
});

const current = () => aws.secrets.get(NAME)?.labelled("AWSCURRENT")?.id;

async function run(inputs: Record<string, string>): Promise<Step> {
  const step = await runStep(aws, { inputs: { secret: NAME, reason: REASON, ...inputs } });
  written.push(step.everything);
  return step;
}

const other = (inputs: Record<string, string>) => run({ secret: "other", "wait-seconds": "0", ...inputs });

describe("the operations of an operator, one after the other", () => {
  it("pause a secret: green, with what happens next, and the rotation that is asked for then is refused", async () => {
    const paused = await run({ operation: "pause" });
    expect(paused).toMatchObject({ exitCode: 0, stderr: "", outputs: { outcome: "done", held: "[]" } });
    expect(paused.summary).toContain(`## pause of \`${NAME}\`: done`);
    expect(paused.summary).toContain("the secret is paused");
    expect(paused.summary).toContain("**Next**: Send resume when the change freeze is over");
    expect(paused.summary).toContain(`reason: ${REASON}`);
    expect(JSON.parse(paused.outputs.secrets ?? "[]")).toMatchObject([
      { name: NAME, pausedAt: expect.stringMatching(/Z$/) },
    ]);
    const { summary } = await run({ operation: "status" });
    expect(summary).toContain("| production | steady, paused |");
    expect(summary).toContain("operation resume");
    const refused = await run({ operation: "rotate" });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(/is paused since .* Run operation resume/);
    expect(aws.secrets.get(NAME)?.labelled("AWSPENDING")).toBeUndefined();
  });

  it("resume it, and rotate it", async () => {
    const resumed = await run({ operation: "resume" });
    expect(resumed).toMatchObject({ exitCode: 0, outputs: { outcome: "done" } });
    expect(resumed.summary).toContain("the freeze is over");
    const before = current();
    expect((await run({ operation: "rotate" })).exitCode).toBe(0);
    expect(current()).not.toBe(before);
  }, 30_000);

  it("roll back: green, AWSCURRENT is at the key before; and again: green, and nothing moves", async () => {
    const before = aws.secrets.get(NAME)?.labelled("AWSPREVIOUS")?.id;
    const back = await run({ operation: "roll-back" });
    expect(back).toMatchObject({ exitCode: 0, outputs: { outcome: "done" } });
    expect(back.summary).toContain("AWSCURRENT is back at the key before");
    expect(current()).toBe(before);
    expect((await run({ operation: "roll-back" })).summary).toContain("it was rolled back already");
    expect(current()).toBe(before);
  });

  it("retire the refused key without evidence: green while only time is missing, which is said", async () => {
    const retired = await run({ operation: "retire-now", "wait-seconds": "0" });
    expect(retired).toMatchObject({ exitCode: 0, outputs: { outcome: "wait" } });
    const held = JSON.parse(retired.outputs.held ?? "[]");
    expect(held).toMatchObject([{ alarm: false, until: expect.stringMatching(/Z$/) }]);
    expect(retired.summary).toContain("### What has to wait");
    expect(retired.summary).toMatch(/\(until 20\d\d-.* UTC at the least\)/);
  });

  it("reach AWS by calls none of which reads a value", () => {
    const calls = aws.events.all.filter(({ caller }) => caller?.accessKeyId === "AKIACI");
    const operations = calls.flatMap((event) => (event.kind === "call" ? [event.operation] : []));
    expect(new Set(operations)).toEqual(
      new Set(["DescribeSecret", "RotateSecret", "Invoke", "GetParametersByPath"]),
    );
  });

  it("write no key anywhere", () => {
    const values = aws.secrets
      .get(NAME)
      ?.versions.map(({ value = "{}" }) => JSON.parse(value).apiKey as string);
    for (const value of values ?? []) expect(written.join("\n")).not.toContain(value);
  });
});

describe("an operation", () => {
  it("carries the reason and the word for a key in use, and nothing else", async () => {
    asked.length = 0;
    answer = { outcome: "done", result: "gone", next: "Nothing" };
    await other({ operation: "retire-now", "even-if-used": "true" });
    await other({ operation: "retire-now" });
    const secret = aws.secrets.get("other")?.arn;
    expect(asked).toEqual([
      { operation: "retire-now", secret, reason: REASON, evenIfUsed: true },
      { operation: "retire-now", secret, reason: REASON },
    ]);
  });

  it("is red where it is refused, and says what to do", async () => {
    answer = {
      outcome: "refuse",
      result: "it is refused: no key is retiring",
      next: "Rotate first",
      goesOn: false,
    };
    const { exitCode, stdout, summary, outputs } = await other({ operation: "roll-back" });
    expect([exitCode, outputs.outcome]).toEqual([1, "refuse"]);
    expect(stdout).toMatch(/^::error title=dualkey%3A roll-back refused::other: it is refused/m);
    expect(summary).toContain("**Next**: Rotate first.");
  });

  it("is red where nobody goes on with it, and where a person has to act; green where the clock does", async () => {
    const hold = { because: "the key is in use", alarm: false };
    const waiting = { outcome: "wait", result: "it waits", next: "Wait" } as const;
    answer = { ...waiting, held: [hold] };
    expect((await other({ operation: "retire-now" })).exitCode).toBe(0);
    answer = { ...waiting, held: [{ ...hold, alarm: true }] };
    const alarmed = await other({ operation: "retire-now" });
    expect(alarmed.exitCode).toBe(1);
    expect(alarmed.summary).toContain(":rotating_light: the key is in use");
    answer = { ...waiting, held: [hold], goesOn: false };
    expect((await other({ operation: "pause" })).exitCode).toBe(1);
  });

  describe("that retires a key which only time holds", () => {
    const retire = (waitSeconds: number) => {
      const until = new Date(Date.now() + 500).toISOString();
      const held = [{ because: "a fence", alarm: false, until }];
      answer = { outcome: "wait", result: "it goes", next: "Wait", held };
      return other({ operation: "retire-now", "wait-seconds": String(waitSeconds) });
    };
    let label: { SecretId: string; VersionStage: string };
    let id: string;

    beforeAll(async () => {
      id = aws.secrets.get("other")?.labelled("AWSCURRENT")?.id ?? "";
      const VersionStage = formatLabel({ kind: "live", v8: v8Of(id), atMs: Date.now() });
      label = { SecretId: "other", VersionStage };
      const client = new SecretsManagerClient(aws.clientConfig());
      await client.send(new UpdateSecretVersionStageCommand({ ...label, MoveToVersionId: id }));
      await client.send(new PutSecretValueCommand({ SecretId: "other", SecretString: "{}" }));
    });

    it("is red where the key is not gone in time, and says that the clock goes on", async () => {
      const { exitCode, outputs, stdout } = await retire(1);
      expect([exitCode, outputs.outcome]).toEqual([1, "wait"]);
      expect(stdout).toContain(
        "after 1 s (input wait-seconds) the key is not gone. The clock goes on with it",
      );
    });

    it("does not wait for what takes longer than the job may", async () => {
      const startedMs = Date.now();
      answer = { ...answer, held: [{ because: "a fence", alarm: false, until: "2100-01-01T00:00:00.000Z" }] };
      expect((await other({ operation: "retire-now", "wait-seconds": "60" })).exitCode).toBe(0);
      expect(Date.now() - startedMs).toBeLessThan(30_000);
    });

    it("is green as soon as the key is gone", async () => {
      const looks = () =>
        aws.events.all.filter((event) => event.kind === "call" && event.operation === "DescribeSecret")
          .length;
      const before = looks();
      const step = retire(60);
      await aws.events.until(() => looks() >= before + 2);
      const client = new SecretsManagerClient(aws.clientConfig());
      await client.send(new UpdateSecretVersionStageCommand({ ...label, RemoveFromVersionId: id }));
      const { exitCode, outputs, summary } = await step;
      expect([exitCode, outputs.outcome, outputs.held]).toEqual([0, "done", "[]"]);
      expect(summary).toContain("the key is gone, and proven dead");
    });
  });

  it("is red with the function's own words where it throws, and where there is no function", async () => {
    answer = new Error("secret other: has no policy, so it is not touched");
    expect((await other({ operation: "pause" })).stdout).toContain("has no policy, so it is not touched");
    const missing = await run({ operation: "pause", secret: "orphaned" });
    expect(missing.exitCode).toBe(1);
    expect(missing.stdout).toContain(
      "dualkey-gone-responder: Invoke in us-east-1 failed, got ResourceNotFoundException. There is no such function",
    );
  });

  it.each([
    [{ operation: "pause", reason: "" }, "reason: is empty. Say in one line why"],
    [
      { operation: "pause", "even-if-used": "true" },
      "even-if-used: is for retire-now. Leave it out for pause",
    ],
    [
      { operation: "retire-now", "even-if-used": "yes" },
      'even-if-used: is "yes", which is unknown. Use one of',
    ],
    [
      { operation: "resume", secret: "" },
      "secret: is missing. Give the name or the ARN of the secret to resume",
    ],
    [{ operation: "resume", deployment: "keys" }, "input deployment is keys, and other belongs to other"],
  ])("asks nothing where an input is mistaken: %o", async (inputs, expected) => {
    asked.length = 0;
    const { exitCode, stdout } = await other(inputs);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(expected);
    expect(asked).toEqual([]);
  });

  it("shows no key that was pasted into its reason", async () => {
    answer = { outcome: "done", result: "paused", next: "Wait" };
    const key = "sk_live_seed0123456789abcdef";
    for (const operation of ["pause", "status", "rotate"]) {
      const { everything } = await other({ operation, reason: `${key} was in a ticket` });
      expect(everything).not.toContain(key);
    }
    expect(JSON.stringify(asked)).not.toContain(key);
  });
});
