import type { LeakMode } from "../../contract/requests.ts";
import { REHEARSED, type Rehearsed } from "../../examples/rehearsal/rehearsed-providers.ts";
import type { Vendor } from "../vendor.ts";

export const LEAKED = ["current", "retiring", "all"] as const;
export const LEAK_PHASES = ["steady", "overlap"] as const;

/** How a leak is played. */
export interface LeakPlan {
  /** Which keys get into wrong hands: the current one, the one that it has replaced, or every live one. */
  readonly leaked: (typeof LEAKED)[number];
  /** What the operator asks for. */
  readonly mode: LeakMode;
  /** When: with one key that works, or in the middle of a cutover, with two. */
  readonly phase: (typeof LEAK_PHASES)[number];
}

/** What is asked for on the command line. */
export type LeakWishes = Partial<LeakPlan>;

/** Where no wish says otherwise. A retiring key is there in an overlap alone. */
export function planLeak({ leaked = "current", mode = "replace-first", phase }: LeakWishes): LeakPlan {
  return { leaked, mode, phase: phase ?? (leaked === "retiring" ? "overlap" : "steady") };
}

/** @returns why it cannot be played, and what can; nothing where it can */
export function problemOf({ leaked, mode, phase }: LeakPlan, { id, cutover }: Vendor): string | undefined {
  if (cutover !== "beside") {
    return `a leak is played where two keys work side by side, and not with ${id}. Take another provider.`;
  }
  if (leaked === "retiring" && phase !== "overlap") {
    return "no key is retiring in the phase steady. Take --phase overlap.";
  }
  const { hasAdminSecret = false }: Rehearsed = REHEARSED[id];
  if (mode === "revoke-first" && !hasAdminSecret && id !== "aws-iam") {
    return (
      `revoke-first needs another credential than the key, and ${id} has none. ` +
      "Take --provider infobip, or --mode replace-first."
    );
  }
  return undefined;
}
