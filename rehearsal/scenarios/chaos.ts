import type { Scenario } from "../scenario.ts";

export const chaos: Scenario = {
  name: "chaos",
  says: "the cutover, with the rotator killed and its calls lost at random",
  replacedBy: "dualkey",
  mischief: {
    killed: 0.6,
    keysLost: 0.4,
    answersLost: 0.4,
    deliveredTwice: 0.25,
    deliveredLate: 0.1,
    atOnce: 0.2,
    staleReadMs: 200,
    listLagMs: 1000,
  },
  vendors: "first",
  failedLogins: "none",
  limitSeconds: 300,
};
