import { type Label, v8Of } from "../../contract/labels.ts";
import type { LeakMode } from "../../contract/requests.ts";
import type { TrueKey, TrueVersion, Truth } from "./promises.ts";

/** Which keys somebody has named, judged on the truth of a world: written apart from what decides (`ledger.ts`). */

/** Keys that a `leaked` label names, or a request. */
export interface Named {
  /** `all`, a key's id, or the short name of a version. */
  readonly target: string;
  readonly atMs: number;
  readonly deadlineMs: number;
  /** `revoke-first` stands, too, for a current key that an operator revokes in words. @default "replace-first" */
  readonly mode?: LeakMode;
}

/** Who names a key: the labels of an instant, and requests whose mark may not be written. */
export function namersOf(
  key: Pick<TrueKey, "id">,
  truth: Truth,
  requests: readonly Named[] = [],
): readonly Named[] {
  return [...leaksIn(truth), ...requests].filter((named) => isNamedBy(named, key.id, truth));
}

/** P5: the keys that a leak names and that work. */
export function leakedAlive(named: Named, truth: Truth): readonly TrueKey[] {
  return truth.keys.filter(({ id, works }) => works && isNamedBy(named, id, truth));
}

export function leaksIn({ versions }: Truth): readonly Named[] {
  return versions.flatMap(({ labels }) => labels.filter((label) => label.kind === "leaked"));
}

/** `all` are those that a version holds, or that dualkey made for this secret: strangers' have to be named. */
function isNamedBy({ target, atMs }: Named, keyId: string, { versions, keys }: Truth): boolean {
  const holders = versions.filter((version) => version.keyId === keyId);
  if (target !== "all") return target === keyId || holders.some(({ id }) => v8Of(id) === target);
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) return false;
  const { isMarked = key.isOurs } = key;
  if (holders.length === 0 && !isMarked) return false;
  const births = holders.flatMap(liveSince);
  return births.length === 0 ? key.bornAtMs <= atMs : Math.min(...births) < atMs;
}

function liveSince({ labels }: TrueVersion): readonly number[] {
  return labels.flatMap((label: Label) => (label.kind === "live" ? [label.atMs] : []));
}
