import type { LeakMode } from "../../contract/requests.ts";
import type { Vendor } from "../vendor.ts";
import { CallWatch } from "../watch/call-watch.ts";
import type { PlacedCall } from "../watch/depth.ts";
import { startWorld } from "../world/world.ts";
import { askForLeakResponse } from "./ask.ts";

/** How deep a leak response was, and its calls up to the answered revocation. */
export interface MeasuredDepth {
  readonly depth: number;
  readonly calls: readonly PlacedCall[];
}

/** The clock does not tick while this is measured. */
const NEVER_MS = 3_600_000;

/**
 * Measures how many calls leak response makes one after the other until the leaked key is revoked: every live key, one
 * that is in the ledger and current, with nothing else under way and no faults. The functions' bundle must have been built.
 *
 * @throws where the response has revoked nothing
 */
export async function measureDepth(vendor: Vendor, mode: LeakMode): Promise<MeasuredDepth> {
  const world = await startWorld({ vendor, rate: 1, isInLedger: true, clockEveryMs: NEVER_MS });
  const { aws, responderName, firstKey } = world;
  const invocations = new Set<string>();
  const stops = [
    aws.events.listen((event) => {
      if (event.kind === "invocation-started" && event.functionName === responderName)
        invocations.add(event.invocationId);
    }),
  ];
  try {
    const calls = new CallWatch(world, (id) => invocations.has(id));
    stops.push(
      () => calls.stop(),
      world.vendor.sandbox.onEvent(({ kind, keyId }) => {
        if (kind === "key-ended" && keyId === firstKey.id) calls.noteRevocation();
      }),
    );
    const answer = await askForLeakResponse(world, { which: "all", mode });
    const { depth } = calls;
    if (depth !== undefined) return { depth, calls: calls.calls };
    throw new Error(`leak-depth: ${vendor.id} with ${mode}: nothing was revoked: ${answer?.result}`);
  } finally {
    for (const stop of stops) stop();
    await world.close();
  }
}
