import { describeLeaks } from "./leaks.ts";

describeLeaks(["self-service"]);
