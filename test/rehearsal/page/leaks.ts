import type { LeakReport } from "../../../rehearsal/report/leak.ts";
import type { Report } from "../../../rehearsal/report/report.ts";
import { at, cutover, NEW, OLD } from "./reports.ts";

/** The old key leaks at 3 s, leak response is asked for at 5 s, and the key is dead 700 ms later. */
export const theLeak: LeakReport = {
  leaked: "current",
  mode: "replace-first",
  phase: "steady",
  keys: [OLD],
  leakedAt: at(3),
  requestedAt: at(5),
  containedAt: at(5.7),
  provenAt: at(9),
  deadlineSeconds: 60,
  containmentSeconds: 0.7,
  depth: 2,
  calls: [
    { at: 0, service: "ssm", operation: "GetParameter", depth: 1 },
    { at: 0.03, service: "StartMessaging", operation: "delete-key", depth: 2 },
  ],
  attacker: {
    sent: 400,
    accepted: 80,
    acceptedAfterContainment: 0,
    refused: 320,
    refusals: { "HTTP 401": 320 },
    bySecond: Array.from({ length: 17 }, (_, index) => {
      const second = index + 3;
      return second < 5 ? { second, accepted: 40, refused: 0 } : { second, accepted: 0, refused: 40 };
    }),
  },
  loginsFailed: 0,
  loginsSaved: 6,
  answer: { outcome: "done", result: "contained", next: "nothing" },
  incident: { id: "20261122T093335.000Z-all", state: "closed", containmentSeconds: 0.7 },
  findings: [
    {
      rank: 1,
      kind: "unseen-country",
      severity: "alarm",
      count: 52,
      expected: 0.5,
      since: at(3),
      until: at(5),
      country: "LK",
      cost: [{ amount: 13, currency: "INR" }],
      numbers: ["+947•••••461"],
      reason: "52 sends to 52 numbers of LK, to which this account sends never or rarely.",
    },
  ],
  review: {
    window: { since: at(0), until: at(6) },
    baseline: { since: at(-86_400), until: at(0), sends: 2800 },
    sends: 1200,
    suspect: { sends: 80 },
    coverage: { kind: "complete" },
  },
};

/** The scenario: one key, which leaks, and a clean one in its place. */
export const leak: Report = {
  ...cutover,
  scenario: "leak",
  leak: theLeak,
  keys: cutover.keys.map((key) => {
    if (key.id === OLD) return { ...key, replaced: at(5.5), condemned: null, revoked: at(5.7), dead: at(9) };
    return key.id === NEW ? { ...key, created: at(5.3), promoted: at(5.5) } : key;
  }),
  phases: [
    { name: "steady", says: "all logins use the first key", at: at(0) },
    { name: "leaked", says: "the key is in wrong hands", at: at(3) },
    { name: "contain", says: "leak response runs", at: at(5) },
    { name: "prove", says: "the leaked key is revoked", at: at(5.7) },
    { name: "closed", says: "the leaked key is proven dead", at: at(9) },
  ],
};

export const CLEAN = "eeeeeeee-5555-4555-8555-555555555555";

/** What is played without a name: a cutover, and then the new key leaks at 19 s. */
export const cutoverAndLeak: Report = {
  ...cutover,
  leak: {
    ...theLeak,
    keys: [NEW],
    leakedAt: at(18.6),
    requestedAt: at(18.8),
    containedAt: at(19),
    provenAt: null,
  },
  keys: [
    ...cutover.keys.map((key) => (key.id === NEW ? { ...key, replaced: at(18.9), revoked: at(19) } : key)),
    {
      id: CLEAN,
      madeBy: "dualkey",
      created: at(18.85),
      promoted: at(18.9),
      replaced: null,
      away: null,
      condemned: null,
      revoked: null,
      dead: null,
      sends: 10,
    },
  ],
};
