import type { Scenario } from "../scenario.ts";

export const naive: Scenario = {
  name: "naive",
  says: "a script makes, stores and revokes at once, as most teams do",
  replacedBy: "script",
  vendors: "first",
  failedLogins: "expected",
  limitSeconds: 180,
};
