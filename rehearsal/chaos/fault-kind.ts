/** What was done to the rotator, in words. */
export type FaultKind =
  | "killed before a request to AWS was applied"
  | "killed after a request to AWS was applied"
  | "killed before a request to the gateway was applied"
  | "killed after a request to the gateway was applied"
  | "killed at a random moment"
  | "the gateway's answer was lost after it was applied"
  | "the gateway's answer never came after it was applied"
  | "an event was delivered twice at once"
  | "an event was delivered again seconds later"
  | "another run was started beside";
