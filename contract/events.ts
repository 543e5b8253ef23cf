import { z } from "zod";
import { IncidentRecord } from "./incident-record.ts";

/** The `source` of every event on the account's default bus of EventBridge. */
export const EVENT_SOURCE = "dualkey";

/** The phases of a key that are announced: the `detail-type` of an event. */
export const EVENT_TYPES = ["KeyPromoted", "KeyRetired", "RolledBack"] as const;

export type KeyEventType = (typeof EVENT_TYPES)[number];

/**
 * The `detail` of an event. Delivered at least once: the same phase may be announced again after a crash, with the same
 * `versionId`. Never a key, nor its hash.
 */
export const KeyEventDetail = z.strictObject({
  /** Of this schema. A field may be added without another number; none is taken away. */
  version: z.literal(1),
  deployment: z.string(),
  /** The secret's name and full ARN. */
  secret: z.string(),
  secretArn: z.string(),
  environment: z.string(),
  provider: z.string(),
  /** The version that the event is about: promoted, retired, or rolled back to. */
  versionId: z.string(),
  /** The provider's id of its key, where it is known. */
  keyId: z.string().optional(),
  /** `KeyPromoted`: the version that it has replaced; `RolledBack`: the version whose key was refused. */
  otherVersionId: z.string().optional(),
  /** UTC, ISO 8601. */
  at: z.iso.datetime(),
  because: z.string(),
});

export type KeyEventDetail = z.infer<typeof KeyEventDetail>;

/** An event as the core tells it; whoever sends it adds whose it is, and writes the time as a text. */
export interface KeyEvent {
  readonly type: KeyEventType;
  readonly detail: Pick<KeyEventDetail, "versionId" | "keyId" | "otherVersionId" | "because"> & {
    readonly atMs: number;
  };
}

/** The `detail-type` of an event that tells how an incident stands. */
export const INCIDENT_EVENT_TYPE = "LeakResponse";

/** As many findings of a review are told in words. */
export const MAX_TOLD_FINDINGS = 3;

/**
 * The `detail` of an event about an incident: what of its record somebody wants to be woken with. Delivered at least once: the
 * same `incident` in the same `state` may be told again. Never a key, nor its hash, nor a phone number.
 */
export const IncidentEventDetail = z.strictObject({
  /** Of this schema. A field may be added without another number; none is taken away. */
  version: z.literal(1),
  ...IncidentRecord.pick({
    deployment: true,
    secret: true,
    secretArn: true,
    environment: true,
    provider: true,
    state: true,
    drill: true,
    mode: true,
    startedAt: true,
    containedAt: true,
    containmentSeconds: true,
    replacement: true,
  }).shape,
  /** The record's `id`: with the secret, it names the incident. */
  incident: z.string(),
  /** The leaked keys. */
  keys: z.array(
    z.strictObject({
      ...IncidentRecord.shape.keys.element.pick({ keyId: true, was: true, state: true }).shape,
    }),
  ),
  /** Of the review of what was sent; absent where there is none yet. */
  findings: z
    .strictObject({
      count: z.int().nonnegative(),
      /** Why, of the worst of them. */
      worst: z.array(z.string()).max(MAX_TOLD_FINDINGS),
    })
    .optional(),
});

export type IncidentEventDetail = z.infer<typeof IncidentEventDetail>;
