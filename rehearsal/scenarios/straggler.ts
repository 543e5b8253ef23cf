import type { Scenario } from "../scenario.ts";

export const straggler: Scenario = {
  name: "straggler",
  says: "one service never moves: dualkey keeps its key, and says which one",
  replacedBy: "dualkey",
  trouble: "straggler",
  vendors: "first",
  failedLogins: "none",
  limitSeconds: 120,
};
