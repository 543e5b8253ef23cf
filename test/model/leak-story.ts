import type { Executed } from "./events.ts";
import type { Node, Trace } from "./explore.ts";
import type { Request } from "./incidents.ts";
import type { Mutation } from "./runs.ts";
import type { World } from "./world.ts";

/** A leak that is called in a world, and what is made to go wrong in it. */
export interface LeakStory {
  readonly name: string;
  readonly world: World;
  readonly request: Request;
  readonly atRest: (world: World) => string | undefined;
  /** Whether something is lost that nothing but the daily audit finds. */
  readonly isAudited?: boolean;
  readonly mutation?: Mutation;
  /** Whether what goes wrong is in the world already, and nothing else does. @default false */
  readonly isAlone?: boolean;
}

/** The port call that marks a leak. */
export const MARK = "attach leaked";

/** What came of one play. */
export interface Tried extends Node, Executed {
  readonly trace: Trace;
}

/** Whether the clock has something to go by. */
export function isMarked({ secret }: World): boolean {
  return secret.versions.some(({ labels }) => labels.some(({ kind }) => kind === "leaked"));
}
