import type { Scenario } from "../scenario.ts";

export const chaos: Scenario = {
  name: "chaos",
  says: "the cutover, while the rotator is killed, its answers get lost and its events come twice",
  replacedBy: "dualkey",
  mischief: {
    killed: 0.6,
    answersLost: 0.4,
    deliveredTwice: 0.25,
    deliveredLate: 0.1,
    atOnce: 0.2,
    staleReadMs: 200,
    listLagMs: 1000,
  },
  failedLogins: "none",
  limitSeconds: 300,
};
