import { isReporting } from "../../contract/consumer-policy.ts";
import type { Policy } from "../../contract/policy.ts";
import type { Decision, ReportsLook, UseLook } from "./observation.ts";
import type { Capabilities, ReportedUse, Version } from "./ports.ts";
import { waitFor } from "./steps.ts";

/** All that is known about the use of a replaced key and of its successor, in its three kinds, strongest first. */
export interface Evidence {
  /** Sends at the provider, since the cutover. Where it lists them by key. */
  readonly sends?: { readonly replaced: UseLook; readonly current: UseLook };
  /** Last-used times at the provider. Where it has them. */
  readonly lastUsed?: LastUsed;
  /** What consumers report. Where some do. */
  readonly reports?: ReportsLook;
}

export interface LastUsed extends Pick<NonNullable<Capabilities["lastUsed"]>, "resolutionSeconds"> {
  readonly replacedAtMs?: number | undefined;
  readonly currentAtMs?: number | undefined;
}

/** What the evidence is about. */
export interface Cutover {
  readonly replaced: Pick<Version, "id">;
  readonly current: Pick<Version, "id">;
  readonly replacedAtMs: number;
}

/**
 * `moved` is the only one that lets a key be revoked; `in-use` and `contradiction` forbid it whatever the policy says.
 */
export type Verdict =
  | { readonly kind: "moved" }
  | { readonly kind: "in-use"; readonly because: string; readonly quietAtMs: number }
  | { readonly kind: "contradiction"; readonly because: string }
  | { readonly kind: "silent"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string };

type Terms = Pick<Policy, "quietForSeconds" | "minSample" | "consumers">;

/** A report is of a whole minute: what was sent before the cutover may show in the minute after it. */
const MINUTE_MS = 60_000;

/**
 * Judges whether consumers have moved to the current key (P3).
 *
 * Any use of the replaced key in the quiet time is a veto, from whichever source, and what the sources say must not
 * contradict itself. Then the strongest kind that the deployment has answers, alone: were a weaker one to stand in for it
 * while it is down, it would be the weaker one that decides. Silence on both keys is not evidence: a night without logins
 * looks the same.
 */
export function judgeUse(evidence: Evidence, cutover: Cutover, policy: Terms, now: number): Verdict {
  const veto = vetoOf(evidence, cutover, policy, now);
  if (veto) return veto;
  const contradiction = contradictionIn(evidence, cutover);
  if (contradiction) return { kind: "contradiction", because: contradiction };
  if (evidence.sends) return judgeSends(evidence.sends, policy);
  if (evidence.lastUsed) return judgeLastUsed(evidence.lastUsed, cutover, policy);
  if (evidence.reports) return judgeReports(evidence.reports, cutover, policy);
  return {
    kind: "unknown",
    because:
      "nothing shows whether the replaced key is used: the provider lists neither sends by key nor last-used times, " +
      "and no consumer reports",
  };
}

function vetoOf(
  { sends, lastUsed, reports }: Evidence,
  { replaced }: Cutover,
  { quietForSeconds }: Terms,
  now: number,
): Verdict | undefined {
  // A coarse time may stand for later uses, up to its resolution; where sends are listed, those tell.
  const coarseMs = sends ? 0 : (lastUsed?.resolutionSeconds ?? 0) * 1000;
  const uses = [
    { by: "", atMs: sends?.replaced.kind === "counted" ? sends.replaced.lastAtMs : undefined },
    {
      by: "",
      atMs: lastUsed?.replacedAtMs === undefined ? undefined : lastUsed.replacedAtMs + coarseMs,
    },
    ...reportsOn(replaced.id, reports).map(({ consumer, use }) => ({ by: consumer, atMs: use.lastSendAtMs })),
  ];
  const quietForMs = quietForSeconds * 1000;
  const recent = uses.filter(
    (use): use is { by: string; atMs: number } => (use.atMs ?? 0) > now - quietForMs,
  );
  const [last] = recent.toSorted((one, other) => other.atMs - one.atMs);
  if (last === undefined) return undefined;
  const seconds = Math.max(0, Math.round((now - last.atMs) / 1000));
  // A provider's list is nearly always the newest, and reports tell who it was.
  const names = [...new Set(recent.map(({ by }) => by).filter((by) => by !== ""))];
  const isCoarse = coarseMs > 0 && last.by === "";
  const because =
    `the replaced key ${isCoarse ? "was used, or may have been," : "was used"}` +
    `${names.length === 0 ? "" : ` by ${names.join(", ")}`} ${seconds} s ago, and must be quiet for ${quietForSeconds} s`;
  return { kind: "in-use", because, quietAtMs: last.atMs + quietForMs };
}

/** Two kinds that cannot both be true: one of them looks at another account, another secret, or is broken. */
function contradictionIn({ sends, reports }: Evidence, { replaced, current, replacedAtMs }: Cutover) {
  if (sends === undefined) return undefined;
  const pairs = [
    { which: "replaced", look: sends.replaced, id: replaced.id },
    { which: "current", look: sends.current, id: current.id },
  ];
  for (const { which, look, id } of pairs) {
    const since = replacedAtMs + MINUTE_MS;
    const reported = reportsOn(id, reports).find(
      ({ use }) => (use.lastSendAtMs ?? 0) > since && use.sends > 0,
    );
    if (look.kind !== "counted" || look.count > 0 || reported === undefined) continue;
    return (
      `${reported.consumer} reports ${reported.use.sends} sends with the ${which} key since the cutover, and the ` +
      "provider lists none: one of the two looks at another account or secret"
    );
  }
  return undefined;
}

function judgeSends({ replaced, current }: NonNullable<Evidence["sends"]>, { minSample }: Terms): Verdict {
  for (const look of [replaced, current]) {
    if (look.kind === "unknown") return { kind: "unknown", because: `use is unknown: ${look.because}` };
  }
  const sample = current.kind === "counted" ? current.count : 0;
  return sample >= minSample
    ? { kind: "moved" }
    : silent(`${sample} uses of the current key seen since the cutover`, minSample);
}

/**
 * The current key's time shows one use. A probe moves it, too: the last probe of the current key is before the cutover, so
 * what is later than that, and the resolution, was somebody else; and none is probed again before this has answered.
 */
function judgeLastUsed(
  { currentAtMs, resolutionSeconds }: LastUsed,
  { replacedAtMs }: Cutover,
  { minSample }: Terms,
): Verdict {
  const isUsed = currentAtMs !== undefined && currentAtMs > replacedAtMs + resolutionSeconds * 1000;
  if (isUsed && minSample === 1) return { kind: "moved" };
  if (isUsed) {
    const because = `the provider tells of one use of the current key, and minSample wants ${minSample}`;
    return { kind: "unknown", because };
  }
  return silent("0 uses of the current key seen since the cutover", minSample);
}

/** Every consumer that reports must have sent with the current key, and what it says must reach past the quiet time. */
function judgeReports(look: ReportsLook, { current, replacedAtMs }: Cutover, policy: Terms): Verdict {
  if (look.kind === "unknown") {
    return { kind: "unknown", because: `consumers' reports are unknown: ${look.because}` };
  }
  const { quietForSeconds, minSample, consumers } = policy;
  if (look.completeUntilMs < replacedAtMs + quietForSeconds * 1000) {
    return {
      kind: "unknown",
      because: "consumers' reports come late, and do not reach past the quiet time yet",
    };
  }
  for (const { name } of consumers.filter(isReporting)) {
    const use = reportsOn(current.id, look).find(({ consumer }) => consumer === name)?.use;
    if (use === undefined) {
      return {
        kind: "unknown",
        because: `consumer ${name} has reported nothing of the current key since the cutover`,
      };
    }
    if (use.sends < minSample)
      return silent(`consumer ${name} reports ${use.sends} uses of the current key`, minSample);
  }
  return { kind: "moved" };
}

function silent(seen: string, minSample: number): Verdict {
  const because = `no key is in use: ${seen}, ${minSample} needed. Silence is not evidence`;
  return { kind: "silent", because };
}

/** What consumers report of one version. */
export function reportsOn(
  versionId: string,
  look: ReportsLook | undefined,
): readonly { readonly consumer: string; readonly use: ReportedUse }[] {
  if (look?.kind !== "read") return [];
  return look.reports.flatMap(({ consumer, byVersion }) => {
    const use = byVersion[versionId];
    return use === undefined ? [] : [{ consumer, use }];
  });
}

/** What a verdict means: only the policy's own words let an unknown pass, and nothing lets a use pass. */
export function holdFor(
  verdict: Verdict,
  it: { version: Version; keyId?: string; replacedAt: number },
  policy: Policy,
  now: number,
): Decision | undefined {
  if (verdict.kind === "moved") return undefined;
  const waived = new Set(
    it.version.labels.flatMap((label) => (label.kind === "waived" ? [label.scope] : [])),
  );
  const isOverdue = now >= it.replacedAt + policy.maxOverlapSeconds * 1000;
  const isForbidden = verdict.kind === "in-use" || verdict.kind === "contradiction";
  if (waived.has("used") || (!isForbidden && waived.has("unknown"))) return undefined;
  if (!isForbidden && isOverdue && policy.atMaxOverlap === "revoke") return undefined;
  const about = { versionId: it.version.id, ...(it.keyId === undefined ? {} : { keyId: it.keyId }) };
  const when = verdict.kind === "in-use" ? { untilMs: verdict.quietAtMs } : {};
  const how = isForbidden ? "retire-now with evenIfUsed" : "retire-now";
  const answer = isOverdue ? `. Find who uses it, or retire it all the same, with a reason: ${how}` : "";
  const isAlarm = isOverdue || verdict.kind === "contradiction";
  return waitFor([{ because: `${verdict.because}${answer}`, ...about, ...when, alarm: isAlarm }]);
}
