import { leakStoriesOf, ONE_FAULT } from "./leak-stories.ts";
import { describeLeaks } from "./leaks.ts";

// "disabled instead of deleted" differs in what the vendor keeps, and not in what is decided: CI plays it.
describeLeaks(ONE_FAULT, leakStoriesOf, [
  "admin credential",
  "no names, two slots",
  ...(process.env.DUALKEY_MODEL_FAULTS === "2" ? (["disabled instead of deleted"] as const) : []),
]);
