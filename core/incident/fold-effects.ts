import type { IncidentEffect } from "../../contract/incident-record.ts";

/** A line is one with the same one among so many before it: a make that fails takes its claim off, and begins again. */
const NEAR = 4;

/**
 * Makes one line of effects that are repeated, one after the other or in turns: against a provider that is down, a run tries
 * the same a hundred times. The line says how often, and when last; its error is the newest one.
 */
export function foldEffects(effects: readonly IncidentEffect[]): readonly IncidentEffect[] {
  const lines: IncidentEffect[] = [];
  for (const effect of effects) {
    const from = Math.max(0, lines.length - NEAR);
    const at = lines.findLastIndex((line, index) => index >= from && isRepeat(line, effect));
    const line = lines[at];
    if (line === undefined) lines.push(effect);
    else lines[at] = fold(line, effect);
  }
  return lines;
}

function isRepeat(one: IncidentEffect, other: IncidentEffect): boolean {
  return (
    one.effect === other.effect &&
    one.keyId === other.keyId &&
    one.versionId === other.versionId &&
    one.label === other.label &&
    one.outcome === other.outcome &&
    one.because === other.because
  );
}

function fold(line: IncidentEffect, { at, times = 1, lastAt = at, failure }: IncidentEffect): IncidentEffect {
  const newest = failure === undefined ? {} : { failure };
  return { ...line, ...newest, times: (line.times ?? 1) + times, lastAt };
}

/** Keeps the first ones and the newest where there are too many: how it began, and how it ended. */
export function keepEnds<T>(all: readonly T[], { first, most }: { first: number; most: number }): T[] {
  return all.length <= most ? [...all] : [...all.slice(0, first), ...all.slice(first - most)];
}
