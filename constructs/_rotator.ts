import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission/index.js";
import { AssetType, type ITerraformDependable, Lazy, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { locateBundle } from "./_bundle.ts";
import { arnOf, type Place } from "./_place.ts";
import { allow, trust } from "./_policy-document.ts";
import { buildRotatorStatements } from "./_rotator-statements.ts";

/** What a rotator is made with. */
export interface RotatorProps {
  readonly place: Place;
  readonly deployment: string;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number;
  readonly logRetentionDays: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A secret that a rotator may rotate. */
interface RotatableSecret {
  readonly secretArn: string;
  readonly kmsKeyArn: string | undefined;
}

/** The function that rotates, with its role, its log, and who may call it. */
export class Rotator extends Construct {
  readonly functionName: string;
  readonly functionArn: string;
  /** What must be there before the function can do its work. */
  readonly ready: readonly ITerraformDependable[];
  readonly #place: Place;
  readonly #resource: LambdaFunction;
  readonly #secrets: RotatableSecret[] = [];

  constructor(scope: Construct, id: string, props: RotatorProps) {
    super(scope, id);
    this.#place = props.place;
    this.functionName = `dualkey-${props.deployment}-rotator`;
    const log = new CloudwatchLogGroup(this, "Log", {
      name: `/aws/lambda/${this.functionName}`,
      retentionInDays: props.logRetentionDays,
    });
    // A prefix: roles have one namespace for all regions.
    const role = new IamRole(this, "Role", {
      namePrefix: "dualkey-rotator-",
      description: `Rotates the keys of the dualkey deployment ${props.deployment}`,
      assumeRolePolicy: trust("lambda.amazonaws.com"),
    });
    const policy = new IamRolePolicy(this, "Policy", {
      name: "rotate",
      role: role.id,
      policy: Lazy.stringValue({ produce: () => this.#policyFor(props.deployment, log.arn) }),
    });
    const code = new TerraformAsset(this, "Bundle", { path: locateBundle(), type: AssetType.ARCHIVE });
    this.#resource = new LambdaFunction(this, "Resource", {
      functionName: this.functionName,
      description: `Rotates the keys of the dualkey deployment ${props.deployment}`,
      role: role.arn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: code.path,
      sourceCodeHash: code.assetHash,
      timeout: props.timeoutSeconds,
      memorySize: 256,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: { variables: { ...props.environment } },
      loggingConfig: { logFormat: "Text", logGroup: log.name },
    });
    this.functionArn = this.#resource.arn;
    // The next tick of the clock is the retry; what waited longer than that is not wanted any more.
    const events = new LambdaFunctionEventInvokeConfig(this, "Events", {
      functionName: this.#resource.functionName,
      maximumEventAgeInSeconds: 300,
      maximumRetryAttempts: 0,
    });
    // Any secret of this account: one that is not of this deployment is refused by the function, and its role.
    const rotation = this.permitService("Rotation", {
      principal: "secretsmanager.amazonaws.com",
      sourceArn: arnOf(props.place, "secretsmanager", "secret:*"),
    });
    this.ready = [policy, events, rotation];
  }

  /** Lets the function rotate a secret. */
  addSecret(secret: RotatableSecret): void {
    this.#secrets.push(secret);
  }

  /** Lets an AWS service call the function: from this account, and for one source. */
  permitService(
    id: string,
    { principal, sourceArn }: { readonly principal: string; readonly sourceArn: string },
  ): LambdaPermission {
    return new LambdaPermission(this, `Permit${id}`, {
      action: "lambda:InvokeFunction",
      functionName: this.#resource.functionName,
      principal,
      sourceAccount: this.#place.account,
      sourceArn,
    });
  }

  #policyFor(deployment: string, logGroupArn: string): string {
    const statements = buildRotatorStatements({
      place: this.#place,
      deployment,
      functionName: this.functionName,
      logGroupArn,
      secretArns: this.#secrets.map(({ secretArn }) => secretArn),
      kmsKeyArns: this.#secrets.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []),
    });
    return allow(statements);
  }
}
