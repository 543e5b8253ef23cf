import type { ConsumerReports, ReportedUse, Rollouts } from "../../core/cutover/ports.ts";
import type { LookFn, Write } from "./ports.ts";
import { lastSendAt, TIMES, type World } from "./world.ts";

interface Wires {
  readonly write: Write;
  readonly look: LookFn;
}

/** How late reports are; and how much later still, where a look is stale. Less than the quiet time. */
const LAG_MS = 15_000;

/** What the consumers of a world report, by the keys that its versions truly hold. */
export function reportsOf(world: World, { look }: Wires): ConsumerReports {
  return {
    read: ({ consumers, versionIds, sinceMs }) =>
      look("reports", (isStale) => {
        const completeUntilMs = world.now - LAG_MS - (isStale ? TIMES.staleMs : 0);
        const heard = consumers.filter((name) => name !== world.silent);
        const reports = heard.map((consumer) => {
          const uses = versionIds.flatMap((id) => {
            const holds = world.secret.versions.find((version) => version.id === id)?.holds;
            const use = holds === undefined ? undefined : useOf(world, holds, { sinceMs, completeUntilMs });
            return use ? [[id, use] as const] : [];
          });
          return { consumer, byVersion: Object.fromEntries(uses) };
        });
        return { completeUntilMs, reports };
      }),
  };
}

function useOf(
  world: World,
  keyId: string,
  { sinceMs, completeUntilMs }: { readonly sinceMs: number; readonly completeUntilMs: number },
): ReportedUse | undefined {
  const began = world.history.find((past) => past.keyId === keyId)?.from;
  if (world.refused === keyId) {
    return began !== undefined && began < completeUntilMs ? { sends: 0, rejections: 100 } : undefined;
  }
  const last = lastSendAt(world, keyId);
  if (last === undefined || last < sinceMs || (began ?? 0) > completeUntilMs) return undefined;
  return { sends: 100, rejections: 0, lastSendAtMs: Math.min(last, completeUntilMs) };
}

/** Consumers that are started anew, at once and for good; every start is counted. */
export function rolloutsOf(world: World, { write, look }: Wires): Rollouts {
  return {
    look: ({ sinceMs }) =>
      look("rollout", () => {
        const isNewer = world.rolledAt.some((at) => at >= sinceMs);
        return isNewer ? { kind: "done" } : { kind: "not-started" };
      }),
    start: () =>
      write("roll", () => {
        world.rolledAt = [...world.rolledAt, world.now];
      }),
  };
}
