import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../lambda/build.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { runStep, type Step } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const NAME = "prod/otp/startmessaging";
const EXTRA = "recognisable_field_of_somebody_else";

/** The bundled rotator in the embedded AWS with a real gateway behind it, and the Action that asks for a rotation. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let firstVersion: string;
let first: Step;
const written: string[] = [];

beforeAll(async () => {
  gateway = await startStartMessagingSandbox();
  const { apiKey } = gateway.createKey(gateway.createAccount());
  aws = await startEmbeddedAws();
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
  await makeSecret(aws, { name: NAME, value: JSON.stringify({ apiKey, note: EXTRA }), rotatorArn: arn });
  firstVersion = current();
  first = await rotate({ reason: "a test, by ::error::hand\n| and more" });
}, 60_000);

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
});

const current = () => aws.secrets.get(NAME)?.labelled("AWSCURRENT")?.id ?? "none";

async function rotate(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<Step> {
  const step = await runStep(aws, { inputs: { operation: "rotate", secret: NAME, ...inputs }, env });
  written.push(step.everything);
  return step;
}

const startedRotations = () =>
  aws.events.all.filter((event) => event.kind === "rotation-started" && !event.testOnly).length;

describe("operation rotate", () => {
  it("follows a rotation until the new key is current, and says which version holds it", () => {
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.outputs).toMatchObject({
      phase: "promoted",
      "version-id": current(),
      "previous-version-id": firstVersion,
      retiring: JSON.stringify([firstVersion]),
    });
    expect(current()).not.toBe(firstVersion);
    const promoted = aws.events.all.find(
      (event) => event.kind === "label-moved" && event.label === "AWSCURRENT" && event.to === current(),
    );
    expect(Math.abs(Date.parse(first.outputs["promoted-at"] ?? "") - (promoted?.atMs ?? 0))).toBeLessThan(
      2_000,
    );
  });

  it("gives the keys' phases to the steps that follow", () => {
    const [secret] = JSON.parse(first.outputs.secrets ?? "[]");
    expect(secret).toMatchObject({ name: NAME, phase: "retiring", deployment: "keys" });
    expect(secret.keys).toMatchObject([
      { versionId: current(), phase: "current", bornAt: expect.stringMatching(/Z$/) },
      { versionId: firstVersion, phase: "retiring", replacedAt: expect.stringMatching(/Z$/) },
    ]);
  });

  it("shows both keys in the summary: where they are and what happens next", () => {
    expect(first.summary).toContain(`## Rotation of \`${NAME}\`: promoted`);
    expect(first.summary).toContain("nobody needs to do anything");
    expect(first.summary).toMatch(
      new RegExp(`\\| \`${current().slice(0, 8)}\` \\| \`AWSCURRENT\` \\| \\*\\*current\\*\\*`),
    );
    expect(first.summary).toMatch(
      new RegExp(`\\| \`${firstVersion.slice(0, 8)}\` \\| \`AWSPREVIOUS\` \\| \\*\\*retiring\\*\\*`),
    );
  });

  it("shows the reason as words: no command to the runner, no column of a table", () => {
    expect(first.summary).toContain("reason: a test, by ::error::hand \\| and more");
    expect(first.stdout).not.toMatch(/^::error/m);
  });

  it("starts no second rotation when the same attempt of the job asks again", async () => {
    const before = startedRotations();
    const again = await rotate({});
    expect(again.exitCode).toBe(0);
    expect(again.outputs).toMatchObject({
      phase: "promoted",
      "version-id": first.outputs["version-id"],
      "promoted-at": first.outputs["promoted-at"],
      "previous-version-id": firstVersion,
    });
    expect(startedRotations()).toBe(before);
  });

  it("refuses a rotation while a key is retiring, and leaves no AWSPENDING behind", async () => {
    const before = startedRotations();
    const refused = await rotate({}, { GITHUB_RUN_ATTEMPT: "2" });
    expect(refused.exitCode).toBe(1);
    expect(refused.outputs).toMatchObject({ phase: "refused", "version-id": "" });
    expect(refused.stdout).toContain(`${NAME}: the previous key (version ${firstVersion}) is still retiring`);
    expect(refused.summary).toContain("**Consumers are not affected**");
    expect(startedRotations()).toBe(before);
    expect(aws.secrets.get(NAME)?.labelled("AWSPENDING")).toBeUndefined();
  });

  it("reads no value, ever", () => {
    const calls = aws.events.all.filter(({ caller }) => caller?.accessKeyId === "AKIACI");
    const operations = calls.flatMap((event) => (event.kind === "call" ? [event.operation] : []));
    expect(new Set(operations)).toEqual(new Set(["DescribeSecret", "RotateSecret"]));
  });

  it("writes no key anywhere", () => {
    const values = aws.secrets
      .get(NAME)
      ?.versions.map(({ value = "{}" }) => JSON.parse(value).apiKey as string);
    expect(values).toHaveLength(2);
    const text = written.join("\n");
    expect(text).toContain(NAME);
    for (const seed of [...(values ?? []), EXTRA]) expect(text).not.toContain(seed);
  });
});
