import type { Ports } from "../../../core/run.ts";
import { modelPorts } from "../../model/ports.ts";
import type { World } from "../../model/world.ts";

/** The ports of a run on a model world in which nothing goes wrong: every call takes 20 ms of the model's time. */
export function portsOf(world: World): Ports {
  const intercept = async () => {
    world.now += 20;
    return undefined;
  };
  return {
    ...modelPorts(world, intercept, (apply) => apply()),
    clock: {
      now: () => world.now,
      sleep: async (ms) => {
        world.now += ms;
      },
      timeout: () => new AbortController().signal,
    },
    random: { nonce: () => "0000000000000000" },
    journal: { record: () => {} },
  };
}
