import { describeExhaustively } from "./exhaustive.ts";

// "disabled instead of deleted" differs in what the vendor keeps, and not in what is decided: one of the two is enough
// where two things go wrong on a path.
describeExhaustively(
  process.env.DUALKEY_MODEL_FAULTS === "2"
    ? ["admin credential", "no names, two slots", "consumers report"]
    : ["admin credential", "disabled instead of deleted", "no names, two slots", "consumers report"],
);
