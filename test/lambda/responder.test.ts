import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError, ProviderUnavailableError } from "../../contract/errors.ts";
import type { Goal } from "../../core/cutover/observation.ts";
import { ARN, aResponder, aStep, NAME, NOW_MS, POLICY, RECONCILE, TICK } from "./a-rotator.ts";

const KEY = "sk_live_seed0123456789";
const REQUEST = { operation: "reconcile", secret: NAME, reason: "the role is mended" };

describe("an operator who asks for a reconciliation", () => {
  it.each([NAME, ARN])("has the run that the clock would start, on %s", async (secret) => {
    const { invoke, runs } = aResponder();
    await invoke({ ...REQUEST, secret });
    expect(runs).toMatchObject([
      {
        goal: { kind: "reconcile" },
        options: { policy: POLICY, callMs: 15_000, fence: { timeoutMs: 120_000, marginMs: 180_000 } },
        portsFor: { secret, policy: POLICY },
      },
    ]);
  });

  it("hears that nothing is owed", async () => {
    await expect(aResponder().invoke(REQUEST)).resolves.toEqual({
      operation: "reconcile",
      secret: NAME,
      outcome: "done",
      result: "nothing is owed",
      next: "Nothing is left to do",
      goesOn: true,
      held: [],
      effects: [],
    });
  });

  it("hears what is held and why, until when, and whether it calls for a person", async () => {
    const holds = [
      { because: "in its overlap", alarm: false, keyId: "key_1", versionId: "v1", untilMs: NOW_MS + 1000 },
      { because: "nobody can tell whether it is used", alarm: true },
    ];
    const { invoke } = aResponder({ run: async () => ({ kind: "wait", holds }) });
    await expect(invoke({ ...REQUEST, secret: ARN })).resolves.toEqual({
      operation: "reconcile",
      secret: NAME,
      outcome: "wait",
      result: "something is owed, and has to wait",
      next: expect.stringContaining("The clock goes on with it"),
      goesOn: true,
      held: [
        {
          because: "in its overlap",
          alarm: false,
          keyId: "key_1",
          versionId: "v1",
          until: "2026-04-14T08:00:01.000Z",
        },
        { because: "nobody can tell whether it is used", alarm: true },
      ],
      effects: [],
    });
  });

  it("hears what was done, in its order and with its reasons, and what did not come off", async () => {
    const { invoke, logs, counted } = aResponder({
      run: async (_, { journal }) => {
        const revoke = { goal: "reconcile", effect: "revoke-key", because: "it is quiet" } as const;
        journal.record({ ...revoke, keyId: "key_1", outcome: "unknown", error: "no answer" });
        journal.record({ ...revoke, keyId: "key_1", outcome: "applied" });
        return { kind: "refuse", because: "a label is not understood. Remove it" };
      },
    });
    const effect = { effect: "revoke-key", because: "it is quiet", keyId: "key_1" };
    await expect(invoke(REQUEST)).resolves.toMatchObject({
      outcome: "refuse",
      because: "a label is not understood. Remove it",
      result:
        "reconcile is refused, and what was done until then stands: a label is not understood. Remove it",
      next: "Nothing happens by itself. Change what the refusal names, then send reconcile again",
      goesOn: false,
      held: [],
      effects: [
        { ...effect, outcome: "unknown", failure: "no answer" },
        { ...effect, outcome: "applied" },
      ],
    });
    expect(logs.map(({ message }) => message)).toEqual(["an operator asks", "effect", "effect", "refused"]);
    expect(counted).toEqual({ EffectsApplied: 1, Refusals: 1 });
  });

  it("leaves the reason in the log, before anything is touched", async () => {
    const { invoke, logs, flushed } = aResponder({
      readPolicy: async () => {
        throw new ProviderUnavailableError(`${NAME}: GetParameter did not get through`);
      },
    });
    await expect(invoke(REQUEST)).rejects.toThrow("did not get through");
    expect(logs[0]).toEqual({
      level: "info",
      message: "an operator asks",
      secret: NAME,
      operation: "reconcile",
      reason: "the role is mended",
    });
    expect(flushed).toEqual([NAME]);
  });
});

describe("what an operator asks for", () => {
  it.each<[object, Goal]>([
    [{ operation: "pause" }, { kind: "pause" }],
    [{ operation: "resume" }, { kind: "resume" }],
    [{ operation: "roll-back" }, { kind: "roll-back" }],
    [{ operation: "retire-now" }, { kind: "retire-now", scope: "unknown" }],
    [
      { operation: "retire-now", evenIfUsed: true },
      { kind: "retire-now", scope: "used" },
    ],
  ])("is the goal of the run, and nothing more: %o", async (asked, goal) => {
    const { invoke, runs } = aResponder();
    await invoke({ ...REQUEST, ...asked });
    expect(runs.map((run) => run.goal)).toEqual([goal]);
  });

  it.each(["pause", "resume", "roll-back", "retire-now"])(
    "needs a reason, without which nothing is read or run: %s",
    async (operation) => {
      const { invoke, runs, signals } = aResponder();
      await expect(invoke({ operation, secret: NAME })).rejects.toThrow("reason: is missing");
      expect([runs, signals]).toEqual([[], []]);
    },
  );

  it.each([
    ["pause", "paused"],
    ["retire-now", "waived"],
  ])("is not said to be done where its label may not be there: %s", async (operation, label) => {
    const { invoke } = aResponder({
      run: async (_, { journal }) => {
        const attach = { goal: "pause", effect: "attach", because: "asked for", label } as const;
        journal.record({ ...attach, outcome: "unknown", error: "no answer" });
        return { kind: "wait", holds: [{ because: "no answer", alarm: false }] };
      },
    });
    await expect(invoke({ ...REQUEST, operation })).resolves.toMatchObject({
      result: expect.stringContaining("it is not certain that"),
      next: expect.stringContaining("Send it again"),
      goesOn: false,
    });
  });
});

describe("a responder", () => {
  it.each([
    ["Secrets Manager", aStep()],
    ["the clock", TICK],
    ["the sweep", RECONCILE],
    ["an operator with another operation", { ...REQUEST, operation: "rotate" }],
  ])("refuses what %s would ask, says what there is, and composes nothing", async (_, event) => {
    const { invoke } = aResponder({
      compose: () => {
        throw new Error("composed");
      },
    });
    await expect(invoke(event)).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(
        "where operation is one of: reconcile, pause, resume, roll-back, leak-response, revoke, find-key, retire-now",
      ),
    });
  });

  it("touches nothing where the secret has no policy, and says so by its name", async () => {
    const { invoke, runs, counted } = aResponder({
      readPolicy: async (name) => {
        throw new ConfigError(`secret ${name}`, [
          { path: "", message: "has no policy, so it is not touched" },
        ]);
      },
    });
    await expect(invoke(REQUEST)).rejects.toThrow(`secret ${NAME}: has no policy, so it is not touched`);
    expect(runs).toEqual([]);
    expect(counted).toEqual({ Failures: 1 });
  });

  it("lets no key out: neither one in its reason, nor one in an error of the platform", async () => {
    const { invoke, logs } = aResponder({
      run: async () => {
        throw new TypeError(`Invalid header value ${KEY}`);
      },
    });
    const error = await invoke({ ...REQUEST, reason: `${KEY} is in a ticket` }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "UnexpectedError" });
    expect(inspect([error, logs], { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(KEY);
    expect(logs[0]?.reason).toBe("[22 characters withheld] is in a ticket");
  });
});
