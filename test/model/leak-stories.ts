import { wordOf } from "./explore.ts";
import type { LeakStory } from "./explore-leaks.ts";
import { type Request, type Role, targetOf } from "./incidents.ts";
import { type Phase, phasesOf } from "./leak-phases.ts";
import { nothingOwed } from "./scenarios.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";
import { TIMES } from "./world.ts";

const ROLES: readonly Role[] = ["current", "pending", "retiring", "all", "stranger", "orphan"];

/** Every leak that can be called at a vendor, in every phase of a rotation. */
export async function leakStoriesOf(shape: ShapeName): Promise<readonly LeakStory[]> {
  const phases = await phasesOf(shape);
  const plays = phases.map((phase) => ({ ...phase, requests: requestsFor(shape) }));
  return [...plays, ...outagesOf(phases), ...revokesIn(phases)].flatMap(({ name: phase, world, requests }) =>
    requests
      .filter(({ role }) => targetOf(world, role) !== undefined)
      .map((request) => {
        const name = `${phase}: ${wordOf(request)}`;
        return {
          name,
          world,
          request,
          atRest: isUntold(shape, phase) ? () => undefined : nothingOwed,
          isAudited: phase === "a lost key",
        };
      }),
  );
}

interface Play extends Phase {
  readonly requests: readonly Request[];
}

const LEAK = { mode: "replace-first", operation: "leak-response" } as const;

/** The provider does not answer for the whole deadline, and then does: the run ends red, and the clock goes on. */
function outagesOf(phases: readonly Phase[]): readonly Play[] {
  return phases
    .filter(({ name }) => name === "no rotation" || name === "in the overlap")
    .map(({ name, world }) => ({
      name: `${name}, and the provider is down`,
      world: { ...world, downUntil: world.now + 2 * TIMES.timeoutMs },
      requests: [{ ...LEAK, role: "all" }],
    }));
}

/** A named key is revoked, with nothing in its place. */
function revokesIn(phases: readonly Phase[]): readonly Play[] {
  const named: Readonly<Record<string, readonly Omit<Request, "mode" | "operation">[]>> = {
    "no rotation": [
      { role: "current", evenIfLoginsFail: false },
      { role: "current", evenIfLoginsFail: true },
      { role: "stranger" },
      { role: "unknown" },
    ],
    "after testSecret": [{ role: "pending" }],
    "in the overlap": [{ role: "retiring" }],
  };
  return phases
    .filter(({ world }) => SHAPES[world.shape].capabilities.list?.names === true)
    .map(({ name, world }) => ({
      name,
      world,
      requests: (named[name] ?? []).map((any) => ({ ...any, mode: "replace-first", operation: "revoke" })),
    }));
}

function requestsFor(shape: ShapeName): readonly Request[] {
  const { credential } = SHAPES[shape].capabilities;
  const operation = "leak-response";
  const first = ROLES.map((role): Request => ({ role, mode: "replace-first", operation }));
  if (credential !== "admin" && credential !== "role") return first;
  const roles: readonly Role[] = ["current", "all"];
  return [...first, ...roles.map((role): Request => ({ role, mode: "revoke-first", operation }))];
}

/** Where a key is handed in beside another, which of the listed ones it is cannot be told: a person says so. */
function isUntold(shape: ShapeName, phase: string): boolean {
  return SHAPES[shape].capabilities.source === "client" && /rollback|rolled back/.test(phase);
}
