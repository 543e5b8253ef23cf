import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Denying, denying } from "./a-denying-aws.ts";
import { REASON, startWorld, type World } from "./a-responder.ts";
import { anAnswer, anIncident, anOpenIncident } from "./an-incident.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
beforeEach(() => world.github.reset());
afterAll(() => world?.close());

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const firstLine = (summary: string) => summary.split("\n")[0];

describe("operation leak-response", () => {
  it("is green where the leaked key is proven dead, and says so in its first line", async () => {
    world.answers(anAnswer(anIncident()));
    const { exitCode, stderr, summary, outputs } = await world.run({});
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(firstLine(summary)).toBe(
      "## :white_check_mark: `other`: leaked key contained in 4.2 s, proven dead. The new key is current",
    );
    expect(outputs).toMatchObject({
      outcome: "done",
      "containment-seconds": "4.2",
      "leaked-keys-alive": "0",
      "post-mortem-url": "https://github.com/acme/infra/issues/1",
    });
    expect(JSON.parse(outputs.incident ?? "")).toEqual(anIncident());
    expect(world.asked).toEqual([
      {
        operation: "leak-response",
        secret: world.arn,
        reason: REASON,
        which: "all",
        mode: "replace-first",
        deadlineSeconds: 60,
        requestedAt: expect.stringMatching(UTC),
      },
    ]);
  });

  it("hands over what was asked for, and nothing else", async () => {
    world.answers(anAnswer(anIncident({ drill: true })));
    const { summary } = await world.run({
      which: "key_7f3a",
      mode: "revoke-first",
      "deadline-seconds": "5",
      "leaked-at": "2026-04-14T18:00:00Z",
      drill: "true",
      "even-in-production": "true",
      "even-if-logins-fail": "true",
    });
    expect(world.asked).toEqual([
      {
        operation: "leak-response",
        secret: world.arn,
        reason: REASON,
        which: "key_7f3a",
        mode: "revoke-first",
        deadlineSeconds: 5,
        leakedAt: "2026-04-14T18:00:00Z",
        requestedAt: expect.stringMatching(UTC),
        drill: true,
        evenInProduction: true,
        evenIfLoginsFail: true,
      },
    ]);
    expect(firstLine(summary)).toContain("Drill on `other`: key contained in 4.2 s");
  });

  it("is red while a leaked key works, in its first line, its annotation and its outputs", async () => {
    world.answers(anAnswer(anOpenIncident()));
    const { exitCode, summary, stdout, outputs } = await world.run({});
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toBe(
      "## :rotating_light: `other`: a leaked key STILL WORKS, 75 s after the response began",
    );
    expect(stdout).toMatch(/^::error title=dualkey%3A the key still works::other: A leaked key STILL WORKS/m);
    expect(outputs).toMatchObject({ "leaked-keys-alive": "1", "containment-seconds": "" });
    expect(summary).toContain("<https://app.startmessaging.com/keys#list>");
    expect(summary).toContain("### Keys that nobody knows: 1");
  });

  it.each([
    ["revoked", "leaked key contained in 4.2 s, NOT YET PROVEN dead", 1],
    ["unproven", "NOTHING SHOWS that it is dead", 1],
    ["listed-gone", "listed gone, which is the most that can be shown", 0],
  ] as const)(
    "says of a key that is %s what that is, and is green only for a proof",
    async (state, words, code) => {
      const [key] = anIncident().keys;
      if (key === undefined) throw new Error("the incident has no key");
      world.answers(anAnswer(anIncident({ keys: [{ ...key, state }] })));
      const { exitCode, summary } = await world.run({});
      expect(firstLine(summary)).toContain(words);
      expect(exitCode).toBe(code);
    },
  );

  it("is red where the key is dead and a person has to do the rest, which it says", async () => {
    const held = [{ because: "consumer login cannot be started anew", alarm: true }];
    world.answers(anAnswer(anIncident(), { outcome: "wait", held }));
    const { exitCode, stdout, summary } = await world.run({});
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toContain(":warning: `other`: leaked key contained in 4.2 s, proven dead");
    expect(stdout).toContain("Consumer login cannot be started anew");
  });

  it("is green where the key was dead before anybody asked, and opens no issue", async () => {
    const { incident: _, ...answer } = anAnswer(anIncident(), {
      proof: "proven",
      result: "it is dead already",
    });
    world.answers(answer);
    const { exitCode, summary, outputs } = await world.run({ which: "0".repeat(64) });
    expect(exitCode).toBe(0);
    expect(firstLine(summary)).toContain("no action needed: that key is dead already (proven dead)");
    expect(outputs).toMatchObject({ proof: "proven", "leaked-keys-alive": "0", "post-mortem-url": "" });
    expect(world.github.calls).toEqual([]);
  });
});

describe("following a leak", () => {
  it("asks again until the key is proven dead, and shows the last answer", async () => {
    world.answers(anAnswer(anOpenIncident()), anAnswer(anIncident()));
    const { exitCode, stdout } = await world.run({ "wait-seconds": "60" });
    expect(exitCode).toBe(0);
    expect(world.asked).toHaveLength(2);
    // By this the responder tells a repeat from a new leak.
    expect(world.asked[0]?.requestedAt).toMatch(UTC);
    expect(world.asked[1]).toEqual(world.asked[0]);
    expect(stdout).toContain("dualkey: other: the leaked key is not dead yet. The clock goes on with it");
  });

  it("asks again where the responder died on the way: before the label, only this helps", async () => {
    world.answers(new Error("Task timed out after 120.00 seconds"), anAnswer(anIncident()));
    const { exitCode, stdout } = await world.run({ "wait-seconds": "60" });
    expect(exitCode).toBe(0);
    expect(world.asked).toHaveLength(2);
    expect(world.asked[0]).toEqual(world.asked[1]);
    expect(stdout).toContain("Task timed out after 120.00 seconds. Run the job again");
  });

  it("does not ask again where only somebody's change helps", async () => {
    const mistake = Object.assign(new Error("secret other: has no policy, so it is not touched"), {
      name: "ConfigError",
    });
    world.answers(mistake, anAnswer(anIncident()));
    const { exitCode, summary } = await world.run({ "wait-seconds": "60" });
    expect(exitCode).toBe(1);
    expect(world.asked).toHaveLength(1);
    expect(summary).toContain("has no policy, so it is not touched");
  });

  it("keeps what is known where a later call fails", async () => {
    world.answers(anAnswer(anOpenIncident()), new Error("Task timed out after 120.00 seconds"));
    const { exitCode, summary } = await world.run({ "wait-seconds": "1" });
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toContain("a leaked key STILL WORKS");
    expect(summary).toContain("The last time of asking: dualkey-other-responder: Error: Task timed out");
  });

  it("takes no answer for a key that works, and says what to do by hand", async () => {
    world.answers(new Error("Task timed out after 120.00 seconds"));
    const { exitCode, summary, stdout, outputs } = await world.run({});
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toBe(
      "## :rotating_light: `other`: NO ANSWER from the responder: take it that the key WORKS",
    );
    expect(summary).toContain("(<https://github.com/acme/infra/actions/runs/4711>)");
    expect(summary).toContain("aws logs tail /aws/lambda/dualkey-other-responder");
    const payload = /--payload '(.*)' /.exec(summary)?.[1] ?? "";
    const { requestedAt } = world.asked[0] ?? {};
    expect(JSON.parse(payload)).toMatchObject({ operation: "leak-response", secret: "other", requestedAt });
    expect(stdout).toMatch(/^::error title=dualkey%3A nobody knows whether the key works/m);
    expect(outputs).toMatchObject({ outcome: "", "leaked-keys-alive": "" });
  });
});

describe("a secret that cannot be described", () => {
  let denied: Denying;
  beforeAll(async () => {
    denied = await denying(world.aws);
  });
  beforeEach(() => world.answers(anAnswer(anIncident())));
  afterAll(() => denied?.close());
  const run = (inputs: Record<string, string>, error = "AccessDeniedException") => {
    denied.deny("DescribeSecret", error);
    return world.run(inputs, { AWS_ENDPOINT_URL_SECRETS_MANAGER: denied.endpoint });
  };

  it("is asked for all the same where its deployment is given: a leaked key waits for no look", async () => {
    const { exitCode, summary, stdout, outputs } = await run({ deployment: "other" });
    expect(exitCode).toBe(0);
    expect(world.asked).toEqual([expect.objectContaining({ secret: "other", which: "all" })]);
    expect(firstLine(summary)).toContain("leaked key contained in 4.2 s, proven dead");
    expect(summary).toContain("Allow secretsmanager:DescribeSecret on the secret");
    expect(summary).not.toContain("No version of it has a key");
    expect(stdout).toContain(
      "::warning title=dualkey%3A the secret could not be described::other: DescribeSecret",
    );
    expect(outputs.secrets).toBe("[]");
  });

  it.each([
    ["there is no deployment to ask", {}, undefined],
    ["AWS says that there is no such secret", { deployment: "other" }, "ResourceNotFoundException"],
    ["its name may be a key that was pasted", { deployment: "other", secret: "aB3dE5fG7hJ9kL1m" }, undefined],
    ["its deployment may be one", { deployment: "aB3dE5fG7hJ9kL1m" }, undefined],
  ])("is not asked for where %s", async (_, inputs, error) => {
    const { exitCode, stdout, everything } = await run(inputs, error);
    expect(exitCode).toBe(1);
    expect(world.asked).toEqual([]);
    expect(stdout).toContain("DescribeSecret in us-east-1 failed");
    expect(everything).not.toContain("aB3dE5fG7hJ9kL1m");
  });
});

describe("a job that is cancelled", () => {
  it("is red at once, says that the responder goes on, and keeps the issue for the next run", async () => {
    world.answers(anAnswer(anOpenIncident()));
    const asked = world.aws.events.until(() => world.asked.length > 0);
    const { exitCode, summary } = await world.run({ "wait-seconds": "600" }, {}, asked);
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toMatch(/a leaked key STILL WORKS|NO ANSWER/);
    expect(summary).toContain("The job was cancelled; what the responder has begun goes on in AWS.");
    expect(world.github.issues).toEqual([]);
  }, 30_000);
});

describe("operation revoke", () => {
  const revoke = (inputs: Record<string, string> = {}) =>
    world.run({ operation: "revoke", "key-id": "key_7f3a", ...inputs });
  const answer = (differs: object) => {
    const { incident: _, ...rest } = anAnswer(anIncident(), { operation: "revoke", result: "it is revoked" });
    return { ...rest, ...differs };
  };

  it.each([
    ["proven", "the key is revoked, and proven dead", 0],
    ["listed-gone", "the key is revoked, and listed gone, which is the most that can be shown", 0],
    ["unproven", "the key was ended by a person, and NOTHING SHOWS that it is dead", 1],
  ] as const)("calls a proof that is %s what it is", async (proof, words, code) => {
    world.answers(answer({ proof }));
    const { exitCode, summary, outputs } = await revoke();
    expect(firstLine(summary)).toContain(words);
    expect([exitCode, outputs.proof]).toEqual([code, proof]);
    expect(summary).toContain("key `key_7f3a`");
    expect(world.asked).toEqual([
      { operation: "revoke", secret: world.arn, reason: REASON, keyId: "key_7f3a" },
    ]);
    expect(world.github.calls).toEqual([]);
  });

  it("asks again while a fence is waited for, and is red where the proof does not come in time", async () => {
    const held = [{ because: "a fence", alarm: false, until: "2026-04-14T21:03:00.000Z" }];
    const waiting = answer({ outcome: "wait", held, result: "it is marked, and waits for the fence" });
    world.answers(waiting, answer({ proof: "proven" }));
    expect((await revoke({ "wait-seconds": "60" })).exitCode).toBe(0);
    expect(world.asked).toHaveLength(2);
    world.answers(waiting);
    const { exitCode, stdout } = await revoke({ "wait-seconds": "0" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("The time (input wait-seconds) is over");
  });

  it("is red where it is refused, with what has to be said, and asks once", async () => {
    world.answers(
      answer({
        outcome: "refuse",
        goesOn: false,
        result:
          "revoke is refused, and nothing was changed: it is the current key. Send evenIfLoginsFail: true",
        next: "Rotate first, or change what the refusal names",
      }),
    );
    const { exitCode, summary } = await revoke({ "wait-seconds": "60" });
    expect(exitCode).toBe(1);
    expect(firstLine(summary)).toBe("## :x: `other`: revoke is REFUSED, and the key is as it was");
    expect(summary).toContain("Send evenIfLoginsFail: true (input even-if-logins-fail).");
    expect(summary).toContain("**Next**: Rotate first, or change what the refusal names.");
    expect(world.asked).toHaveLength(1);
  });
});
