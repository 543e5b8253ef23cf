import { z } from "zod";
import { LEAK_MODES } from "./requests.ts";
import { SendReview } from "./send-review.ts";

/**
 * The record of one leak, as JSON in the records bucket: what, when, how long, and the result of each effect. Never a key,
 * nor the hash of one. It is found again by its secret and the label of its leak, so that a second run joins it.
 *
 * All times are UTC, ISO 8601. A field may be added without another `version`; none is taken away.
 */

const Time = z.iso.datetime();

/** How one key of an incident stands. */
const KeyState = z.enum([
  /** The provider may accept it. */
  "alive",
  /** The provider has answered that it is revoked. */
  "revoked",
  /** Not listed where the provider lists, and rejected while the current key is accepted, in the same minute. */
  "proven",
  /** Its value is not known: two lists agree that it is gone. */
  "listed-gone",
  /** A person has ended it, and nothing could show it. */
  "unproven",
]);

export type IncidentKeyState = z.infer<typeof KeyState>;

/** One leaked key. */
export const IncidentKey = z.strictObject({
  /** The provider's id, where it is known. */
  keyId: z.string().optional(),
  /** The version that holds it; absent for a key that no version holds. */
  versionId: z.string().optional(),
  /** What it was when the incident began. */
  was: z.enum(["current", "pending", "retiring", "unheld"]),
  state: KeyState,
  bornAt: Time.optional(),
  /** When the provider answered that it is revoked, or when it was first seen dead. */
  revokedAt: Time.optional(),
  /** When that was shown. */
  provenAt: Time.optional(),
});

export type IncidentKey = z.infer<typeof IncidentKey>;

/** One line of the time line. */
export const IncidentEffect = z.strictObject({
  at: Time,
  effect: z.string(),
  because: z.string(),
  outcome: z.enum(["applied", "stale", "not-applied", "unknown"]),
  versionId: z.string().optional(),
  keyId: z.string().optional(),
  label: z.string().optional(),
  failure: z.string().optional(),
  /** How often it was tried with this outcome, where more than once: `at` is the first time. */
  times: z.int().positive().optional(),
  /** The last time, where there were several. */
  lastAt: Time.optional(),
});

export type IncidentEffect = z.infer<typeof IncidentEffect>;

/** One run that worked on it. */
export const IncidentRun = z.strictObject({
  startedAt: Time,
  endedAt: Time,
  /** Who: an operator's request, or the clock. */
  by: z.enum(["responder", "clock"]),
  /** `wait`: something was still owed; so it stands of a run that has begun, and of one that died. */
  outcome: z.enum(["done", "wait", "refuse"]),
  /** Why the operator asked; absent for the clock. */
  reason: z.string().optional(),
});

export type IncidentRun = z.infer<typeof IncidentRun>;

export const IncidentRecord = z.strictObject({
  version: z.literal(1),
  /** Names the incident among those of its secret: the time and the target of its label, of the oldest where there are several. */
  id: z.string(),
  deployment: z.string(),
  secret: z.string(),
  secretArn: z.string(),
  environment: z.string(),
  provider: z.string(),
  /** For practice: nothing has leaked. Whoever joins it with a leak of their own makes it a real one. */
  drill: z.boolean(),
  mode: z.enum(LEAK_MODES),
  /** What was named: every live key, one key by its id, or the key of one version. */
  target: z.string(),
  /** When leak response began. */
  startedAt: Time,
  /** By when the leaked keys had to be dead. */
  deadlineAt: Time,
  /**
   * - `open`: a leaked key may work.
   * - `contained`: each was revoked, or is rejected; the proof is not whole.
   * - `closed`: each is proven dead, or as dead as can be shown.
   */
  state: z.enum(["open", "contained", "closed"]),
  /** When the last leaked key's revocation was answered. */
  containedAt: Time.optional(),
  /** From `startedAt` to `containedAt`. */
  containmentSeconds: z.number().nonnegative().optional(),
  keys: z.array(IncidentKey),
  /** The clean key that is current now. */
  replacement: z
    .strictObject({ versionId: z.string(), keyId: z.string().optional(), promotedAt: Time })
    .optional(),
  /** Keys of the account that no version holds and nobody has named: a leaked key may have made them. */
  unknownKeys: z.array(z.strictObject({ keyId: z.string(), createdAt: Time.optional() })),
  /** From when to when the leaked key may have been used by others, and what the beginning rests on. */
  exposure: z.strictObject({
    since: Time,
    until: Time,
    sinceIs: z.enum(["leaked-at", "key-birth"]),
  }),
  /** What is still owed, in words. */
  held: z.array(z.strictObject({ because: z.string(), alarm: z.boolean(), keyId: z.string().optional() })),
  /** In the order of time. */
  runs: z.array(IncidentRun),
  effects: z.array(IncidentEffect),
  /** What was sent in the exposure; absent where it was not read (yet). */
  review: SendReview.optional(),
});

export type IncidentRecord = z.infer<typeof IncidentRecord>;

/** Names an incident by the label of its leak. */
export function incidentIdOf({ target, atMs }: { readonly target: string; readonly atMs: number }): string {
  return `${new Date(atMs).toISOString().replaceAll(/[-:]/g, "")}-${target}`;
}
