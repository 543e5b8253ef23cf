import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { BundledFunction, type FunctionProps } from "./_bundled-function.ts";
import { buildRotatorStatements } from "./_function-statements.ts";
import { arnOf, type Place } from "./_place.ts";

/** The function that rotates, and which services may call it. */
export class Rotator extends BundledFunction {
  /** What must be there before the function can do its work. */
  readonly ready: readonly ITerraformDependable[];
  readonly #place: Place;

  constructor(scope: Construct, id: string, props: FunctionProps) {
    super(scope, id, {
      ...props,
      part: {
        name: "rotator",
        verb: "rotate",
        description: `Rotates the keys of the dualkey deployment ${props.deployment}`,
        maximumEventAgeSeconds: 300,
        memorySize: 256,
        statements: buildRotatorStatements,
      },
    });
    this.#place = props.place;
    // Any secret of this account: one that is not of this deployment is refused by the function, and its role.
    const rotation = this.permitService("Rotation", {
      principal: "secretsmanager.amazonaws.com",
      sourceArn: arnOf(props.place, "secretsmanager", "secret:*"),
    });
    this.ready = [...this.parts, rotation];
  }

  /** Lets an AWS service call the function: from this account, and for one source. */
  permitService(
    id: string,
    { principal, sourceArn }: { readonly principal: string; readonly sourceArn: string },
  ): LambdaPermission {
    return new LambdaPermission(this, `Permit${id}`, {
      action: "lambda:InvokeFunction",
      functionName: this.resource.functionName,
      principal,
      sourceAccount: this.#place.account,
      sourceArn,
    });
  }
}
