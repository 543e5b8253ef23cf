import { describeLeaks } from "./leaks.ts";

describeLeaks(["admin credential"]);
