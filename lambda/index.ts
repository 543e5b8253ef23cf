import { run } from "../core/run.ts";
import { composeResponder, composeRotator } from "./compose.ts";
import { readEnvironment } from "./environment.ts";
import { createResponder } from "./responder.ts";
import { createRotator } from "./rotator.ts";
import { createTelemetry } from "./telemetry.ts";

// The environment is read at the first event, not at import: a function that is set up wrongly says so in its answer.
const telemetry = createTelemetry();

/**
 * The rotation function: called by Secrets Manager for each step of a rotation, by the clock for a sweep, and by the
 * sweep for each secret that owes something.
 */
export const rotator = createRotator({
  compose: () => composeRotator(readEnvironment(process.env)),
  run,
  telemetry,
});

/** The function for operators' requests, and for nobody else's. */
export const responder = createResponder({
  compose: () => composeResponder(readEnvironment(process.env)),
  run,
  telemetry,
});
