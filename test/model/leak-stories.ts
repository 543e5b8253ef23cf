import type { LeakStory } from "./explore-leaks.ts";
import { type Request, type Role, targetOf } from "./incidents.ts";
import { phasesOf } from "./leak-phases.ts";
import { nothingOwed } from "./scenarios.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";

const ROLES: readonly Role[] = ["current", "pending", "retiring", "all", "stranger", "orphan"];

/** Every leak that can be called at a vendor, in every phase of a rotation. */
export async function leakStoriesOf(shape: ShapeName): Promise<readonly LeakStory[]> {
  const phases = await phasesOf(shape);
  return phases.flatMap(({ name: phase, world }) =>
    requestsFor(shape)
      .filter(({ role }) => targetOf(world, role) !== undefined)
      .map((request) => {
        // The way back that an operator has begun leads to a dead key that nothing says it of.
        const isMarkable = phase !== "a rollback is begun" && phase !== "slots that are full";
        const name = `${phase}, leaked: ${request.role}, ${request.mode}`;
        return { name, world, request, atRest: isUntold(shape, phase) ? () => undefined : nothingOwed, isAudited: phase === "a lost key", isMarkable };
      }),
  );
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
  return SHAPES[shape].capabilities.source === "client" && phase === "a rollback is begun";
}
