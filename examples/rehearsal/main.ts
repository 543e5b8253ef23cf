import { App } from "cdktf";
import { buildRehearsalStack } from "./rehearsal-stack.ts";

const app = new App();
buildRehearsalStack(app);
app.synth();
