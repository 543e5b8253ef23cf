import type { Context } from "./context.ts";
import type { Effect } from "./cutover/observation.ts";

/** To make a key takes three calls to its end: make, store, and revoke where the store is refused. */
const CALLS: Partial<Record<Effect["kind"] | "look", number>> = {
  "make-key": 3,
  "store-key": 2,
  "register-key": 2,
  "replace-key": 3,
};

/** No call is begun that there is no time to end. */
export function hasTimeFor(what: Effect["kind"] | "look", { ports, options }: Context): boolean {
  return ports.clock.now() + (CALLS[what] ?? 1) * options.callMs <= options.deadlineMs;
}
