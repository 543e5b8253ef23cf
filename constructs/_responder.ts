import type { Construct } from "constructs";
import { BundledFunction, type FunctionProps } from "./_bundled-function.ts";
import { buildResponderStatements } from "./_function-statements.ts";

/**
 * The function that carries out what operators ask for. No service may call it, and neither the clock: only who has a
 * permission of their own. Its concurrency is its own, too, so that a fleet in rotation never keeps an operator waiting.
 */
export class Responder extends BundledFunction {
  constructor(scope: Construct, id: string, props: FunctionProps) {
    super(scope, id, {
      ...props,
      part: {
        name: "responder",
        verb: "respond",
        description: `Does what operators ask of the dualkey deployment ${props.deployment}`,
        // The least that Lambda takes: what an operator has asked for is not to happen behind their back.
        maximumEventAgeSeconds: 60,
        // A whole processor: at a leak, seconds count, and the review of a million sends is work.
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        memorySize: 1769,
        statements: buildResponderStatements,
      },
    });
  }
}
