import { wordOf } from "./explore.ts";
import { type Request, type Role, targetOf } from "./incidents.ts";
import { lastingFaultsIn, outagesIn } from "./leak-outages.ts";
import { type Phase, phasesOf } from "./leak-phases.ts";
import type { LeakStory } from "./leak-story.ts";
import { nothingOwed } from "./scenarios.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";

const ROLES: readonly Role[] = ["current", "pending", "retiring", "all", "stranger", "orphan"];

export const ONE_FAULT = "P5: a leaked key dies, with anything going wrong at any call of its response";

/** Every leak that can be called at a vendor, in every phase of a rotation. */
export async function leakStoriesOf(shape: ShapeName): Promise<readonly LeakStory[]> {
  const phases = await phasesOf(shape);
  const plays = phases.map((phase) => ({ ...phase, requests: requestsFor(shape) }));
  const others = [...outagesIn(phases, EVERY_KEY), ...revokesIn(phases)];
  return [...plays, ...others].flatMap((play) => storiesOf(shape, play));
}

/** Every leak that can be called while one call or another fails again and again. */
export async function lastingStoriesOf(shape: ShapeName): Promise<readonly LeakStory[]> {
  const plays = await lastingFaultsIn(await phasesOf(shape), requestsFor(shape));
  return plays.flatMap((play) => storiesOf(shape, play).map((story) => ({ ...story, isAlone: true })));
}

function storiesOf(shape: ShapeName, { name: phase, world, requests }: Play): readonly LeakStory[] {
  return requests
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
    });
}

interface Play extends Phase {
  readonly requests: readonly Request[];
}

const EVERY_KEY: Request = { mode: "replace-first", operation: "leak-response", role: "all" };

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
