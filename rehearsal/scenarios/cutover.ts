import type { Scenario } from "../scenario.ts";

export const cutover: Scenario = {
  name: "cutover",
  says: "dualkey replaces the key under load, and no login fails",
  replacedBy: "dualkey",
  vendors: "all",
  failedLogins: "none",
  limitSeconds: 180,
};
