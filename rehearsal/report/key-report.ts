import type { Stage } from "../stage.ts";
import type { KeyLife } from "../watch/key-lives.ts";
import { makerOf } from "../watch/truth.ts";

/** The life of one key. Times are ISO, or null where that never happened. */
export interface KeyReport {
  readonly id: string;
  readonly madeBy: string;
  readonly created: string;
  readonly promoted: string | null;
  readonly replaced: string | null;
  /** The time in which another key was current, before this one was gone back to; null where it was not. */
  readonly away: { readonly from: string; readonly to: string } | null;
  readonly condemned: string | null;
  readonly revoked: string | null;
  readonly dead: string | null;
  /** Sends that were accepted with it. */
  readonly sends: number;
}

/** Tells the life of one key. */
export function keyReport(life: KeyLife, { world, watch }: Pick<Stage, "world" | "watch">): KeyReport {
  const at = (ms: number | undefined) => (ms === undefined ? null : toIso(ms));
  return {
    id: life.id,
    madeBy: madeBy(life.id, world),
    created: toIso(life.createdAtMs),
    promoted: at(life.promotedAtMs),
    replaced: at(life.replacedAtMs),
    away: life.away === undefined ? null : { from: toIso(life.away.fromMs), to: toIso(life.away.toMs) },
    condemned: at(life.condemnedAtMs),
    revoked: at(life.revokedAtMs),
    dead: at(life.deadAtMs),
    sends: watch.sends.total(life.id),
  };
}

/** Who made a key, in a word. */
export function madeBy(keyId: string, world: Stage["world"]): string {
  const key = world.vendor.sandbox.truth.keys().find(({ id }) => id === keyId);
  const maker = makerOf(key ?? { id: keyId, name: "" }, world);
  return { hand: "by hand", stranger: "stranger", dualkey: "dualkey", other: "script" }[maker];
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
