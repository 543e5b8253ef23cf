import { leakStoriesOf, ONE_FAULT } from "./leak-stories.ts";
import { describeLeaks } from "./leaks.ts";

describeLeaks(ONE_FAULT, leakStoriesOf, ["self-service"]);
