import type { IncidentKey, IncidentRecord } from "../../contract/incident-record.ts";
import { incidentIdOf } from "../../contract/incident-record.ts";
import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import type { SendReview } from "../../contract/send-review.ts";

const START = "2026-04-14T21:00:00.000Z";
const OLD = "aaaaaaaa-0000-4000-8000-000000000000";
const NEW = "bbbbbbbb-0000-4000-8000-000000000000";

const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

const DEAD: IncidentKey = {
  keyId: "key_7f3a",
  versionId: OLD,
  was: "current",
  state: "proven",
  bornAt: at(-2_592_000),
  revokedAt: at(4.2),
  provenAt: at(6.9),
};

/** What was sent while the key was out: pumping to a premium range, and a campaign that is the service's own. */
export const REVIEW: SendReview = {
  window: { since: at(-10_800), until: at(5) },
  baseline: { since: at(-2_430_000), until: at(-10_800), sends: 182_340 },
  sends: 9_120,
  leakedKeySends: 8_875,
  suspect: { sends: 6_410, cost: [{ amount: 512.8, currency: "USD" }] },
  countries: [{ country: "IN", count: 2_710, expected: 2_650 }],
  findings: [
    {
      rank: 1,
      kind: "unseen-country",
      severity: "alarm",
      count: 6_380,
      expected: 0.4,
      distinctNumbers: 6_201,
      since: at(-9_600),
      until: at(4),
      country: "TN",
      cost: [{ amount: 510.4, currency: "USD" }],
      numbers: ["+2169•••••210", "+2169•••••211"],
      reason: "6380 sends to Tunisia (+216), where the account sends next to nothing",
    },
    {
      rank: 2,
      kind: "after-cutover",
      severity: "notice",
      count: 30,
      expected: 0,
      since: at(2),
      until: at(4),
      reason: "30 sends by the leaked key after consumers had moved",
    },
  ],
  moreFindings: 0,
  peaks: [{ since: at(-7_200), until: at(-3_600), count: 1_900, expected: 800.4 }],
  coverage: { kind: "complete" },
};

/** A leak that went well: a clean key current, the leaked one proven dead. */
export function anIncident(differs: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    version: 1,
    id: incidentIdOf({ target: "all", atMs: Date.parse(START) }),
    deployment: "other",
    secret: "other",
    secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf",
    environment: "production",
    provider: "startmessaging",
    drill: false,
    mode: "replace-first",
    target: "all",
    startedAt: START,
    deadlineAt: at(60),
    state: "closed",
    containedAt: at(4.2),
    containmentSeconds: 4.2,
    keys: [DEAD],
    replacement: { versionId: NEW, keyId: "key_91c0", promotedAt: at(2.1) },
    unknownKeys: [],
    exposure: { since: at(-10_800), until: at(4.2), sinceIs: "leaked-at" },
    held: [],
    runs: [
      {
        startedAt: at(0),
        endedAt: at(7),
        by: "responder",
        outcome: "done",
        reason: "INC-7: key seen in a screenshot",
      },
    ],
    effects: [
      {
        at: at(0.3),
        effect: "attach",
        label: "leaked",
        versionId: OLD,
        because: "it leaked",
        outcome: "applied",
      },
      {
        at: at(0.9),
        effect: "make-key",
        because: "no clean key is live",
        outcome: "applied",
        keyId: "key_91c0",
      },
      {
        at: at(2.1),
        effect: "promote",
        versionId: NEW,
        because: "a clean key is to be current",
        outcome: "applied",
      },
      { at: at(4.2), effect: "revoke-key", keyId: "key_7f3a", because: "it leaked", outcome: "applied" },
      {
        at: at(7),
        effect: "detach",
        label: "live",
        versionId: OLD,
        because: "it is proven dead",
        outcome: "applied",
      },
    ],
    review: REVIEW,
    ...differs,
  };
}

/** The vendor is down: the key lives on past its deadline. */
export function anOpenIncident(differs: Partial<IncidentRecord> = {}): IncidentRecord {
  const {
    containedAt: _at,
    containmentSeconds: _seconds,
    replacement: _replacement,
    review: _review,
    ...rest
  } = anIncident();
  const { revokedAt: _revoked, provenAt: _proven, ...key } = DEAD;
  return {
    ...rest,
    state: "open",
    keys: [{ ...key, state: "alive" }],
    exposure: { since: at(-2_592_000), until: at(75), sinceIs: "key-birth" },
    unknownKeys: [{ keyId: "key_0bad", createdAt: at(-9_000) }],
    held: [
      {
        because: "startmessaging does not answer: the leaked key is not revoked",
        alarm: true,
        keyId: "key_7f3a",
      },
    ],
    runs: [
      {
        startedAt: at(0),
        endedAt: at(75),
        by: "responder",
        outcome: "wait",
        reason: "INC-7: key seen in a screenshot",
      },
    ],
    effects: [
      {
        at: at(0.3),
        effect: "attach",
        label: "leaked",
        versionId: OLD,
        because: "it leaked",
        outcome: "applied",
      },
      {
        at: at(12),
        effect: "make-key",
        because: "no clean key is live",
        outcome: "unknown",
        failure: "startmessaging: the making of a key got HTTP 503. List the keys before another try",
      },
      {
        at: at(61),
        effect: "revoke-key",
        keyId: "key_7f3a",
        because: "the deadline has passed",
        outcome: "not-applied",
        failure: "startmessaging: revoke of key_7f3a got HTTP 503",
      },
    ],
    ...differs,
  };
}

/** What the responder says of an incident. */
export function anAnswer(incident: IncidentRecord, differs: Partial<ResponderAnswer> = {}): ResponderAnswer {
  const isDone = incident.state === "closed";
  return {
    operation: "leak-response",
    secret: incident.secret,
    outcome: isDone ? "done" : "wait",
    result: isDone ? "the leaked key is dead, and a clean one is current" : "the leaked key is not dead yet",
    next: isDone
      ? "Find out how it leaked, and close that first"
      : "The clock goes on with it at each tick. If you cannot wait, end the key by hand at https://app.startmessaging.com/keys#list",
    goesOn: true,
    held: isDone
      ? []
      : [
          {
            because: "startmessaging does not answer: the leaked key is not revoked",
            alarm: true,
            keyId: "key_7f3a",
          },
        ],
    effects: [],
    incident,
    ...differs,
  };
}
