import type { KeyReport } from "../report/key-report.ts";

/** What a key is, from its making to its end, in this order. */
export type KeyState = "made" | "current" | "retiring" | "condemned" | "revoked" | "dead";

/** What each state means to somebody who sees it for the first time. */
export const KEY_STATES: Readonly<Record<KeyState, string>> = {
  made: "exists, and nobody has it yet",
  current: "the one that services get",
  retiring: "replaced, and still works for whoever has it",
  condemned: "unused, and about to be revoked",
  revoked: "the vendor is told to refuse it",
  dead: "proven to be refused",
};

/** A time in which a key was one thing, in seconds since logins began. */
export interface KeySpan {
  readonly state: KeyState;
  readonly from: number;
  readonly to: number;
}

/** Cuts the life of a key into spans that follow each other without a gap. What was before logins began is left out. */
export function keySpansOf(
  key: KeyReport,
  { at, end }: { readonly at: (time: string) => number; readonly end: number },
): KeySpan[] {
  const beginnings: readonly (readonly [KeyState, string | null])[] = [
    ["made", key.created],
    ["current", key.promoted],
    ["retiring", key.away?.from ?? null],
    ["current", key.away?.to ?? null],
    ["retiring", key.replaced],
    ["condemned", key.condemned],
    ["revoked", key.revoked],
    ["dead", key.dead],
  ];
  const known = beginnings.flatMap(([state, time]) => (time === null ? [] : [{ state, from: at(time) }]));
  // Where its successor or a person has ended it, the ledger follows: a key that is refused is that and nothing else.
  const revokedAt = key.revoked === null ? Number.POSITIVE_INFINITY : at(key.revoked);
  const isOf = ({ state, from }: (typeof known)[number]) =>
    state === "revoked" || state === "dead" || from <= revokedAt;
  return known
    .filter(isOf)
    .map(({ state, from }, index, all) => {
      const next = all[index + 1]?.from ?? end;
      return { state, from: Math.max(0, from), to: Math.min(end, next) };
    })
    .filter(({ from, to }) => to > from);
}
