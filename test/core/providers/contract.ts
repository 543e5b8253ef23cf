import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import type { Call, Capabilities, KeyProvider, KeySettings, Send } from "../../../core/cutover/ports.ts";

/** The provider's calls, as far as a fault can tell them apart. */
export type Verb =
  | "make"
  | "register"
  | "replace"
  | "list"
  | "settings"
  | "revoke"
  | "remove"
  | "probe"
  | "countSends"
  | "listSends";

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
  /** What makes and revokes the account's keys: the key itself at a self-service vendor, else an admin credential. */
  readonly credential: KeyFields;
  /** A live key of the account. */
  readonly key: KeyFields;
  /** Its id, where the provider has ids. */
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
  /** The ids of the keys of all accounts that the fake accepts. */
  liveKeyIds(): readonly string[];
  /** Breaks the requests of one verb, until the next call. The first of them, where a verb makes several. */
  fail(verb: Verb, failure: Failure): { readonly hits: number };
  suspend(party: Party): void;
  /** Makes the fake call back when it has made, registered, replaced, disabled or deleted a key. */
  onApplied(listener: () => void): void;
  close(): Promise<void>;
  /** Settings that a new key has only if they were asked for. Where `carriedOver` has any. */
  readonly settings?: KeySettings;
  /** Settings without which the adapter makes no key. Where there is no safe default. */
  readonly requiredSettings?: KeySettings;
  /** Makes a key in the vendor's console, with those settings, in our account. @returns its id */
  addKeyWithSettings?(): string;
  /** Makes keys in the vendor's console, in our account, and gives their ids. Where keys can be listed. */
  addKeys?(count: number): readonly string[];
  /** How many keys make a list of several pages. Where lists have pages. */
  readonly severalPages?: number;
  /** Makes keys in our account until a list shows as many as it can. Where lists have an end. */
  fillList?(): void;
  /** Makes keys in our account until no other can be made. Where `maxLiveKeys` is declared. */
  fillSlots?(): void;
  /** Ends the admin credential of our account. Where there is one. */
  expireAdmin?(): void;
  /** Uses a key as a consumer would, once. Where there is a list of sends. */
  send?(key: KeyFields): Promise<void>;
  /** How many sends make a list of several pages. Where there is a list of sends. */
  readonly severalPagesOfSends?: number;
  /** What must never come out of a list of sends: the text of what `send` sent. */
  readonly sentText?: string;
}

const PATIENCE = 20;

/** What every adapter must hold to. Titles are the port's promises; what the capabilities rule out is left out. */
export function describeKeyProvider(
  name: string,
  start: () => Promise<ProviderHarness>,
  capabilities: Capabilities,
): void {
  const has = {
    list: capabilities.list !== undefined,
    make: capabilities.source !== "person",
    own: capabilities.source === "provider" || capabilities.source === "client",
    register: capabilities.source === "client",
    replace: capabilities.source === "in-place",
    revoke: capabilities.revoke === "delete" || capabilities.revoke.startsWith("disable"),
    remove: capabilities.revoke === "disable-then-delete",
    settings: capabilities.carriedOver.length > 0,
    sends: capabilities.sends !== undefined,
    sendsByKey: capabilities.sends?.byKey === true,
    admin: capabilities.credential === "admin",
  };
  /** The verb whose request brings a key into being at the vendor. */
  const creating: Verb = has.register ? "register" : "make";
  const reading = (["list", "settings", "countSends", "listSends"] as const).filter((verb) => {
    return {
      list: has.list,
      settings: has.settings,
      countSends: has.sendsByKey,
      listSends: has.sends,
    }[verb];
  });
  const ending = has.remove ? (["revoke", "remove"] as const) : (["revoke"] as const);
  const changing: readonly Verb[] = [
    ...(has.own ? [creating] : []),
    ...(has.replace ? (["make", "replace"] as const) : []),
    ...(has.revoke ? ending : []),
  ];

  describe(`${name} as a key provider`, () => {
    let harness: ProviderHarness;
    let call: Call;

    beforeEach(async () => {
      harness = await start();
      call = { signal: new AbortController().signal };
    });
    afterEach(() => harness.close());

    const provider = (): Required<KeyProvider> => harness.provider as Required<KeyProvider>;
    const credential = () => harness.ours.credential;
    /** What `make` is asked for, by whichever credential. */
    const toMake = (by: KeyFields = credential()) => {
      const { requiredSettings: settings } = harness;
      return { credential: by, name: "x", ...(settings ? { settings } : {}) };
    };
    /** Brings a key into being, whoever chooses its value. */
    const make = async (settings?: KeySettings) => {
      const request = { ...toMake(), name: "dk-0f1e2d", ...(settings ? { settings } : {}) };
      const made = await provider().make(request, call);
      if (!has.register) return { ...made, keyId: made.keyId ?? "" };
      const { keyId } = await provider().register({ credential: credential(), fields: made.fields }, call);
      return { ...made, keyId };
    };
    const list = () => provider().list(credential(), call);
    const listedIds = async () => (await list()).keys.filter((key) => !key.isDisabled).map(({ id }) => id);
    const revoke = (keyId: string) => provider().revoke({ credential: credential(), keyId }, call);
    const sends = async (untilMs = Number.MAX_SAFE_INTEGER / 2) => {
      const found: Send[] = [];
      const request = { credential: harness.ours.key, sinceMs: 0, untilMs: Math.min(untilMs, 4e12) };
      for await (const page of provider().listSends(request, call)) found.push(...page);
      return found;
    };
    const verbs: Record<Verb, () => Promise<unknown>> = {
      make: () => provider().make(toMake(), call),
      register: async () => {
        const { fields } = await provider().make({ credential: credential(), name: "x" }, call);
        return provider().register({ credential: credential(), fields }, call);
      },
      replace: () => provider().replace({ credential: credential() }, call),
      list,
      settings: () => provider().settings({ credential: credential(), keyId: harness.ours.keyId }, call),
      revoke: () => revoke(harness.ours.keyId),
      remove: () => provider().remove({ credential: credential(), keyId: harness.ours.keyId }, call),
      probe: () => harness.provider.probe(harness.ours.key, call),
      countSends: () =>
        provider().countSends({ credential: credential(), keyId: harness.ours.keyId, sinceMs: 0 }, call),
      listSends: () => sends(),
    };

    it("has the verbs that its capabilities declare, and no others", () => {
      const { provider: adapter } = harness;
      expect(adapter.capabilities).toEqual(capabilities);
      expect({
        list: adapter.list !== undefined,
        make: adapter.make !== undefined,
        register: adapter.register !== undefined,
        replace: adapter.replace !== undefined,
        revoke: adapter.revoke !== undefined,
        remove: adapter.remove !== undefined,
        settings: adapter.settings !== undefined,
        sends: adapter.listSends !== undefined,
        sendsByKey: adapter.countSends !== undefined,
      }).toEqual({
        list: has.list,
        make: has.make,
        register: has.register,
        replace: has.replace,
        revoke: has.revoke,
        remove: has.remove,
        settings: has.settings,
        sends: has.sends,
        sendsByKey: has.sendsByKey,
      });
    });

    it("accepts a live key, and says nothing wrong of whose it is", async () => {
      expect(await harness.provider.probe(harness.ours.key, call)).toEqual({ kind: "accepted" });
      const { keyId = harness.ours.keyId, account = harness.ours.account } = harness.provider.identify(
        harness.ours.key,
      );
      expect({ keyId, account }).toEqual({ keyId: harness.ours.keyId, account: harness.ours.account });
    });

    it.runIf(has.own)("makes a key that works, and names its account", async () => {
      const made = await make();
      expect(await harness.provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
      expect(made.account).toBe(harness.ours.account);
      expect(harness.liveKeyIds()).toContain(made.keyId);
      expect(Object.keys(made.fields)).toEqual(capabilities.fieldNames);
      expect(harness.provider.identify(made.fields).keyId ?? made.keyId).toBe(made.keyId);
    });

    it.runIf(has.register)(
      "chooses a value without telling the vendor, and never the same one twice",
      async () => {
        const before = harness.liveKeyIds();
        const request = { credential: credential(), name: "x" };
        const [one, other] = [await provider().make(request, call), await provider().make(request, call)];
        expect(harness.liveKeyIds()).toEqual(before);
        expect(one.keyId).toBeUndefined();
        expect(valuesOf(one.fields)).not.toEqual(valuesOf(other.fields));
      },
    );

    it.runIf(has.replace)(
      "makes a key that works at the latest once it takes the current one's place",
      async () => {
        const made = await provider().make({ credential: credential(), name: "x" }, call);
        expect(made.account).toBe(harness.ours.account);
        await provider().replace({ credential: credential() }, call);
        expect(await harness.provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
        expect(await harness.provider.probe(harness.ours.key, call)).toMatchObject({ kind: "rejected" });
      },
    );

    describe.runIf(has.list)("in its list", () => {
      it("shows a key that it made, under the name that it was made with where names are kept", async () => {
        const made = await make();
        const { account, complete, keys } = await list();
        const listed = keys.find((key) => key.id === made.keyId);
        expect({ account, complete }).toEqual({ account: harness.ours.account, complete: true });
        expect(listed).toBeDefined();
        if (capabilities.list?.names) expect(listed?.name).toBe("dk-0f1e2d");
        // Some vendors tell the time to the second.
        if (listed?.createdAtMs !== undefined) {
          expect(Math.abs(listed.createdAtMs - made.createdAtMs)).toBeLessThan(1_000);
        }
      });

      it("tells which key is the one at hand, or that it cannot, and never a wrong one", async () => {
        const made = await make();
        const { keys } = await list();
        const idsOf = (fields: KeyFields) => keys.filter((key) => key.is(fields)).map((key) => key.id);
        const canTell = keys.every((key) => key.is(made.fields) !== undefined);
        expect(idsOf(made.fields)).toEqual(canTell ? [made.keyId] : []);
        expect(idsOf(harness.ours.key)).toEqual(canTell ? [harness.ours.keyId] : []);
        expect(idsOf(harness.stranger.key)).toEqual([]);
      });

      it("shows every key, however many pages they take", async () => {
        const { addKeys, severalPages = 2 } = harness;
        if (!addKeys || capabilities.maxLiveKeys === 2) return;
        const ids = addKeys.call(harness, severalPages);
        const listed = await listedIds();
        expect(listed.toSorted()).toEqual([...ids, harness.ours.keyId].toSorted());
      });

      it("shows no key of another account", async () => {
        expect(await listedIds()).not.toContain(harness.stranger.keyId);
      });

      it("says that a full list proves no absence", async () => {
        if (capabilities.list?.cap === undefined) return;
        expect(harness.fillList).toBeDefined();
        harness.fillList?.();
        expect((await list()).complete).toBe(false);
      });
    });

    describe.runIf(has.settings)("with settings", () => {
      it("carries those of one key over to another, and says so", async () => {
        const keyId = harness.addKeyWithSettings?.() ?? "";
        const settings = await provider().settings({ credential: credential(), keyId }, call);
        expect(settings).toEqual(harness.settings);
        const made = await make(settings);
        expect(made.settings ?? harness.settings).toEqual(harness.settings);
        const carried = await provider().settings({ credential: credential(), keyId: made.keyId }, call);
        expect(carried).toEqual(harness.settings);
      });
    });

    describe.runIf(has.revoke)("revoking", () => {
      it("ends a key, and only that one", async () => {
        const made = await make();
        const before = harness.liveKeyIds();
        await revoke(made.keyId);
        expect(harness.liveKeyIds()).toEqual(before.filter((id) => id !== made.keyId));
        expect(await harness.provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
        expect(await listedIds()).not.toContain(made.keyId);
      });

      it("succeeds where the key has ended already", async () => {
        const made = await make();
        await revoke(made.keyId);
        await expect(revoke(made.keyId)).resolves.toBeUndefined();
      });

      it("leaves a key of another account alone", async () => {
        await revoke(harness.stranger.keyId).catch(() => undefined);
        expect(harness.liveKeyIds()).toContain(harness.stranger.keyId);
      });

      it("leaves the keys of other parties in the account alone", async () => {
        if (!harness.addKeys || capabilities.maxLiveKeys === 2) return;
        const others = harness.addKeys(2);
        const made = await make();
        await revoke(made.keyId);
        expect(harness.liveKeyIds()).toEqual(expect.arrayContaining([...others]));
      });

      it.runIf(has.remove)("frees the slot of a key that is disabled, twice as well as once", async () => {
        const made = await make();
        await revoke(made.keyId);
        const request = { credential: credential(), keyId: made.keyId };
        await provider().remove(request, call);
        await expect(provider().remove(request, call)).resolves.toBeUndefined();
        expect((await list()).keys.map(({ id }) => id)).not.toContain(made.keyId);
      });
    });

    it.runIf(capabilities.maxLiveKeys !== undefined)(
      "refuses to make a key where all slots are full",
      async () => {
        expect(harness.fillSlots).toBeDefined();
        harness.fillSlots?.();
        const before = harness.liveKeyIds();
        await expect(make()).rejects.toBeInstanceOf(ProviderRejectedError);
        expect(harness.liveKeyIds()).toEqual(before);
      },
    );

    it.runIf(has.sendsByKey)("counts the uses of one key, and none of another", async () => {
      const made = await make();
      await harness.send?.(made.fields);
      await harness.send?.(made.fields);
      const of = (keyId: string) =>
        provider().countSends({ credential: credential(), keyId, sinceMs: 0 }, call);
      expect(await of(made.keyId)).toMatchObject({ count: 2, lastAtMs: expect.any(Number) });
      expect(await of(harness.ours.keyId)).toEqual({ count: 0 });
    });

    it.runIf(has.sends)("lists every send, however many pages they take, and the text of none", async () => {
      const { severalPagesOfSends: count = 2, sentText = "" } = harness;
      for (let sent = 0; sent < count; sent += 1) await harness.send?.(harness.ours.key);
      const listed = await sends();
      expect(listed).toHaveLength(count);
      expect(listed.every(({ atMs }) => Number.isFinite(atMs))).toBe(true);
      if (capabilities.sends?.country !== "none") {
        expect(listed.every(({ country }) => /^[A-Z]{2}$/.test(country ?? ""))).toBe(true);
      }
      expect(sentText).not.toBe("");
      expect(print(listed)).not.toContain(sentText);
      expect(await sends(1)).toEqual([]);
    });

    it.runIf(has.own && capabilities.credential === "self")(
      "rejects the calls of a dead credential, with nothing applied",
      async () => {
        const made = await make();
        await revoke(made.keyId);
        const before = harness.liveKeyIds();
        const dead = made.fields;
        await expect(provider().list(dead, call)).rejects.toBeInstanceOf(ProviderRejectedError);
        const request = toMake(dead);
        const work = has.register
          ? provider().register({ credential: dead, fields: made.fields }, call)
          : provider().make(request, call);
        await expect(work).rejects.toBeInstanceOf(ProviderRejectedError);
        expect(harness.liveKeyIds()).toEqual(before);
      },
    );

    it.runIf(has.admin)(
      "says what to do where the admin credential has expired, with nothing applied",
      async () => {
        const before = harness.liveKeyIds();
        expect(harness.expireAdmin).toBeDefined();
        harness.expireAdmin?.();
        for (const verb of ["list", creating, "revoke"] as const) {
          const error = await verbs[verb]().then(
            () => expect.fail(`${verb} succeeded`),
            (reason: unknown) => reason as Error,
          );
          expect(error).toBeInstanceOf(ProviderRejectedError);
          expect(error.message).toMatch(/admin credential/);
        }
        expect(harness.liveKeyIds()).toEqual(before);
      },
    );

    describe("never calls a key rejected when", () => {
      it("its account is suspended, where that can be told from a dead key", async () => {
        harness.suspend(harness.ours);
        const { kind } = await harness.provider.probe(harness.ours.key, call);
        // Where it cannot, the control pair does not pass either: the current key is rejected with it.
        expect(kind).not.toBe("accepted");
      });

      it.each<Failure>(["server-error-before", "dropped-before", "throttled", "forbidden", "not-json"])(
        "the answer is %s",
        async (failure) => {
          harness.fail("probe", failure);
          expect(await verbs.probe()).toMatchObject({ kind: "unknown", because: expect.any(String) });
        },
      );

      it("nobody answers", async () => {
        expect(await harness.unreachable.probe(harness.ours.key, call)).toMatchObject({ kind: "unknown" });
      });
    });

    const asked = [...reading, ...changing];
    describe.runIf(asked.length > 0)("says that nothing was applied when", () => {
      it.each<Verb>(asked)("%s is throttled", async (verb) => {
        const before = harness.liveKeyIds();
        harness.fail(verb, "throttled");
        await expect(verbs[verb]()).rejects.toBeInstanceOf(ProviderUnavailableError);
        expect(harness.liveKeyIds()).toEqual(before);
      });

      it.each<Verb>(asked)("%s is forbidden", async (verb) => {
        const before = harness.liveKeyIds();
        harness.fail(verb, "forbidden");
        await expect(verbs[verb]()).rejects.toBeInstanceOf(ProviderRejectedError);
        expect(harness.liveKeyIds()).toEqual(before);
      });

      it.each<Verb>(reading)("%s fails at the vendor", async (verb) => {
        for (const failure of ["server-error-before", "dropped-before"] as const) {
          harness.fail(verb, failure);
          await expect(verbs[verb]()).rejects.toBeInstanceOf(ProviderUnavailableError);
        }
      });

      it("nobody listens", async () => {
        const { ours, unreachable } = harness;
        const request = { credential: ours.credential, keyId: ours.keyId };
        const unavailable = async (work: Promise<unknown> | undefined) => {
          if (work) await expect(work).rejects.toBeInstanceOf(ProviderUnavailableError);
        };
        await unavailable(unreachable.list?.(ours.credential, call));
        await unavailable(unreachable.revoke?.(request, call));
        await unavailable(unreachable.remove?.(request, call));
        await unavailable(unreachable.settings?.(request, call));
        await unavailable(unreachable.replace?.(request, call));
        if (!has.register) await unavailable(unreachable.make?.(toMake(), call));
      });
    });

    describe.runIf(has.make)("says that the outcome is unknown, and never makes a second key, when", () => {
      const born = has.replace ? 0 : 1;

      it.each<Failure>(["server-error-before", "dropped-before"])(
        "making one ends in %s",
        async (failure) => {
          const before = harness.liveKeyIds().length;
          const fault = harness.fail(creating, failure);
          await expect(verbs[creating]()).rejects.toBeInstanceOf(OutcomeUnknownError);
          expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before]);
        },
      );

      it.each<Failure>(["server-error-after", "dropped-after", "not-json"])(
        "making one ends in %s",
        async (failure) => {
          const before = harness.liveKeyIds().length;
          const fault = harness.fail(creating, failure);
          await expect(verbs[creating]()).rejects.toBeInstanceOf(OutcomeUnknownError);
          expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before + born]);
        },
      );

      it("it is told to give up after the key was made", async () => {
        const before = harness.liveKeyIds().length;
        const made = has.register
          ? await provider().make({ credential: credential(), name: "x" }, call)
          : undefined;
        const fault = harness.fail(creating, "no-answer-after");
        const controller = new AbortController();
        harness.onApplied(() => controller.abort());
        const work = made
          ? provider().register({ credential: credential(), fields: made.fields }, controller)
          : provider().make(toMake(), controller);
        await expect(work).rejects.toBeInstanceOf(OutcomeUnknownError);
        expect([fault.hits, harness.liveKeyIds().length]).toEqual([1, before + born]);
      });
    });

    it.runIf(has.revoke).each<Failure>(["server-error-before", "dropped-before"])(
      "says that the outcome is unknown when every attempt to revoke ends in %s",
      async (failure) => {
        harness.fail("revoke", failure);
        await expect(verbs.revoke()).rejects.toBeInstanceOf(OutcomeUnknownError);
      },
    );

    it.runIf(has.own)("makes nothing when it is told to give up before it starts", async () => {
      const before = harness.liveKeyIds();
      const request = toMake();
      const aborted = { signal: AbortSignal.abort() };
      const given = has.register
        ? provider().register({ credential: credential(), fields: harness.ours.key }, aborted)
        : provider().make(request, aborted);
      await expect(given).rejects.toBeInstanceOf(ProviderUnavailableError);
      expect(harness.liveKeyIds()).toEqual(before);
    });

    it("lets no key value into an error, a list, or anything that prints one (P6)", async () => {
      const made = has.own ? await make() : undefined;
      const texts: string[] = [print(made), print(harness.provider), print(has.list ? await list() : "")];
      for (const verb of asked) {
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
      harness.fail("probe", "forbidden");
      texts.push(print(await verbs.probe()));
      const known = [made?.fields ?? {}, harness.ours.credential, harness.ours.key].flatMap((fields) => {
        return secretsOf(fields, harness.provider);
      });
      expect(known.length).toBeGreaterThan(0);
      expect(texts.every((text) => text.length > 0)).toBe(true);
      for (const secret of known) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    });
  });
}

/** What of a key must never be seen: its fields, but for those that are an id or an account. */
function secretsOf(fields: KeyFields, provider: KeyProvider): string[] {
  const { keyId, account } = provider.identify(fields);
  return valuesOf(fields).filter((text) => text !== keyId && text !== account && text.length >= 8);
}

function valuesOf(fields: KeyFields): string[] {
  return Object.values(fields).map((text) => text.reveal());
}

/** Everything that a log, a test runner or a debugger could show of it, private fields of errors included. */
export function print(value: unknown): string {
  const shown = inspect(value, { depth: PATIENCE, showHidden: true, getters: true });
  const error = value instanceof Error ? `${value.stack} ${print(value.cause)}` : "";
  return `${shown} ${JSON.stringify(value)} ${String(value)} ${error}`;
}
