import { run } from "../core/run.ts";
import { compose } from "./compose.ts";
import { readEnvironment } from "./environment.ts";
import { createHandler } from "./handler.ts";
import { createTelemetry } from "./telemetry.ts";

/**
 * The rotation function: called by Secrets Manager for each step of a rotation, by the clock for a sweep, and by the
 * sweep for each secret that owes something.
 *
 * The environment is read at the first event, not at import: a function that is set up wrongly says so in its answer.
 */
export const handler = createHandler({
  compose: () => compose(readEnvironment(process.env)),
  run,
  telemetry: createTelemetry(),
});
