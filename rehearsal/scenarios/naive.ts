import type { Scenario } from "../scenario.ts";

export const naive: Scenario = {
  name: "naive",
  says: "a script makes a key, stores it and revokes the old one at once, as most teams do",
  replacedBy: "script",
  failedLogins: "expected",
  limitSeconds: 180,
};
