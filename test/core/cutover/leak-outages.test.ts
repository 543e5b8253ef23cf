import { describe, expect, it } from "vitest";
import { decide } from "../../../core/cutover/decide.ts";
import type { LeakGoal, Observation } from "../../../core/cutover/observation.ts";
import { wouldBreak } from "../../../core/cutover/would-break.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  CLIENT_CHOSEN,
  holding,
  holdsOf,
  LEAK_GOAL,
  LEAKED,
  listed,
  NOON,
  POLICY,
  REJECTED,
  SELF_SERVICE,
  UNKNOWN,
} from "./a-world.ts";

/** What fails again and again, and what a leak response does all the same. Each closes a trace of the exhaustive test. */

const LATE = LEAKED.deadlineMs + 1;
const GOAL: LeakGoal = { ...LEAK_GOAL, evenIfLoginsFail: true };
const NO_LIST = { kind: "unknown", because: "HTTP 503", atMs: NOON } as const;
const NO_SETTINGS = { kind: "unknown", because: "HTTP 503", isRefused: false } as const;
const NO_OFFER = { kind: "unknown", because: "AccessDenied" } as const;
const READ = { key1: { kind: "read", settings: {} } } as const;

const current = holding("current0", "key1", { isCurrent: true, labels: [LEAKED] });
const born = { kind: "live", v8: "fresh000", atMs: NOON + 10 } as const;
const fresh = aVersion("fresh000", { labels: [born], content: { kind: "key", key: aKey("key2") } });
const { keyId: _, ...unregisteredKey } = aKey("key2");
const unregistered = aVersion("fresh000", {
  labels: [born],
  content: { kind: "key", key: unregisteredKey },
});

const respond = (seen: Observation, now: number, policy = POLICY) => decide(seen, GOAL, policy, now);

describe("where the provider's list does not come", () => {
  const seen = anObservation(aSecret([current]), { list: NO_LIST, settings: READ });

  it("the next key is made without it when the deadline has passed", () => {
    expect(respond(seen, NOON + 1_000).kind).toBe("wait");
    expect(respond(seen, LATE)).toMatchObject({ effect: { kind: "make-key", settings: {} } });
  });

  it("a person is told where not even the leaked key's id is known", () => {
    const { keyId: _, ...key } = aKey("key1");
    const untold = { ...current, content: { kind: "key", key } as const };
    const holds = holdsOf(respond(anObservation(aSecret([untold]), { list: NO_LIST }), LATE));
    expect(holds.every(({ alarm }) => alarm)).toBe(true);
    const said = holds.map(({ because }) => because).join();
    expect(said).toMatch(/cannot be told while no list comes.*HTTP 503/);
    expect(said).not.toContain("is gone");
  });

  it("none is made that could do more than the leaked one, and the run is red", () => {
    const untold = { ...seen, settings: { key1: NO_SETTINGS } };
    const holds = holdsOf(respond(untold, LATE));
    expect(holds.every(({ alarm }) => alarm)).toBe(true);
    expect(holds.map(({ because }) => because).join()).toMatch(/settings.*Hand one in/);
  });

  it("a key that the client has chosen is registered without it when the deadline has passed", () => {
    const run = { capabilities: CLIENT_CHOSEN };
    const chosen = anObservation(aSecret([current, unregistered]), {
      run,
      list: NO_LIST,
      probes: { fresh000: REJECTED },
    });
    expect(respond(chosen, NOON + 1_000).kind).toBe("wait");
    expect(respond(chosen, LATE)).toMatchObject({ effect: { kind: "register-key", versionId: "fresh000" } });
  });

  it("AWSCURRENT moves without the new key's id when the deadline has passed", () => {
    const run = { capabilities: CLIENT_CHOSEN };
    const accepted = anObservation(aSecret([current, unregistered]), {
      run,
      list: NO_LIST,
      probes: { fresh000: ACCEPTED },
    });
    expect(respond(accepted, NOON + 1_000).kind).toBe("wait");
    expect(respond(accepted, LATE)).toMatchObject({ effect: { kind: "promote", to: "fresh000" } });
  });
});

it("what was handed in and cannot be read is not waited for, where the provider makes keys", () => {
  const policy = { ...POLICY, handIn: "prod/otp/hand-in" };
  const about = { list: listed([aListed("key1")]), settings: READ };
  for (const offer of [NO_OFFER, { kind: "unreadable", because: "no JSON", versionId: "o" } as const]) {
    const seen = anObservation(aSecret([current]), { ...about, offer });
    expect(respond(seen, NOON + 1_000, policy)).toMatchObject({ effect: { kind: "make-key" } });
  }
});

describe("where no probe is answered", () => {
  const both = listed([aListed("key1"), aListed("key2")]);
  const seen = (run: object = {}, list = both) =>
    anObservation(aSecret([current, fresh]), {
      list,
      settings: READ,
      probes: { fresh000: UNKNOWN, current0: UNKNOWN },
      run,
    });

  it("the leaked key is revoked with the next one when the deadline has passed: the answer is its probe", () => {
    expect(respond(seen(), NOON + 1_000).kind).not.toBe("effect");
    expect(respond(seen(), LATE)).toMatchObject({
      effect: { kind: "revoke-key", keyId: "key1", with: "fresh000" },
    });
  });

  it("it is asked for three times before it is done without: the next moment may answer", () => {
    const once = { ...seen(), probes: { fresh000: { ...UNKNOWN, times: 2 }, current0: UNKNOWN } };
    expect(respond(once, LATE)).toMatchObject({
      kind: "look",
      look: { kind: "probe", versionId: "fresh000" },
    });
  });

  const promote = { kind: "promote", from: "current0", to: "fresh000" } as const;

  it("the next one becomes current when it has revoked the leaked one, and not before", () => {
    const revoked = { revoked: ["key1"], fit: ["fresh000"] };
    expect(respond(seen(revoked), LATE)).toMatchObject({ effect: promote });
    expect(wouldBreak(promote, seen(revoked))).toBeUndefined();
    expect(wouldBreak(promote, seen({ revoked: ["key1"], fit: ["other000"] }))).toMatch(/^P1/);
    expect(wouldBreak(promote, seen())).toMatch(/^P1/);
  });

  const own = { ...LEAKED, target: "key1" };
  const ownGoal = { ...GOAL, target: "key1" };
  const ownCurrent = holding("current0", "key1", { isCurrent: true, labels: [own] });

  it("the key that revoked the leaked one is the one that becomes current", () => {
    const older = { ...holding("older000", "key3"), isPending: true };
    const list = listed([aListed("key1"), aListed("key2"), aListed("key3")]);
    const probes = { older000: UNKNOWN, fresh000: UNKNOWN, current0: UNKNOWN };
    const about = { list, settings: READ, probes };
    const decideOn = (run: object) =>
      decide(anObservation(aSecret([ownCurrent, older, fresh]), { ...about, run }), ownGoal, POLICY, LATE);
    expect(decideOn({})).toMatchObject({ effect: { kind: "revoke-key", with: "fresh000" } });
    expect(decideOn({ unfit: { fresh000: LATE - 1_000 } })).toMatchObject({
      effect: { kind: "revoke-key", with: "older000" },
    });
    expect(
      decideOn({ unfit: { fresh000: LATE - 1_000 }, revoked: ["key1"], fit: ["older000"] }),
    ).toMatchObject({
      effect: { kind: "promote", to: "older000" },
    });
  });

  it("with an admin credential, a list that is whole shows that another run has revoked it", () => {
    const run = { capabilities: { ...SELF_SERVICE, credential: "admin" } } as const;
    const gone = listed([aListed("key2")]);
    expect(respond(seen(run, gone), LATE)).toMatchObject({ effect: promote });
    expect(wouldBreak(promote, seen(run, gone))).toBeUndefined();
    expect(wouldBreak(promote, seen(run, { ...gone, complete: false }))).toMatch(/^P1/);
  });

  it("a list that was read with the current key does not show that this is gone: it is late", () => {
    const late = listed([aListed("key2")]);
    expect(wouldBreak(promote, seen({}, late))).toMatch(/^P1/);
    expect(respond(seen({}, late), NOON + 1_000)).not.toMatchObject({ effect: { kind: "promote" } });
  });

  it("a lone 401 of the list does not show that the current key is revoked: a probe has to say so, too", () => {
    const refused = { kind: "unknown", because: "HTTP 401", atMs: NOON, isRefused: true } as const;
    const at = (current0: Observation["probes"][string]) =>
      anObservation(aSecret([ownCurrent, fresh]), {
        list: refused,
        settings: READ,
        probes: { fresh000: UNKNOWN, current0 },
      });
    for (const now of [NOON + 1_000, LATE]) {
      expect(decide(at(ACCEPTED), ownGoal, POLICY, now)).not.toMatchObject({ effect: { kind: "promote" } });
    }
    expect(wouldBreak(promote, at(ACCEPTED))).toMatch(/^P1/);
    expect(decide(at(REJECTED), ownGoal, POLICY, LATE)).toMatchObject({ effect: promote });
    expect(wouldBreak(promote, at(REJECTED))).toBeUndefined();
  });

  it("a key that a probe has accepted comes first, though it is in its overlap", () => {
    const run = { capabilities: { ...SELF_SERVICE, credential: "admin" }, revoked: ["key1"] } as const;
    const replaced = { kind: "replaced", v8: "older000", atMs: NOON - 60_000 } as const;
    const older = holding("older000", "key3", { labels: [replaced] });
    const list = listed([aListed("key2"), aListed("key3")]);
    const revokeFirst = (probes: Observation["probes"]) => {
      const about = anObservation(aSecret([ownCurrent, older, fresh]), { list, probes, run });
      return decide(about, { ...ownGoal, mode: "revoke-first" }, POLICY, NOON + 1_000);
    };
    for (const current0 of [REJECTED, UNKNOWN, ACCEPTED]) {
      const asked = { fresh000: UNKNOWN, current0 };
      expect(revokeFirst(asked)).toMatchObject({ look: { kind: "probe", versionId: "older000" } });
      const decision = revokeFirst({ ...asked, older000: ACCEPTED });
      expect(decision).toMatchObject({ effect: { kind: "promote", to: "older000" } });
    }
  });

  it("a pending key that is not clean leaves its rotation before it leaves its slot", () => {
    const rejected = { kind: "rejected", v8: "older000", atMs: NOON - 9 } as const;
    const older = holding("older000", "key3", { isPending: true, labels: [rejected] });
    const capabilities = { ...SELF_SERVICE, maxLiveKeys: 2, carriedOver: [] };
    const list = listed([aListed("key1"), aListed("key3")]);
    const full = anObservation(aSecret([ownCurrent, older]), { list, run: { capabilities } });
    expect(decide(full, ownGoal, POLICY, NOON + 1_000)).toMatchObject({
      effect: { kind: "drop-pending", versionId: "older000" },
    });
  });

  it("a key that is current and clean is never left for one that no probe has accepted", () => {
    const clean = { ...current, labels: current.labels.filter(({ kind }) => kind !== "leaked") };
    const calm = anObservation(aSecret([clean, fresh]), { list: listed([]), probes: { fresh000: UNKNOWN } });
    expect(wouldBreak({ kind: "promote", from: "current0", to: "fresh000" }, calm)).toMatch(/^P1/);
  });

  it("one that the client has chosen is registered when the deadline has passed, and once", () => {
    const chosen = (run: object) =>
      anObservation(aSecret([current, unregistered]), {
        list: listed([aListed("key1")]),
        probes: { fresh000: UNKNOWN },
        run: { capabilities: CLIENT_CHOSEN, ...run },
      });
    expect(respond(chosen({}), NOON + 1_000).kind).not.toBe("effect");
    expect(respond(chosen({}), LATE)).toMatchObject({ effect: { kind: "register-key" } });
    const revoke = { effect: { kind: "revoke-key", keyId: "key1", with: "fresh000" } };
    const registered = { registered: { versionId: "fresh000", keyId: "key2" } };
    expect(respond(chosen(registered), LATE)).toMatchObject(revoke);
    // It may have been registered, and the answer lost: it is tried.
    const failed = { failed: { fresh000: { because: "HTTP 400 full", atMs: LATE } } };
    expect(respond(chosen(failed), LATE)).toMatchObject(revoke);
  });
});

it("a key that was revoked before its leak could be marked is not one that nobody knows", () => {
  const goal = { ...GOAL, target: "stranger" };
  const clean = { ...current, labels: current.labels.filter(({ kind }) => kind !== "leaked") };
  const seen = anObservation(aSecret([clean]), {
    list: { ...listed([aListed("key1")]), times: 2 },
    run: { revoked: ["stranger"], failed: { leaked: { because: "throttled", atMs: NOON } } },
  });
  expect(decide(seen, goal, POLICY, NOON + 5_000)).toMatchObject({ effect: { kind: "attach" } });
});

it("where AWSCURRENT does not move, the next key takes the leaked one's place at the provider when the deadline has passed", () => {
  const capabilities = {
    fieldNames: ["accountSid", "authToken"],
    source: "in-place",
    credential: "self",
    revoke: "replace",
    carriedOver: [],
  } as const;
  const policy = { ...POLICY, provider: { id: "twilio-auth-token", outageSeconds: 60 } as const };
  const failed = { move: { because: "throttled", atMs: LATE, times: 5 } };
  const of = (version: typeof fresh) => ({
    ...version,
    content: { kind: "key", key: aKey(version.id, { provider: "twilio-auth-token" }) } as const,
  });
  const seen = anObservation(aSecret([of(current), of(fresh)], { readAtMs: LATE }), {
    probes: { current0: ACCEPTED, fresh000: ACCEPTED },
    run: { capabilities, failed },
  });
  expect(respond(seen, LATE + 1, policy)).toMatchObject({
    effect: { kind: "replace-key", with: "current0" },
  });
  const spared = { ...seen, run: { ...seen.run, failed: {} } };
  expect(respond(spared, LATE + 1, policy)).toMatchObject({ effect: { kind: "promote" } });
});

it("a current key whose id was not written down is the listed one that no other version names", () => {
  const { keyId: __, ...key } = aKey("new");
  const untold = aVersion("current0", {
    isCurrent: true,
    labels: [{ kind: "live", v8: "current0", atMs: NOON - 10 }],
    content: { kind: "key", key },
  });
  const pending = holding("pending0", "key2", { isPending: true });
  const reconcile = (createdAtMs: number) => {
    const seen = anObservation(aSecret([untold, pending]), {
      list: listed([aListed("key2"), aListed("new", { createdAtMs, is: () => undefined })]),
      probes: { pending0: ACCEPTED, current0: ACCEPTED },
      run: { capabilities: CLIENT_CHOSEN },
    });
    return decide(seen, { kind: "reconcile" }, POLICY, NOON + 3_600_000);
  };
  expect(reconcile(NOON)).toMatchObject({
    effect: { kind: "attach", versionId: "current0", label: { kind: "id", keyId: "new" } },
  });
  // The list may be late, and show a key of somebody else's, who made it long before.
  expect(reconcile(NOON - 3_600_000).kind).toBe("wait");
});
