import type { Policy } from "../../contract/policy.ts";
import type { Decision, UseLook } from "./observation.ts";
import type { Version } from "./ports.ts";
import { waitFor } from "./steps.ts";

/** What is known about the use of a replaced key and of its successor. */
export interface Use {
  /** Uses of the replaced key since it was replaced. */
  readonly replaced: UseLook;
  /** Uses of the current key in the same time. */
  readonly current: UseLook;
  /** The provider's last-used time of the replaced key, where it has one. */
  readonly replacedLastUsedAtMs?: number | undefined;
}

/** `moved` is the only one that lets a key be revoked; `in-use` forbids it whatever the policy says. */
export type Verdict =
  | { readonly kind: "moved" }
  | { readonly kind: "in-use"; readonly because: string; readonly quietAtMs: number }
  | { readonly kind: "silent"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string };

/**
 * Judges whether consumers have moved to the current key (P3).
 *
 * Any use of the replaced key in the quiet time is a veto, from whichever source. The last-used time is a veto and
 * nothing more: probes move it, so that it cannot show that consumers use the new key. Silence on both keys is not
 * evidence: a night without logins looks the same.
 */
export function judgeUse(
  use: Use,
  policy: Pick<Policy, "quietForSeconds" | "minSample">,
  now: number,
): Verdict {
  const quietForMs = policy.quietForSeconds * 1000;
  const lastSend = use.replaced.kind === "counted" ? use.replaced.lastAtMs : undefined;
  const last = Math.max(lastSend ?? 0, use.replacedLastUsedAtMs ?? 0);
  if (last > now - quietForMs) {
    const seconds = Math.max(0, Math.round((now - last) / 1000));
    const because = `the replaced key was used ${seconds} s ago, and must be quiet for ${policy.quietForSeconds} s`;
    return { kind: "in-use", because, quietAtMs: last + quietForMs };
  }
  for (const look of [use.replaced, use.current]) {
    if (look.kind === "unknown") return { kind: "unknown", because: `use is unknown: ${look.because}` };
  }
  const sample = use.current.kind === "counted" ? use.current.count : 0;
  if (sample >= policy.minSample) return { kind: "moved" };
  const because =
    `no key is in use: ${sample} uses of the current key seen since the cutover, ${policy.minSample} needed. ` +
    "Silence is not evidence";
  return { kind: "silent", because };
}

/** What a verdict means: only the policy's own words let an unknown pass, and nothing lets a use pass. */
export function holdFor(
  verdict: Verdict,
  it: { version: Version; keyId?: string; replacedAt: number },
  policy: Policy,
  now: number,
): Decision | undefined {
  if (verdict.kind === "moved") return undefined;
  const isOverdue = now >= it.replacedAt + policy.maxOverlapSeconds * 1000;
  if (verdict.kind !== "in-use" && isOverdue && policy.atMaxOverlap === "revoke") return undefined;
  const about = { versionId: it.version.id, ...(it.keyId === undefined ? {} : { keyId: it.keyId }) };
  const when = verdict.kind === "in-use" ? { untilMs: verdict.quietAtMs } : {};
  return waitFor([{ because: verdict.because, ...about, ...when, alarm: isOverdue }]);
}
