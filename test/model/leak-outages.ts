import { execute } from "./events.ts";
import type { Request } from "./incidents.ts";
import type { Phase } from "./leak-phases.ts";
import type { Fault, PortCall } from "./ports.ts";
import { type Outage, TIMES } from "./world.ts";

/** A phase in which something fails again and again, and the one leak that is called in it. */
export interface OutagePhase extends Phase {
  readonly requests: readonly Request[];
}

/** The phases that differ in what there is to fall back on. */
const PHASES: readonly string[] = [
  "no rotation",
  "after createSecret",
  "in the overlap",
  "AWSPENDING is stuck",
];

/** Until before the deadline; until after it, and the same run sees its end; until the clock is alone with it. */
const LASTING_MS = { "30 seconds": 30_000, "90 seconds": 90_000, "10 minutes": 600_000 } as const;

const FAULTS: Readonly<Record<PortCall["kind"], readonly Fault[]>> = {
  read: [],
  look: ["unavailable", "refused"],
  write: ["unavailable", "unknown-lost", "unknown-applied"],
};

/** What a provider's outage takes along. */
const PROVIDER_CALLS: readonly string[] = [
  "list",
  "settings",
  "sends",
  "probe",
  "make",
  "register",
  "replace",
  "revoke",
  "remove",
];

/** The provider does not answer for the whole deadline, and then does: the run ends red, and the clock goes on. */
export function outagesIn(phases: readonly Phase[], request: Request): readonly OutagePhase[] {
  return phases
    .filter(({ name }) => name === "no rotation" || name === "in the overlap")
    .map((phase) => {
      const untilMs = phase.world.now + 2 * TIMES.timeoutMs;
      const outage: Outage = { calls: PROVIDER_CALLS, fault: "unavailable", untilMs };
      return during(phase, outage, { what: "the provider is down", requests: [request] });
    });
}

/** Each call that a response makes fails in each way, for seconds, past the deadline, and for most of an hour. */
export async function lastingFaultsIn(
  phases: readonly Phase[],
  requests: readonly Request[],
): Promise<readonly OutagePhase[]> {
  const found: OutagePhase[] = [];
  for (const phase of phases.filter(({ name }) => PHASES.includes(name))) {
    for (const request of requests) {
      const { calls } = await execute(phase.world, request);
      for (const [name, kind] of new Map(calls.map((call) => [call.name, call.kind]))) {
        for (const fault of FAULTS[kind]) {
          for (const [lasting, ms] of Object.entries(LASTING_MS)) {
            const outage: Outage = { calls: [name], fault, untilMs: phase.world.now + ms };
            found.push(
              during(phase, outage, { what: `${name} is ${fault} for ${lasting}`, requests: [request] }),
            );
          }
        }
      }
    }
  }
  return found;
}

function during(
  { name, world }: Phase,
  outage: Outage,
  { what, requests }: { readonly what: string; readonly requests: readonly Request[] },
): OutagePhase {
  return { name: `${name}, and ${what}`, world: { ...world, outage }, requests };
}
