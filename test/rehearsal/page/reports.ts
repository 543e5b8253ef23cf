import type { Report } from "../../../rehearsal/report/report.ts";

const START = Date.parse("2026-11-22T09:33:30.000Z");

/** A time of a report, given in seconds since logins began. */
export const at = (seconds: number): string => new Date(START + Math.round(seconds * 1000)).toISOString();

export const OLD = "aaaaaaaa-1111-4111-8111-111111111111";
export const NEW = "bbbbbbbb-2222-4222-8222-222222222222";
export const STRANGER = "cccccccc-3333-4333-8333-333333333333";

const never = { promoted: null, replaced: null, away: null, condemned: null, revoked: null, dead: null };

/** A cutover: replaced at 3 s, condemned at 9 s, revoked at 18 s; services move at 4 s and 6 s. */
export const cutover: Report = {
  scenario: "cutover",
  vendor: { id: "startmessaging", title: "StartMessaging", cutover: "beside" },
  seed: null,
  passed: true,
  startedAt: at(-1),
  loginsFrom: at(0),
  durationMs: 22_000,
  waitedFor: [],
  logins: { total: 4001, failed: 0, perSecond: 200, cacheSeconds: 3, slowestMs: 20, failures: {} },
  keys: [
    { id: STRANGER, madeBy: "stranger", created: at(-1), ...never, sends: 0 },
    {
      id: OLD,
      madeBy: "by hand",
      created: at(-1),
      promoted: at(0),
      replaced: at(3),
      away: null,
      condemned: at(9),
      revoked: at(18),
      dead: at(18.5),
      sends: 900,
    },
    { id: NEW, madeBy: "dualkey", created: at(2.5), ...never, promoted: at(3), sends: 3101 },
  ],
  orphans: [],
  promises: [
    { id: "P1", says: "At every instant, a key works", checked: "15 changes", broken: [] },
    { id: "P3", says: "No revoke without evidence", checked: "15 changes", broken: [] },
  ],
  checks: [{ says: "the old key aaaaaaaa is refused with 401", holds: true, found: "HTTP 401" }],
  faults: {},
  outage: null,
  goingBack: null,
  held: null,
  leak: null,
  notes: ["The gateway's limit was raised to 4,000 sends per 10 s; the vendor's is 200."],
  services: [
    {
      name: "login-1",
      how: "the client",
      until: null,
      moves: [
        { at: at(0), key: OLD },
        { at: at(4), key: NEW },
      ],
    },
    {
      name: "login-2",
      how: "cache of its own",
      until: null,
      moves: [
        { at: at(1), key: OLD },
        { at: at(6), key: NEW },
      ],
    },
  ],
  phases: [
    { name: "steady", says: "all logins use the first key", at: at(0) },
    { name: "make", says: "a second key is made", at: at(2.5) },
    { name: "overlap", says: "both work", at: at(3) },
    { name: "fence", says: "the old key is condemned", at: at(9) },
    { name: "after", says: "one key is left", at: at(18.5) },
  ],
  sends: Array.from({ length: 21 }, (_, second) => {
    const count = second === 20 ? 1 : 200;
    return { second, byKey: { [second < 4 ? OLD : NEW]: count }, failed: 0 };
  }),
  events: [
    { at: at(3), kind: "effect", what: "promote bbbbbbbb", because: "the provider accepts the new key" },
    { at: at(18.6), kind: "tidying", what: "detach replaced", because: "the label is litter" },
  ],
};

/** A rotation in place: the new key takes the old one's place at 3 s, and logins fail until 5.8 s. */
export const inPlace: Report = {
  ...cutover,
  vendor: { id: "twilio-auth-token", title: "Twilio (auth token)", cutover: "in-place" },
  logins: { ...cutover.logins, failed: 300, failures: { "HTTP 401": 300 } },
  outage: { allowedSeconds: 5, from: at(3), to: at(5.8), seconds: 2.8 },
  keys: cutover.keys.map((key) => {
    return key.id === OLD ? { ...key, replaced: at(3.1), revoked: at(3), dead: at(12) } : key;
  }),
};

/** What a script does to the same world: the old key dies at 3.01 s, and 300 logins with it. */
export const naive: Report = {
  ...cutover,
  scenario: "naive",
  logins: { ...cutover.logins, failed: 300, failures: { "HTTP 401": 300 } },
  keys: cutover.keys.map((key) => {
    if (key.id === NEW) return { ...key, madeBy: "script" };
    return key.id === OLD ? { ...key, condemned: null, revoked: at(3.01), dead: at(3.01) } : key;
  }),
  promises: [
    { id: "P1", says: "At every instant, a key works", checked: "4 changes", broken: [] },
    {
      id: "P3",
      says: "No revoke without evidence",
      checked: "4 changes",
      broken: [`${at(3.01)}: key ${OLD} was revoked in its overlap`],
    },
  ],
  sends: cutover.sends.map((one) => {
    return one.second >= 3 && one.second <= 4 ? { ...one, byKey: { [NEW]: 50 }, failed: 150 } : one;
  }),
  events: [
    { at: at(2.99), kind: "script", what: "make", because: "a new key" },
    { at: at(3.01), kind: "script", what: "revoke", because: "why keep it" },
  ],
};

/** A new key that is refused for sends: current from 3 s until it is gone back from at 6.6 s. */
export const badKey: Report = {
  ...cutover,
  scenario: "bad-key",
  logins: { ...cutover.logins, failed: 84, failures: { "HTTP 401": 84 } },
  goingBack: {
    refusedSends: 86,
    saved: 2,
    firstRefused: at(4),
    threshold: at(6),
    back: at(6.6),
    looks: 1,
  },
  keys: cutover.keys.map((key) => {
    if (key.id === OLD) {
      return {
        ...key,
        replaced: null,
        away: { from: at(3), to: at(6.6) },
        condemned: null,
        revoked: null,
        dead: null,
      };
    }
    return key.id === NEW ? { ...key, replaced: at(6.6), revoked: at(18), dead: at(18.5) } : key;
  }),
};

/** A service that never moves: its key is kept. */
export const straggler: Report = {
  ...cutover,
  scenario: "straggler",
  held: {
    service: "portal",
    because: "the replaced key was used by portal 0 s ago, and must be quiet for 3 s",
  },
  keys: cutover.keys.map((key) => {
    return key.id === OLD ? { ...key, condemned: null, revoked: null, dead: null } : key;
  }),
};
