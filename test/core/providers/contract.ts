import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import type { Call, KeyProvider, KeySettings } from "../../../core/cutover/ports.ts";

/** The provider's calls, as far as a fault can tell them apart. */
export type Verb = "make" | "list" | "revoke" | "probe" | "sends";

/** What a fake can be told to do to one verb's requests, from now on. */
export type Failure =
  | "server-error-before"
  | "server-error-after"
  | "dropped-before"
  | "dropped-after"
  | "no-answer-after"
  | "throttled"
  | "forbidden"
  | "not-json";

export interface Party {
  readonly account: string;
  /** A live key of the account. */
  readonly credential: KeyFields;
  readonly keyId: string;
}

/** One adapter against its vendor's fake, over HTTP. A new one for every test. */
export interface ProviderHarness {
  readonly provider: KeyProvider;
  /** The same adapter, with a base URL where nobody listens. */
  readonly unreachable: KeyProvider;
  readonly ours: Party;
  /** A customer of the same vendor who has nothing to do with us. */
  readonly stranger: Party;
  /** Settings that a new key has only if they were asked for. */
  readonly settings: KeySettings;
  /** The ids of the keys that the fake accepts. */
  liveKeyIds(): readonly string[];
  /** Breaks the requests of one verb. */
  fail(verb: Verb, failure: Failure): { readonly hits: number };
  suspend(party: Party): void;
  /** Makes keys until a list shows as many as it can. Absent where lists have no end. */
  fillList?(): void;
  /** Uses a key as a consumer would. */
  use(key: KeyFields): Promise<void>;
  /** Calls back when the fake has made or revoked a key. */
  onApplied(listener: () => void): void;
  close(): Promise<void>;
}

/** What every adapter must hold to. Titles are the port's promises. */
export function describeKeyProvider(name: string, start: () => Promise<ProviderHarness>): void {
  describe(`${name} as a key provider`, () => {
    let harness: ProviderHarness;
    let call: Call;

    beforeEach(async () => {
      harness = await start();
      call = { signal: new AbortController().signal };
    });
    afterEach(() => harness.close());

    const make = (settings: KeySettings = {}) =>
      harness.provider.make({ credential: harness.ours.credential, name: "dk-0f1e2d", settings }, call);
    const list = () => harness.provider.list(harness.ours.credential, call);
    const revoke = (keyId: string) =>
      harness.provider.revoke({ credential: harness.ours.credential, keyId }, call);
    const verbs = {
      make: () => make(),
      list,
      revoke: () => revoke(harness.ours.keyId),
      probe: () => harness.provider.probe(harness.ours.credential, call),
      sends: () =>
        harness.provider.sends(
          { credential: harness.ours.credential, keyId: harness.ours.keyId, sinceMs: 0 },
          call,
        ),
    };

    it("makes a key that works at once, and names its account", async () => {
      const made = await make();
      expect(await harness.provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
      expect(made.account).toBe(harness.ours.account);
      expect(harness.liveKeyIds()).toContain(made.keyId);
      expect(Object.keys(made.fields)).toEqual(harness.provider.capabilities.fieldNames);
    });

    it("lists a key that it made under the name that it was made with", async () => {
      const made = await make();
      const { account, complete, keys } = await list();
      const listed = keys.find((key) => key.id === made.keyId);
      expect({ account, complete }).toEqual({ account: harness.ours.account, complete: true });
      expect(listed).toMatchObject({ name: "dk-0f1e2d", createdAtMs: made.createdAtMs });
    });

    it("tells which listed key is the one at hand, and that no other is", async () => {
      const made = await make();
      const { keys } = await list();
      expect(keys.filter((key) => key.is(made.fields)).map((key) => key.id)).toEqual([made.keyId]);
      expect(keys.filter((key) => key.is(harness.ours.credential)).map((key) => key.id)).toEqual([
        harness.ours.keyId,
      ]);
      expect(keys.filter((key) => key.is(harness.stranger.credential))).toEqual([]);
    });

    it("carries settings over to the new key", async () => {
      const made = await make(harness.settings);
      const { keys } = await list();
      expect(keys.find((key) => key.id === made.keyId)?.settings).toEqual(harness.settings);
    });

    it("revokes a key, and only that one", async () => {
      const made = await make();
      const before = harness.liveKeyIds();
      await revoke(made.keyId);
      expect(harness.liveKeyIds()).toEqual(before.filter((id) => id !== made.keyId));
      expect(await harness.provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
      expect((await list()).keys.map((key) => key.id)).not.toContain(made.keyId);
    });

    it("succeeds where the key is revoked already", async () => {
      const made = await make();
      await revoke(made.keyId);
      await expect(revoke(made.keyId)).resolves.toBeUndefined();
    });

    it("neither shows nor revokes a key of another account", async () => {
      expect((await list()).keys.map((key) => key.id)).not.toContain(harness.stranger.keyId);
      await revoke(harness.stranger.keyId);
      expect(harness.liveKeyIds()).toContain(harness.stranger.keyId);
    });

    it("says that a full list proves no absence", async () => {
      if (!harness.fillList) return;
      harness.fillList();
      expect((await list()).complete).toBe(false);
    });

    it("counts the uses of one key, and none of another", async () => {
      if (!harness.provider.capabilities.sendsByKey) return;
      const made = await make();
      await harness.use(made.fields);
      await harness.use(made.fields);
      const of = (keyId: string) =>
        harness.provider.sends({ credential: harness.ours.credential, keyId, sinceMs: 0 }, call);
      expect(await of(made.keyId)).toMatchObject({ count: 2, lastAtMs: expect.any(Number) });
      expect(await of(harness.ours.keyId)).toEqual({ count: 0 });
    });

    it("rejects the calls of a dead credential, with nothing applied", async () => {
      const made = await make();
      await revoke(made.keyId);
      const before = harness.liveKeyIds();
      const request = { credential: made.fields, name: "x", settings: {} };
      await expect(harness.provider.make(request, call)).rejects.toBeInstanceOf(ProviderRejectedError);
      await expect(harness.provider.list(made.fields, call)).rejects.toBeInstanceOf(ProviderRejectedError);
      expect(harness.liveKeyIds()).toEqual(before);
    });

    describe("never calls a key rejected when", () => {
      it("its account is suspended", async () => {
        harness.suspend(harness.ours);
        expect(await verbs.probe()).toMatchObject({ kind: "unknown" });
      });

      it.each<Failure>(["server-error-before", "dropped-before", "throttled", "forbidden", "not-json"])(
        "the answer is %s",
        async (failure) => {
          harness.fail("probe", failure);
          expect(await verbs.probe()).toMatchObject({ kind: "unknown", because: expect.any(String) });
        },
      );

      it("nobody answers", async () => {
        expect(await harness.unreachable.probe(harness.ours.credential, call)).toMatchObject({
          kind: "unknown",
        });
      });
    });

    describe("says that nothing was applied when", () => {
      it.each<Verb>(["make", "list", "revoke", "sends"])("%s is throttled", async (verb) => {
        const before = harness.liveKeyIds();
        harness.fail(verb, "throttled");
        await expect(verbs[verb]()).rejects.toBeInstanceOf(ProviderUnavailableError);
        expect(harness.liveKeyIds()).toEqual(before);
      });

      it.each<Verb>(["make", "list", "revoke", "sends"])("%s is forbidden", async (verb) => {
        const before = harness.liveKeyIds();
        harness.fail(verb, "forbidden");
        await expect(verbs[verb]()).rejects.toBeInstanceOf(ProviderRejectedError);
        expect(harness.liveKeyIds()).toEqual(before);
      });

      it("nobody listens", async () => {
        const { ours, unreachable } = harness;
        const { credential, keyId } = ours;
        const request = { credential, name: "x", settings: {} };
        await expect(unreachable.make(request, call)).rejects.toBeInstanceOf(ProviderUnavailableError);
        await expect(unreachable.revoke({ credential, keyId }, call)).rejects.toBeInstanceOf(
          ProviderUnavailableError,
        );
        await expect(unreachable.list(credential, call)).rejects.toBeInstanceOf(ProviderUnavailableError);
      });

      it.each<Failure>(["server-error-before", "dropped-before"])("a list ends in %s", async (failure) => {
        harness.fail("list", failure);
        await expect(list()).rejects.toBeInstanceOf(ProviderUnavailableError);
      });
    });

    describe("says that the outcome is unknown, and never makes a second key, when", () => {
      it.each<Failure>(["server-error-before", "dropped-before"])(
        "making one ends in %s",
        async (failure) => {
          const before = harness.liveKeyIds().length;
          const fault = harness.fail("make", failure);
          await expect(make()).rejects.toBeInstanceOf(OutcomeUnknownError);
          expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before]);
        },
      );

      it.each<Failure>(["server-error-after", "dropped-after", "not-json"])(
        "making one ends in %s",
        async (failure) => {
          const before = harness.liveKeyIds().length;
          const fault = harness.fail("make", failure);
          await expect(make()).rejects.toBeInstanceOf(OutcomeUnknownError);
          expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before + 1]);
        },
      );

      it("it is told to give up after the key was made", async () => {
        const before = harness.liveKeyIds().length;
        const fault = harness.fail("make", "no-answer-after");
        const controller = new AbortController();
        harness.onApplied(() => controller.abort());
        const request = { credential: harness.ours.credential, name: "x", settings: {} };
        await expect(harness.provider.make(request, controller)).rejects.toBeInstanceOf(OutcomeUnknownError);
        expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before + 1]);
      });
    });

    it.each<Failure>(["server-error-before", "dropped-before"])(
      "says that the outcome is unknown when every attempt to revoke ends in %s",
      async (failure) => {
        harness.fail("revoke", failure);
        await expect(verbs.revoke()).rejects.toBeInstanceOf(OutcomeUnknownError);
      },
    );

    it("makes nothing when it is told to give up before it starts", async () => {
      const before = harness.liveKeyIds();
      const request = { credential: harness.ours.credential, name: "x", settings: {} };
      const given = harness.provider.make(request, { signal: AbortSignal.abort() });
      await expect(given).rejects.toBeInstanceOf(ProviderUnavailableError);
      expect(harness.liveKeyIds()).toEqual(before);
    });

    it("lets no key value into an error, a list, or anything that prints one (P6)", async () => {
      const made = await make();
      const texts: string[] = [print(made), print(await list()), print(harness.provider)];
      for (const verb of ["make", "list", "revoke", "sends"] as const) {
        for (const failure of [
          "server-error-after",
          "dropped-after",
          "forbidden",
          "throttled",
          "not-json",
        ] as const) {
          harness.fail(verb, failure);
          texts.push(print(await verbs[verb]().then(String, (error: unknown) => error)));
        }
      }
      const secrets = [made.fields, harness.ours.credential]
        .flatMap(Object.values)
        .map((text) => text.reveal());
      expect(texts.every((text) => text.length > 0)).toBe(true);
      for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    });
  });
}

/** Everything that a log, a test runner or a debugger could show of it, private fields of errors included. */
export function print(value: unknown): string {
  const shown = inspect(value, { depth: 20, showHidden: true, getters: true });
  const error = value instanceof Error ? `${value.stack} ${print(value.cause)}` : "";
  return `${shown} ${JSON.stringify(value)} ${String(value)} ${error}`;
}
