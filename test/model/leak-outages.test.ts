import { lastingStoriesOf } from "./leak-stories.ts";
import { describeLeaks } from "./leaks.ts";

describeLeaks("P5: a leaked key dies, while one call or another fails again and again", lastingStoriesOf, [
  "self-service",
  "admin credential",
  "no names, two slots",
  "client-chosen, two slots",
  "in place",
  "in place, and the new key works beside the old one",
  "handed in",
]);
