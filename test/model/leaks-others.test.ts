import { leakStoriesOf, ONE_FAULT } from "./leak-stories.ts";
import { describeLeaks } from "./leaks.ts";

describeLeaks(ONE_FAULT, leakStoriesOf, [
  "client-chosen, two slots",
  "in place",
  "in place, and the new key works beside the old one",
  "handed in",
]);
