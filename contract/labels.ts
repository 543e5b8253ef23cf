/**
 * The ledger: staging labels of ours on the versions of a secret, the only state of a rotation.
 *
 * A label's text is at most 256 characters, a secret has at most 20 labels (the service's quotas).
 * Times are UTC with milliseconds, taken before the call that attaches the label.
 */
export type Label =
  /** This version's key is not yet proven dead; `atMs` is its birth. */
  | { readonly kind: "live"; readonly v8: string; readonly atMs: number }
  /** Since when it is retiring. */
  | { readonly kind: "replaced"; readonly v8: string; readonly atMs: number }
  /** A revoke is coming. */
  | { readonly kind: "condemned"; readonly v8: string; readonly atMs: number }
  /** The provider refuses it while another works. */
  | { readonly kind: "rejected"; readonly v8: string; readonly atMs: number }
  /** Its end. */
  | { readonly kind: "expires"; readonly v8: string; readonly atMs: number }
  /** In wrong hands since `atMs`, to be dead by `deadlineMs`. `target`: a key id, a v8, or `all`. */
  | { readonly kind: "leaked"; readonly target: string; readonly atMs: number; readonly deadlineMs: number }
  /** The key's id and owner, where they are not in the value (adoption; a raw string; an id known late). */
  | {
      readonly kind: "id";
      readonly v8: string;
      readonly keyId: string;
      readonly provider: string;
      readonly account: string;
    }
  /**
   * A run is making the key of a pending version, where what is made last takes the place of what was made before. On
   * the current version: whether the service lets an empty one have a label is not documented. `target`: a v8.
   */
  | { readonly kind: "making"; readonly target: string; readonly nonce: string; readonly atMs: number }
  /** An operator has said to retire it although evidence is unknown; or although it is used. */
  | { readonly kind: "waived"; readonly v8: string; readonly scope: WaivedScope; readonly atMs: number }
  /** A change freeze since then: rotations wait, leaks do not. On any version. */
  | { readonly kind: "paused"; readonly atMs: number }
  /** On a hand-in secret: this version was taken over. */
  | { readonly kind: "taken" };

/** What an operator goes without: evidence that is `unknown`, or even the veto of a key that is `used`. */
export type WaivedScope = "unknown" | "used";

export const LABEL_PREFIX = "dualkey:";

/** How many labels one secret can have, those of the service included (Secrets Manager's quota). */
export const MAX_LABELS = 20;

/**
 * A short name of a version, which makes a label's text unique among a secret's versions: `PutSecretValue` would take
 * a label of the same text away from another version.
 *
 * The start of the version's id where it is a UUID, as the service's and the SDKs' are. Terraform's ids all start with
 * `terraform-`: of any other id, a hash (FNV-1a, 32 bits).
 */
export function v8Of(versionId: string): string {
  return UUID.test(versionId) ? versionId.slice(0, 8) : fnv1a(versionId);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Writes a label's text, such as `dualkey:live.1f0c9a2e@2026-04-14T08:00:00.000Z`. */
export function formatLabel(label: Label): string {
  switch (label.kind) {
    case "taken":
      return `${LABEL_PREFIX}taken`;
    case "id":
      return `${LABEL_PREFIX}id.${label.v8}.${label.keyId}@${label.provider}/${label.account}`;
    case "waived":
      return `${LABEL_PREFIX}waived.${label.v8}.${label.scope}@${iso(label.atMs)}`;
    case "paused":
      return `${LABEL_PREFIX}paused@${iso(label.atMs)}`;
    case "making":
      return `${LABEL_PREFIX}making.${label.target}.${label.nonce}@${iso(label.atMs)}`;
    case "leaked":
      return `${LABEL_PREFIX}leaked.${label.target}@${iso(label.atMs)}/${iso(label.deadlineMs)}`;
    default:
      return `${LABEL_PREFIX}${label.kind}.${label.v8}@${iso(label.atMs)}`;
  }
}

/** What a staging label is to us: a label of ours, somebody else's, or one that looks like ours and is not understood. */
export type ParsedLabel =
  | { readonly kind: "ours"; readonly label: Label }
  | { readonly kind: "foreign" }
  | { readonly kind: "not-understood"; readonly text: string };

/** The labels of ours on one version, and those that look like ours and are not understood. */
export interface ReadLabels {
  readonly labels: readonly Label[];
  readonly notUnderstood: readonly string[];
}

/**
 * Reads the staging labels of one version.
 *
 * A label of ours that names another version than the one it is on was not put there by dualkey, for every such label
 * is written once and never moves: it is not understood. `leaked` alone may name others.
 */
export function readLabels(versionId: string, stages: readonly string[]): ReadLabels {
  const labels: Label[] = [];
  const notUnderstood: string[] = [];
  for (const text of stages) {
    const parsed = parseLabel(text);
    if (parsed.kind === "foreign") continue;
    if (parsed.kind === "ours" && isAtHome(parsed.label, versionId)) labels.push(parsed.label);
    else notUnderstood.push(text);
  }
  return { labels, notUnderstood };
}

function isAtHome(label: Label, versionId: string): boolean {
  return !("v8" in label) || label.v8 === v8Of(versionId);
}

const TIME = "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z";
const DATED = new RegExp(`^(live|replaced|condemned|rejected|expires)\\.([^.@]{1,8})@(${TIME})$`);
const MAKING = new RegExp(`^making\\.([^.@]{1,8})\\.([0-9a-f]{1,32})@(${TIME})$`);
const WAIVED = new RegExp(`^waived\\.([^.@]{1,8})\\.(unknown|used)@(${TIME})$`);
const PAUSED = new RegExp(`^paused@(${TIME})$`);
const LEAKED = new RegExp(`^leaked\\.(.+)@(${TIME})/(${TIME})$`);
const ID = /^id\.([^.@]{1,8})\.(.+)@([a-z0-9-]+)\/(.+)$/;

/** Reads a staging label of any origin. Never guesses: what starts as ours and does not parse is `not-understood`. */
export function parseLabel(text: string): ParsedLabel {
  if (!text.startsWith(LABEL_PREFIX)) return { kind: "foreign" };
  const label = parseBody(text.slice(LABEL_PREFIX.length));
  return label === undefined ? { kind: "not-understood", text } : { kind: "ours", label };
}

function parseBody(body: string): Label | undefined {
  if (body === "taken") return { kind: "taken" };
  const dated = DATED.exec(body);
  if (dated) {
    const [, kind, v8, time] = dated as unknown as [string, DatedKind, string, string];
    return isTime(time) ? { kind, v8, atMs: Date.parse(time) } : undefined;
  }
  const making = MAKING.exec(body);
  if (making) {
    const [, target, nonce, time] = making as unknown as [string, string, string, string];
    return isTime(time) ? { kind: "making", target, nonce, atMs: Date.parse(time) } : undefined;
  }
  const waived = WAIVED.exec(body);
  if (waived) {
    const [, v8, scope, time] = waived as unknown as [string, string, WaivedScope, string];
    return isTime(time) ? { kind: "waived", v8, scope, atMs: Date.parse(time) } : undefined;
  }
  const paused = PAUSED.exec(body)?.[1];
  if (paused !== undefined) {
    return isTime(paused) ? { kind: "paused", atMs: Date.parse(paused) } : undefined;
  }
  const leaked = LEAKED.exec(body);
  if (leaked) {
    const [, target, at, deadline] = leaked as unknown as [string, string, string, string];
    if (!isTime(at) || !isTime(deadline)) return undefined;
    return { kind: "leaked", target, atMs: Date.parse(at), deadlineMs: Date.parse(deadline) };
  }
  const id = ID.exec(body);
  if (id) {
    const [, v8, keyId, provider, account] = id as unknown as [string, string, string, string, string];
    return { kind: "id", v8, keyId, provider, account };
  }
  return undefined;
}

type DatedKind = "live" | "replaced" | "condemned" | "rejected" | "expires";

/** 2026-02-31 matches the pattern and is no day: only what comes back as it went in is a time. */
function isTime(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && iso(ms) === text;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
