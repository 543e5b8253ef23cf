import type { Label } from "../../contract/labels.ts";

/** What a listing of secrets shows of one: labels and no values. It may be minutes late. */
export interface LabelView {
  readonly versions: readonly {
    readonly isCurrent: boolean;
    readonly isPending: boolean;
    readonly labels: readonly Label[];
  }[];
  readonly notUnderstood: readonly string[];
}

export interface SweepTimes {
  readonly fenceMs: number;
  /** How late a listing may be. */
  readonly listLagMs: number;
  /** The time between two sweeps. */
  readonly everyMs: number;
  /** When in the day this secret has its audit: 0 up to a day, from a hash of its ARN. */
  readonly auditAtMs: number;
}

const DAY_MS = 86_400_000;

/**
 * Whether a secret's labels owe something, so that the sweep looks at it. A secret owes a look until its youngest key
 * is past two fences and the lag of the listing: a run that was about to make the same key may have lost another one,
 * up to one fence later, which has a fence of its own. And one look a day, whatever its labels say.
 */
export function owes({ versions, notUnderstood }: LabelView, now: number, times: SweepTimes): boolean {
  if (notUnderstood.length > 0 || isAuditDue(now, times)) return true;
  return versions.some((version) => {
    const births = version.labels
      .filter(({ kind }) => kind === "live")
      .map((label) => ("atMs" in label ? label.atMs : 0));
    const isLive = births.length > 0;
    if (version.isPending && !version.isCurrent) return true;
    if (isLive && !version.isCurrent) return true;
    if (!isLive) return version.labels.some(({ kind }) => kind !== "taken");
    const isYoung = Math.max(...births) + 2 * times.fenceMs + times.listLagMs >= now;
    return isYoung || version.labels.some(({ kind }) => OWED_ON_CURRENT.has(kind));
  });
}

const OWED_ON_CURRENT: ReadonlySet<Label["kind"]> = new Set([
  "replaced",
  "condemned",
  "rejected",
  "leaked",
  "making",
  "waived",
]);

function isAuditDue(now: number, { auditAtMs, everyMs }: SweepTimes): boolean {
  return Math.floor((now - auditAtMs) / DAY_MS) !== Math.floor((now - everyMs - auditAtMs) / DAY_MS);
}
