import { IncidentRecord } from "../../contract/incident-record.ts";
import type { ReviewFinding, SendReview } from "../../contract/send-review.ts";
import { DEADLINE_SECONDS } from "../leak/ask.ts";
import type { LeakPlan } from "../leak/plan.ts";
import type { Stage } from "../stage.ts";
import type { LeakWatch } from "../watch/leak.ts";
import type { World } from "../world/world.ts";

/** One call of the response until the last leaked key's revocation was answered. */
export interface LeakCall {
  /** Seconds since the first of them. */
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  /** How many calls were made one after the other until this one's answer. */
  readonly depth: number;
}

/** What the attacker came to. */
export interface AttackerReport {
  readonly sent: number;
  readonly accepted: number;
  /** Of the accepted ones, those that were sent off when the last leaked key was dead at the vendor. */
  readonly acceptedAfterContainment: number;
  readonly refused: number;
  /** How often each reason was given. */
  readonly refusals: Readonly<Record<string, number>>;
  /** By the seconds since logins began. */
  readonly bySecond: readonly {
    readonly second: number;
    readonly accepted: number;
    readonly refused: number;
  }[];
}

/** A leak, and how it was answered: `leak` in `out/rehearsal.json`. Times are ISO, or null where that never happened. */
export interface LeakReport extends LeakPlan {
  readonly keys: readonly string[];
  readonly leakedAt: string;
  readonly requestedAt: string | null;
  readonly containedAt: string | null;
  readonly provenAt: string | null;
  readonly deadlineSeconds: number;
  /** From the request to the end of the last leaked key at the vendor, as the vendor has it. */
  readonly containmentSeconds: number | null;
  /** Calls in sequence from the request to the answered revocation; those made side by side count once. */
  readonly depth: number | null;
  readonly calls: readonly LeakCall[];
  readonly attacker: AttackerReport;
  /** Since the key leaked. */
  readonly loginsFailed: number;
  /** Logins that were refused with the leaked key, and accepted with the next one. */
  readonly loginsSaved: number;
  /** What the responder has answered. */
  readonly answer: { readonly outcome: string; readonly result: string; readonly next: string } | null;
  /** How the record of the incident was left. */
  readonly incident: Pick<IncidentRecord, "id" | "state" | "containmentSeconds"> | null;
  readonly findings: readonly ReviewFinding[];
  readonly review: Pick<SendReview, "window" | "baseline" | "sends" | "suspect" | "coverage"> | null;
}

/** @returns null where nothing has leaked */
export function leakOf({ watch, world, load, request }: Stage): LeakReport | null {
  const { leak } = watch;
  if (leak === undefined || request.leak === undefined) return null;
  const { start, leakedAtMs, requestedAtMs, containedAtMs, provenAtMs, answer, depth = null } = leak;
  const record = recordOf(world) ?? answer?.incident;
  const seconds = (fromMs: number, toMs: number) => Math.round(toMs - fromMs) / 1000;
  const isContained = requestedAtMs !== undefined && containedAtMs !== undefined;
  return {
    ...start.plan,
    keys: start.keyIds,
    leakedAt: iso(leakedAtMs),
    requestedAt: isoOrNull(requestedAtMs),
    containedAt: isoOrNull(containedAtMs),
    provenAt: isoOrNull(provenAtMs),
    deadlineSeconds: DEADLINE_SECONDS,
    containmentSeconds: isContained ? seconds(requestedAtMs, containedAtMs) : null,
    depth,
    calls: callsOf(leak),
    attacker: attackerOf(leak, watch.startedAtMs),
    loginsFailed: load.failed - start.failedBefore,
    loginsSaved: load.saved - start.savedBefore,
    answer: answer ? { outcome: answer.outcome, result: answer.result, next: answer.next } : null,
    incident: record ? incidentOf(record) : null,
    findings: record?.review?.findings ?? [],
    review: record?.review ? reviewOf(record.review) : null,
  };
}

/** The last record of the secret in the bucket, as the functions have left it. */
export function recordOf({ aws, recordsBucket }: World): IncidentRecord | undefined {
  const records = [...aws.buckets.objectsIn(recordsBucket).values()].flatMap((text) => {
    const parsed = IncidentRecord.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  });
  return records.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)).at(-1);
}

function incidentOf({ id, state, containmentSeconds }: IncidentRecord): NonNullable<LeakReport["incident"]> {
  return { id, state, ...(containmentSeconds === undefined ? {} : { containmentSeconds }) };
}

function reviewOf({ window, baseline, sends, suspect, coverage }: SendReview): LeakReport["review"] {
  return { window, ...(baseline ? { baseline } : {}), sends, suspect, coverage };
}

function callsOf({ calls }: LeakWatch): LeakCall[] {
  const startMs = calls[0]?.fromMs ?? 0;
  return calls.map(({ service, operation, depth, fromMs }) => {
    return { at: Math.round(fromMs - startMs) / 1000, service, operation, depth };
  });
}

function attackerOf({ start, containedAtMs }: LeakWatch, startMs: number): AttackerReport {
  const { sent, accepted, attacks, refusals } = start.attacker;
  const bySecond = new Map<number, { second: number; accepted: number; refused: number }>();
  for (const { beganAtMs, isAccepted } of attacks) {
    const second = Math.floor((beganAtMs - startMs) / 1000);
    const counted = bySecond.get(second) ?? { second, accepted: 0, refused: 0 };
    counted[isAccepted ? "accepted" : "refused"] += 1;
    bySecond.set(second, counted);
  }
  return {
    sent,
    accepted,
    acceptedAfterContainment: containedAtMs === undefined ? 0 : start.attacker.acceptedAfter(containedAtMs),
    refused: attacks.length - accepted,
    refusals,
    bySecond: [...bySecond.values()].toSorted((a, b) => a.second - b.second),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : iso(ms);
}
