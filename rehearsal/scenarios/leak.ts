import type { Scenario } from "../scenario.ts";

export const leak: Scenario = {
  name: "leak",
  says: "the key leaks and is abused: leak response kills it, and reviews the sends",
  replacedBy: "dualkey",
  trouble: "leak",
  vendors: "all",
  failedLogins: "none",
  limitSeconds: 180,
};
