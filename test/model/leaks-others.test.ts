import { describeLeaks } from "./leaks.ts";

describeLeaks([
  "client-chosen, two slots",
  "in place",
  "in place, and the new key works beside the old one",
  "handed in",
]);
