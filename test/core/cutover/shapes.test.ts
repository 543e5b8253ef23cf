import { describe, expect, test } from "vitest";
import type { Policy } from "../../../contract/policy.ts";
import { decide } from "../../../core/cutover/decide.ts";
import type { Goal } from "../../../core/cutover/observation.ts";
import type { Capabilities } from "../../../core/cutover/ports.ts";
import { wouldBreak } from "../../../core/cutover/would-break.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
  REJECTED,
  SELF_SERVICE,
} from "./a-world.ts";

const MINUTE = 60_000;
const replaced = (v8: string, agoMs = 30 * MINUTE) => ({ kind: "replaced", v8, atMs: NOON - agoMs }) as const;
const paused = { kind: "paused", atMs: NOON } as const;
const RECONCILE: Goal = { kind: "reconcile" };

const CLIENT: Capabilities = {
  ...SELF_SERVICE,
  source: "client",
  list: { names: false },
  maxLiveKeys: 2,
  carriedOver: [],
  sends: { byKey: false, country: "row" },
};
const IN_PLACE: Capabilities = {
  fieldNames: ["apiKey"],
  source: "in-place",
  credential: "self",
  revoke: "replace",
  carriedOver: [],
};
const TOKEN: Policy = { ...POLICY, provider: { id: "twilio-auth-token", outageSeconds: 60 } };
const ofTwilio = (id: string, account = "A") => ({
  kind: "key" as const,
  key: aKey(id, { provider: "twilio-auth-token", account }),
});

describe("a key whose id cannot be told from its value", () => {
  const vonage: Policy = { ...POLICY, provider: { id: "vonage" } };
  const untold = (id: string, createdAtMs: number) => aListed(id, { createdAtMs, is: () => undefined });
  const { keyId: _, provider: __, account: ___, ...adopted } = aKey("k1");
  const { keyId: ____, ...current } = aKey("k2", { provider: "vonage" });
  const old = holding("old00000", "k1", {
    labels: [replaced("old00000")],
    content: { kind: "key", key: adopted },
  });
  const now = holding("new00000", "k2", { isCurrent: true, content: { kind: "key", key: current } });
  const observation = anObservation(aSecret([old, now]), {
    run: { capabilities: CLIENT },
    list: listed([untold("s1", NOON - 9e9), untold("s2", NOON - MINUTE)]),
    probes: { old00000: ACCEPTED, new00000: ACCEPTED },
  });

  test("gets no id by inference where it was adopted: the only young key may be the current one", () => {
    const decision = decide(observation, RECONCILE, vonage, NOON);
    expect(decision).not.toMatchObject({ kind: "effect", effect: { label: { kind: "id" } } });
    expect(holdsOf(decision).some(({ alarm }) => alarm)).toBe(true);
  });

  test("is not revoked while it might be the current one (P8)", () => {
    const broken = wouldBreak({ kind: "revoke-key", keyId: "s2", with: "new00000" }, observation);
    expect(broken).toMatch(/^P8/);
  });
});

describe("where nothing is listed", () => {
  const old = holding("old00000", "k1", { labels: [replaced("old00000")], content: ofTwilio("k1") });

  test("a key of another provider is not sent to this one, nor forgotten", () => {
    const foreign = holding("old00000", "k1", { labels: [replaced("old00000")] });
    const current = holding("new00000", "k2", { isCurrent: true, content: ofTwilio("k2") });
    const decision = decide(
      anObservation(aSecret([foreign, current]), { run: { capabilities: IN_PLACE } }),
      RECONCILE,
      TOKEN,
      NOON,
    );
    expect(holdsOf(decision)[0]).toMatchObject({
      alarm: true,
      because: expect.stringMatching(/made by account A of startmessaging, and the policy has changed since/),
    });
  });

  test("a key of another account is not ended with this one's credential", () => {
    const current = holding("new00000", "k2", { isCurrent: true, content: ofTwilio("k2", "B") });
    const probes = { old00000: ACCEPTED, new00000: ACCEPTED };
    const observation = anObservation(aSecret([old, current]), { run: { capabilities: IN_PLACE }, probes });
    expect(holdsOf(decide(observation, RECONCILE, TOKEN, NOON + 9e7))[0]).toMatchObject({ alarm: true });
  });

  test("AWSCURRENT follows a key that took the current one's place, in a freeze and at once", () => {
    const late = { kind: "live", v8: "pending0", atMs: NOON } as const;
    const pending = aVersion("pending0", { isPending: true, labels: [late], content: ofTwilio("k2") });
    const current = holding("old00000", "k1", { isCurrent: true, labels: [paused], content: ofTwilio("k1") });
    const probes = { pending0: ACCEPTED, old00000: REJECTED };
    const observation = anObservation(aSecret([current, pending]), {
      run: { capabilities: IN_PLACE },
      probes,
    });
    const finish = { kind: "finishSecret", token: "pending0" } as const;
    expect(decide(observation, finish, TOKEN, NOON)).toMatchObject({
      effect: { kind: "promote", from: "old00000", to: "pending0" },
    });
    const untouched = { ...observation, probes: { pending0: REJECTED, old00000: ACCEPTED } };
    expect(decide(untouched, finish, TOKEN, NOON).kind).toBe("refuse");
  });
});

describe("a way forward", () => {
  const condemned = { kind: "condemned", v8: "old00000", atMs: NOON } as const;
  const rejected = { kind: "rejected", v8: "new00000", atMs: NOON } as const;
  const old = holding("old00000", "k1", { labels: [replaced("old00000"), condemned] });
  const handIn: Policy = { ...POLICY, handIn: "prod/otp/hand-in" };

  test("is a key that is handed in, although another is still retiring", () => {
    const current = holding("new00000", "k2", { isCurrent: true });
    const empty = aVersion("token000", { isPending: true, createdAtMs: NOON });
    const offer = { kind: "key", versionId: "offer", key: aKey("k3") } as const;
    const secret = aSecret([old, current, empty]);
    const create = { kind: "createSecret", token: "token000" } as const;
    expect(decide(anObservation(secret, { offer }), create, handIn, NOON)).toMatchObject({
      effect: { kind: "accept-key" },
    });
    const none = anObservation(secret, { offer: { kind: "none" } });
    expect(decide(none, create, handIn, NOON)).toMatchObject({
      kind: "refuse",
      because: expect.stringMatching(/is still retiring/),
    });
  });

  test("is asked for with an alarm where a rollback was begun and nothing is left to go back to", () => {
    const current = holding("new00000", "k2", { isCurrent: true, labels: [rejected] });
    const observation = anObservation(aSecret([old, current]), {
      list: listed([aListed("k1"), aListed("k2")]),
    });
    expect(holdsOf(decide(observation, RECONCILE, POLICY, NOON))[0]).toMatchObject({
      alarm: true,
      because: expect.stringMatching(/Hand one in that works/),
    });
  });

  test("a key that was made and refused by the store is revoked, although its version is current by now", () => {
    const current = holding("token000", "k9", { isCurrent: true });
    const attempt = { state: "refused", name: "x", keyId: "k8", because: "another content" } as const;
    const observation = anObservation(aSecret([current]), { run: { attempt } });
    expect(decide(observation, { kind: "createSecret", token: "token000" }, POLICY, NOON)).toMatchObject({
      effect: { kind: "revoke-key", keyId: "k8" },
    });
  });
});

test("a rollout is looked at since the last move, whichever key is about to go", () => {
  const rolled: Policy = {
    ...POLICY,
    consumers: [{ kind: "ecs-service", name: "billing", cluster: "prod", service: "billing" }],
  };
  const older = holding("older000", "k0", { labels: [replaced("older000", 300 * MINUTE)] });
  const newer = holding("newer000", "k1", { labels: [replaced("newer000", 20 * MINUTE)] });
  const current = holding("current0", "k2", { isCurrent: true });
  const observation = anObservation(aSecret([older, newer, current]), { list: listed([aListed("k2")]) });
  expect(decide(observation, RECONCILE, rolled, NOON)).toMatchObject({
    kind: "look",
    look: { kind: "rollout", sinceMs: NOON - 20 * MINUTE },
  });
});
