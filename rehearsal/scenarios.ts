import type { Scenario } from "./scenario.ts";
import { badKey } from "./scenarios/bad-key.ts";
import { chaos } from "./scenarios/chaos.ts";
import { cutover } from "./scenarios/cutover.ts";
import { leak } from "./scenarios/leak.ts";
import { naive } from "./scenarios/naive.ts";
import { straggler } from "./scenarios/straggler.ts";

/** All scenarios; the first is the one that runs where none is named. */
export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [cutover, naive, chaos, badKey, straggler, leak];
