import type { Chaos } from "./chaos/chaos.ts";
import type { Request } from "./command-line.ts";
import type { Load } from "./load/load.ts";
import type { Tempo } from "./tempo.ts";
import type { Watch } from "./watch/watch.ts";
import type { World } from "./world/world.ts";

/** Everything of a rehearsal that is under way. */
export interface Stage {
  readonly request: Request;
  readonly tempo: Tempo;
  readonly world: World;
  readonly watch: Watch;
  readonly load: Load;
  readonly chaos: Chaos | undefined;
}
