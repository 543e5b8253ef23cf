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

/** What fails together: looks that are one and the same request, and all that a service is asked to change. */
const TOGETHER: readonly (Pick<Outage, "calls" | "fault"> & { readonly what: string })[] = [
  { what: "the vendor lists and probes nothing", calls: ["list", "probe"], fault: "unavailable" },
  ...(["unavailable", "unknown-lost"] as const).map((fault) => ({
    what: `Secrets Manager's writes are ${fault}`,
    calls: ["attach leaked", "attach", "detach", "promote", "store", "drop-pending"],
    fault,
  })),
  ...(["unavailable", "unknown-applied"] as const).map((fault) => ({
    what: `the vendor's writes are ${fault}`,
    calls: ["make", "register", "replace", "revoke", "remove"],
    fault,
  })),
];

/** Each call that a response makes fails in each way, and some together: for seconds, past the deadline, for ten minutes. */
export async function lastingFaultsIn(
  phases: readonly Phase[],
  requests: readonly Request[],
): Promise<readonly OutagePhase[]> {
  const found: OutagePhase[] = [];
  for (const phase of phases.filter(({ name }) => PHASES.includes(name))) {
    for (const request of requests) {
      const { calls } = await execute(phase.world, request);
      const single = [...new Map(calls.map((call) => [call.name, call.kind]))].flatMap(([name, kind]) => {
        return FAULTS[kind].map((fault) => ({ what: `${name} is ${fault}`, calls: [name], fault }));
      });
      for (const { what, ...failing } of [...single, ...TOGETHER]) {
        for (const [lasting, ms] of Object.entries(LASTING_MS)) {
          const outage: Outage = { ...failing, untilMs: phase.world.now + ms };
          found.push(during(phase, outage, { what: `${what} for ${lasting}`, requests: [request] }));
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
