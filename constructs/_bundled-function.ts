import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import { type ITerraformDependable, Lazy, type TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { FunctionScope, ManagedKey } from "./_function-statements.ts";
import type { Place } from "./_place.ts";
import { allow, type Statement, trust } from "./_policy-document.ts";

/** What any function of a deployment is made with. */
export interface FunctionProps {
  readonly place: Place;
  readonly deployment: string;
  /** The bundle that all functions are in. */
  readonly code: TerraformAsset;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number;
  readonly logRetentionDays: number;
  readonly recordsBucketArn: string;
  /** Whether phases are announced on EventBridge. */
  readonly events: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** What tells one function of the bundle from another. */
export interface Part {
  /** What the bundle exports it as, and its name ends with. */
  readonly name: "rotator" | "responder";
  /** What it does, as the name of its policy. */
  readonly verb: string;
  readonly description: string;
  /** After this, an event that nobody waits for is dropped. */
  readonly maximumEventAgeSeconds: number;
  /** In MB. Lambda gives the share of a processor with it. */
  readonly memorySize: number;
  readonly statements: (scope: FunctionScope) => Statement[];
}

/** One function of the bundle, with its role and its log. No service may call it before it is permitted to. */
export class BundledFunction extends Construct {
  readonly functionName: string;
  readonly functionArn: string;
  protected readonly resource: LambdaFunction;
  protected readonly parts: readonly ITerraformDependable[];
  readonly #keys: ManagedKey[] = [];

  constructor(scope: Construct, id: string, { part, ...props }: FunctionProps & { readonly part: Part }) {
    super(scope, id);
    const { place, deployment, code } = props;
    this.functionName = `dualkey-${deployment}-${part.name}`;
    const log = new CloudwatchLogGroup(this, "Log", {
      name: `/aws/lambda/${this.functionName}`,
      retentionInDays: props.logRetentionDays,
    });
    // A prefix: roles have one namespace for all regions.
    const role = new IamRole(this, "Role", {
      namePrefix: `dualkey-${part.name}-`,
      description: part.description,
      assumeRolePolicy: trust("lambda.amazonaws.com"),
    });
    const statements = () =>
      part.statements({
        place,
        deployment,
        functionName: this.functionName,
        logGroupArn: log.arn,
        recordsBucketArn: props.recordsBucketArn,
        events: props.events,
        keys: this.#keys,
      });
    const policy = new IamRolePolicy(this, "Policy", {
      name: part.verb,
      role: role.id,
      policy: Lazy.stringValue({ produce: () => allow(statements()) }),
    });
    this.resource = new LambdaFunction(this, "Resource", {
      functionName: this.functionName,
      description: part.description,
      role: role.arn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: `index.${part.name}`,
      filename: code.path,
      sourceCodeHash: code.assetHash,
      timeout: props.timeoutSeconds,
      memorySize: part.memorySize,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: { variables: { ...props.environment } },
      loggingConfig: { logFormat: "Text", logGroup: log.name },
    });
    this.functionArn = this.resource.arn;
    // Who still wants it asks again: the clock at its next tick, an operator when no answer comes.
    const events = new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: this.resource.functionName,
      maximumEventAgeInSeconds: part.maximumEventAgeSeconds,
      maximumRetryAttempts: 0,
    });
    this.parts = [policy, events];
  }

  /** Lets the function do its work on a key. */
  addKey(key: ManagedKey): void {
    this.#keys.push(key);
  }
}
