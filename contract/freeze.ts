import { readLabels } from "./labels.ts";
import type { DescribedSecret } from "./status.ts";

/** Since when a secret is paused; nothing where it is not. */
export function pausedSinceMs({ versions }: Pick<DescribedSecret, "versions">): number | undefined {
  const labels = versions.flatMap(({ id, stages }) => readLabels(id, stages).labels);
  const times = labels.flatMap((label) => (label.kind === "paused" ? [label.atMs] : []));
  return times.length === 0 ? undefined : Math.min(...times);
}
