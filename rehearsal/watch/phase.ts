import type { Policy } from "../../contract/policy.ts";
import type { Truth } from "../../core/cutover/promises.ts";
import type { Tempo } from "../tempo.ts";
import type { Vendor } from "../vendor.ts";

/** Where a replacement is, as an onlooker would say. */
export type PhaseName =
  | "steady"
  | "make"
  | "verify"
  | "replace"
  | "overlap"
  | "back"
  | "evidence"
  | "fence"
  | "proof"
  | "after"
  | LeakPhase;

/** Where a leak is. */
export type LeakPhase = "leaked" | "contain" | "prove" | "closed";

/** Phases in their order, and what happens in each. */
export type Phases = Readonly<Partial<Record<PhaseName, string>>>;

const BESIDE = {
  steady: "all logins use the first key",
  make: "a second key is made at the vendor, and stored",
  verify: "the new key is tried before anybody gets it",
  overlap: "the new key is current; both work while caches run out",
  evidence: "the vendor's sends must show that nobody uses the old key",
  fence: "the old key is condemned; no earlier run may still promote it",
  proof: "the old key is revoked; it must be rejected while the new one works",
  after: "the old key is dead, and one key is left",
};

const IN_PLACE = {
  steady: "all logins use the first key",
  make: "a second key is made at the vendor, and stored",
  verify: "the new key is about to take the old one's place",
  replace: "the new key has taken the old one's place, which fails from now on",
  proof: "services read the new key; the old one must be rejected while the new one works",
  after: "the old key is dead, and one key is left",
};

const BY_HAND = {
  steady: BESIDE.steady,
  make: "a key that a person has made in the vendor's console is handed in",
  verify: BESIDE.verify,
  overlap: BESIDE.overlap,
  evidence: "an alarm asks a person to revoke the old key in the vendor's console",
  proof: "a person has revoked the old key; it must be rejected while the new one works",
  after: BESIDE.after,
};

const BAD_KEY = {
  steady: BESIDE.steady,
  make: BESIDE.make,
  verify: "the new key is tried: it answers",
  overlap: "the new key is current, and every send with it is refused",
  back: "the old key is current again; the refused one waits to be revoked",
  proof: "the refused key is revoked; it must be rejected while the old one works",
  after: "the refused key is dead, and the old one is left",
};

const STRAGGLER = {
  ...BESIDE,
  overlap: "the new key is current; both work while services move",
  evidence: "one service goes on with the old key: it is not revoked",
};

/** The phases of a leak. */
export const LEAK_PHASES: Readonly<Record<LeakPhase, string>> = {
  leaked: "the key is in wrong hands, and nobody knows",
  contain: "leak response runs: the services get a clean key, and the leaked one dies",
  prove: "the leaked key is revoked; it must be rejected while the current one works",
  closed: "the leaked key is proven dead",
};

/** The phases of a cutover of this kind, in this scenario. */
export function phasesOf(cutover: Vendor["cutover"], scenario = ""): Phases {
  if (scenario === "bad-key") return BAD_KEY;
  if (scenario === "straggler") return STRAGGLER;
  return { beside: BESIDE, "in-place": IN_PLACE, "by-hand": BY_HAND }[cutover];
}

/** The phases as they are under this policy: without evidence, it is the policy that says what happens. A leak's come last. */
export function phasesUnder(
  { policy, vendor }: { readonly policy: Policy; readonly vendor: Pick<Vendor, "cutover" | "evidence"> },
  scenario: string,
): Phases {
  const phases = { ...phasesOf(vendor.cutover, scenario), ...LEAK_PHASES };
  if (vendor.evidence !== undefined) return { ...phases, evidence: vendor.evidence };
  if (policy.atMaxOverlap !== "revoke" || phases.evidence === undefined) return phases;
  const evidence = `the vendor cannot say who uses a key; the policy gives it ${policy.maxOverlapSeconds} s`;
  return { ...phases, evidence };
}

export function isOfLeak(name: PhaseName): name is LeakPhase {
  return name in LEAK_PHASES;
}

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
    if (!works) return "replace";
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

/** Tells the phase where AWSCURRENT is at the first key again: by what is true of the key that was refused. */
export function phaseOfGoingBack({ versions, keys }: Truth, firstKeyId: string): PhaseName {
  const refused = versions.filter(({ keyId }) => keyId !== undefined && keyId !== firstKeyId);
  if (refused.some(({ keyId }) => keys.some(({ id, works }) => id === keyId && works))) return "back";
  const isOpen = refused.some(({ labels }) => labels.some(({ kind }) => kind === "live"));
  return isOpen ? "proof" : "after";
}
