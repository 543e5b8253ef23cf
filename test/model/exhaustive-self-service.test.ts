import { describeExhaustively } from "./exhaustive.ts";

describeExhaustively(["self-service", "consumers report, and sends are listed by key"]);
