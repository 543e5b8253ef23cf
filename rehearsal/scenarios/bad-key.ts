import type { Scenario } from "../scenario.ts";

export const badKey: Scenario = {
  name: "bad-key",
  says: "the new key answers probes and is refused for sends: dualkey goes back",
  replacedBy: "dualkey",
  trouble: "bad-key",
  vendors: "first",
  failedLogins: "counted",
  limitSeconds: 180,
};
