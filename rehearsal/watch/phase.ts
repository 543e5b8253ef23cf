import type { Truth } from "../../core/cutover/promises.ts";
import type { Tempo } from "../tempo.ts";

/** Where a replacement is, as an onlooker would say. */
export type PhaseName = "steady" | "make" | "verify" | "overlap" | "evidence" | "fence" | "proof" | "after";

/** The phases of a cutover, in their order, and what happens in each. */
export const PHASES: Readonly<Record<PhaseName, string>> = {
  steady: "all logins use the first key",
  make: "a second key is made at the vendor, and stored",
  verify: "the new key is tried before anybody gets it",
  overlap: "the new key is current; both work while caches run out",
  evidence: "the vendor's sends must show that nobody uses the old key",
  fence: "the old key is condemned; no earlier run may still promote it",
  proof: "the old key is revoked; it must be rejected while the new one works",
  after: "the old key is dead, and one key is left",
};

/** Tells the phase by what is true of the first key and of its successor, never by what the rotator says. */
export function phaseOf(
  truth: Truth,
  firstKeyId: string,
  tempo: Pick<Tempo, "minOverlapSeconds">,
): PhaseName {
  const first = truth.versions.find(({ keyId }) => keyId === firstKeyId);
  const works = truth.keys.some(({ id, works }) => id === firstKeyId && works);
  if (first?.isCurrent) {
    const pending = truth.versions.find((version) => version.isPending && !version.isCurrent);
    if (pending === undefined) return "steady";
    return pending.keyId === undefined ? "make" : "verify";
  }
  const labels = first?.labels ?? [];
  const isLive = labels.some(({ kind }) => kind === "live");
  if (!works) return isLive ? "proof" : "after";
  if (labels.some(({ kind }) => kind === "condemned")) return "fence";
  const replaced = labels.find((label) => label.kind === "replaced");
  const isOverlapOver =
    replaced !== undefined && truth.atMs >= replaced.atMs + tempo.minOverlapSeconds * 1000;
  return isOverlapOver ? "evidence" : "overlap";
}
