import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError, OutcomeUnknownError, ProviderUnavailableError } from "../../contract/errors.ts";
import { ARN, aRotator, aStep, NAME, NOW_MS, POLICY, RECONCILE, TICK, TOKEN } from "./a-rotator.ts";

const noPolicy = async () => {
  throw new ConfigError(`secret ${NAME}`, [{ path: "", message: "has no policy, so it is not touched" }]);
};

describe("a step of Secrets Manager", () => {
  it.each(["createSecret", "setSecret", "testSecret", "finishSecret"])(
    "%s runs on its secret, with its token and the secret's policy",
    async (step) => {
      const { invoke, runs } = aRotator();
      await expect(invoke(aStep(step))).resolves.toBeUndefined();
      expect(runs).toHaveLength(1);
      expect(runs[0]).toMatchObject({
        goal: { kind: step, token: TOKEN },
        options: {
          policy: POLICY,
          callMs: 15_000,
          lastUsedResolutionSeconds: 3,
          fence: { timeoutMs: 120_000, marginMs: 180_000 },
        },
        portsFor: { secret: ARN, policy: POLICY },
      });
    },
  );

  it("fails while it has to wait, so that Secrets Manager calls it again", async () => {
    const holds = [{ because: "the new key is not accepted yet", alarm: false }];
    const { invoke, counted } = aRotator({ run: async () => ({ kind: "wait", holds }) });
    await expect(invoke(aStep("testSecret"))).rejects.toThrow(
      `${NAME}: testSecret has to wait: the new key is not accepted yet`,
    );
    expect(counted).toEqual({});
  });

  it("fails when it is refused, says why, and is counted", async () => {
    const because = "rotation is switched off. Switch it on";
    const { invoke, counted, logs } = aRotator({ run: async () => ({ kind: "refuse", because }) });
    await expect(invoke(aStep())).rejects.toThrow(`${NAME}: createSecret is refused: ${because}`);
    expect(counted).toEqual({ Refusals: 1 });
    expect(logs).toMatchObject([{ level: "error", secret: NAME, goal: "createSecret", because }]);
  });

  it("touches nothing where the secret has no policy, and names the secret", async () => {
    const { invoke, runs } = aRotator({ readPolicy: noPolicy });
    await expect(invoke(aStep())).rejects.toThrow(
      "secret prod/otp/startmessaging: has no policy, so it is not touched",
    );
    expect(runs).toEqual([]);
  });
});

describe("a reconciliation", () => {
  it("answers with what came of it when it is done, or has to wait", async () => {
    const holds = [{ because: "in its overlap", alarm: false, keyId: "key_1", untilMs: NOW_MS + 1 }];
    const waiting = aRotator({ run: async () => ({ kind: "wait", holds }) });
    await expect(aRotator().invoke(RECONCILE)).resolves.toEqual({ kind: "done" });
    await expect(waiting.invoke(RECONCILE)).resolves.toEqual({ kind: "wait", holds });
    expect(waiting.counted).toEqual({ KeysHeld: 1 });
  });

  it("raises an alarm for what a person should know of", async () => {
    const holds = [
      { because: "nobody can tell whether the old key is used", alarm: true, keyId: "key_1" },
      { because: "in its overlap", alarm: false, keyId: "key_2" },
    ];
    const { invoke, counted, logs } = aRotator({ run: async () => ({ kind: "wait", holds }) });
    await invoke(RECONCILE);
    expect(counted).toEqual({ Alarms: 1, KeysHeld: 2 });
    expect(logs.filter(({ level }) => level === "warn")).toMatchObject([{ secret: NAME, keyId: "key_1" }]);
  });

  it("returns when it is refused, since a retry would be refused, too", async () => {
    const { invoke, counted } = aRotator({ run: async () => ({ kind: "refuse", because: "a label" }) });
    await expect(invoke(RECONCILE)).resolves.toEqual({ kind: "refuse", because: "a label" });
    expect(counted).toEqual({ Refusals: 1 });
  });

  it("refuses a secret without policy by name, and touches nothing", async () => {
    const { invoke, runs, counted, logs } = aRotator({ readPolicy: noPolicy });
    await expect(invoke(RECONCILE)).resolves.toMatchObject({ kind: "refuse" });
    expect(runs).toEqual([]);
    expect(counted).toEqual({ Refusals: 1 });
    expect(logs).toMatchObject([{ level: "error", secret: NAME, because: expect.stringContaining(NAME) }]);
  });

  it("throws what nobody expected, and counts it", async () => {
    const down = new ProviderUnavailableError("prod/otp/startmessaging: GetParameter did not get through");
    const { invoke, counted, logs } = aRotator({
      readPolicy: async () => {
        throw down;
      },
    });
    await expect(invoke(RECONCILE)).rejects.toMatchObject({
      name: "ProviderUnavailableError",
      code: "PROVIDER_UNAVAILABLE",
      message: down.message,
    });
    expect(counted).toEqual({ Failures: 1 });
    expect(logs).toMatchObject([{ level: "error", secret: NAME, error: { message: down.message } }]);
  });
});

describe("any invocation", () => {
  it("says which events it knows when it gets another, and composes nothing", async () => {
    const { invoke } = aRotator({
      compose: () => {
        throw new Error("composed");
      },
    });
    await expect(invoke({ hello: "world" })).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining("is neither a rotation step of Secrets Manager"),
    });
  });

  it("leaves nothing in flight: what it began is aborted before it returns", async () => {
    const { invoke, signals } = aRotator({
      readPolicy: async (_, { signal }) => {
        expect(signal.aborted).toBe(false);
        return POLICY;
      },
    });
    await invoke(RECONCILE);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it("keeps a second for what it has to say at the end", async () => {
    const { invoke, runs } = aRotator({ remainingMs: 30_000 });
    await invoke(RECONCILE);
    expect(runs[0]?.options.deadlineMs).toBe(NOW_MS + 29_000);
  });

  it("never lives longer than the fence counts on, whatever the function's timeout", async () => {
    const { invoke, runs } = aRotator({ remainingMs: 900_000 });
    await invoke(RECONCILE);
    expect(runs[0]?.options.deadlineMs).toBe(NOW_MS + 120_000);
  });

  it("writes each effect down with ids and reasons, and counts those that were applied", async () => {
    const { invoke, logs, counted, flushed } = aRotator({
      run: async (_, { journal }) => {
        const entry = {
          goal: "reconcile",
          effect: "revoke-key",
          because: "it is quiet",
          keyId: "key_1",
        } as const;
        journal.record({ ...entry, outcome: "applied" });
        journal.record({ ...entry, outcome: "unknown", error: "no answer" });
        return { kind: "done" };
      },
    });
    await invoke(RECONCILE);
    expect(logs.slice(0, 2)).toEqual([
      {
        level: "info",
        message: "effect",
        secret: NAME,
        goal: "reconcile",
        effect: "revoke-key",
        because: "it is quiet",
        outcome: "applied",
        keyId: "key_1",
      },
      expect.objectContaining({ level: "warn", outcome: "unknown", failure: "no answer" }),
    ]);
    expect(counted).toEqual({ EffectsApplied: 1 });
    expect(flushed).toEqual([NAME]);
  });

  it.each([
    ["an error of the platform, which quotes a header", new TypeError("Invalid header value sk_live_seed")],
    ["what is no error at all", "sk_live_seed"],
    [
      "an error of ours with such a cause",
      new OutcomeUnknownError("no answer", { cause: new TypeError("sk_live_seed") }),
    ],
  ])("lets no key out in %s", async (_, thrown) => {
    const { invoke, logs } = aRotator({
      run: async () => {
        throw thrown;
      },
    });
    for (const event of [aStep(), RECONCILE]) {
      const error = await invoke(event).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(
        "sk_live_seed",
      );
    }
    expect(logs).toHaveLength(2);
    expect(JSON.stringify(logs)).not.toContain("sk_live_seed");
  });

  it("composes once for all events of its life", async () => {
    const { invoke, runs } = aRotator();
    await invoke(RECONCILE);
    await invoke(TICK);
    await invoke(aStep());
    expect(runs.map(({ goal }) => goal.kind)).toEqual(["reconcile", "createSecret"]);
  });
});
