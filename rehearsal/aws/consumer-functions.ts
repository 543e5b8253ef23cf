import { randomUUID } from "node:crypto";
import { AwsError, notFound } from "./aws-error.ts";
import { type Input, stringField, structureField } from "./request-fields.ts";
import type { Time } from "./time.ts";

/** A function of a consumer, as a rehearsal makes it: its configuration, and no code. */
export interface ConsumerFunctionSpec {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default 3 */
  readonly timeoutSeconds?: number;
  /** How long an update takes. @default 1000 */
  readonly updateMs?: number;
  /** Aliases, with the version that each points to. @default none */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly snapStart?: "PublishedVersions" | "None";
  /** An update is complete: calls from now on run in new execution environments, with this environment. */
  readonly onUpdated?: (environment: Readonly<Record<string, string>>) => void;
}

interface FunctionState extends ConsumerFunctionSpec {
  environment: Readonly<Record<string, string>>;
  modifiedAtMs: number;
  revisionId: string;
  updateStatus: "Successful" | "InProgress" | "Failed";
  /** The next update fails. */
  isBroken: boolean;
  /** The KMS key of its environment is not the caller's to use. */
  isSealed: boolean;
}

/** What the fake of Lambda's configuration needs of the world around it. */
interface ConsumerFunctionsOptions {
  readonly region: string;
  readonly account: string;
  readonly time: Time;
}

/**
 * Lambda's configuration of the consumers' functions: those that read a key at start.
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
 */
export class ConsumerFunctions {
  readonly #options: ConsumerFunctionsOptions;
  readonly #functions = new Map<string, FunctionState>();
  readonly #cancels = new Set<() => void>();

  constructor(options: ConsumerFunctionsOptions) {
    this.#options = options;
  }

  /** Makes a function. */
  create(spec: ConsumerFunctionSpec): void {
    this.#functions.set(spec.name, {
      environment: {},
      ...spec,
      modifiedAtMs: this.#options.time.now(),
      revisionId: randomUUID(),
      updateStatus: "Successful",
      isBroken: false,
      isSealed: false,
    });
  }

  /** Makes the next update of a function fail, or keeps its environment from whoever reads it. */
  break(name: string, how: "update-fails" | "environment-sealed"): void {
    const state = this.#find(name);
    if (how === "update-fails") state.isBroken = true;
    else state.isSealed = true;
  }

  /** The environment that a function has. */
  environmentOf(name: string): Readonly<Record<string, string>> {
    return this.#find(name).environment;
  }

  /** Carries out one operation on the function of that name or ARN. */
  handle(operation: string, nameOrArn: string, input: Input): object {
    const state = this.#find(nameOrArn);
    switch (operation) {
      case "GetFunctionConfiguration":
        return this.#show(state);
      case "UpdateFunctionConfiguration":
        return this.#update(state, input);
      case "ListAliases":
        return {
          Aliases: Object.entries(state.aliases ?? {}).map(([name, version]) => ({
            AliasArn: `${this.#arnOf(state.name)}:${name}`,
            Name: name,
            FunctionVersion: version,
          })),
        };
      default:
        throw new AwsError("UnknownOperationException", `No operation ${operation} here.`, 404);
    }
  }

  /** Stops what is under way. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #update(state: FunctionState, input: Input): object {
    if (state.updateStatus === "InProgress") {
      const message = `The operation cannot be performed at this time. An update is in progress for resource: ${this.#arnOf(state.name)}`;
      throw new AwsError("ResourceConflictException", message, 409);
    }
    const revisionId = stringField(input, "RevisionId");
    if (revisionId !== undefined && revisionId !== state.revisionId) {
      throw new AwsError("PreconditionFailedException", "The RevisionId provided does not match.", 412);
    }
    const variables = structureField(structureField(input, "Environment") ?? {}, "Variables");
    if (variables !== undefined) state.environment = readVariables(variables);
    Object.assign(state, {
      modifiedAtMs: this.#options.time.now(),
      revisionId: randomUUID(),
      updateStatus: "InProgress",
    });
    const cancel = this.#options.time.after(state.updateMs ?? 1000, () => {
      this.#cancels.delete(cancel);
      state.updateStatus = state.isBroken ? "Failed" : "Successful";
      if (!state.isBroken) state.onUpdated?.(state.environment);
    });
    this.#cancels.add(cancel);
    return this.#show(state);
  }

  #show(state: FunctionState): object {
    const { name, updateStatus, isSealed, environment } = state;
    return {
      FunctionName: name,
      FunctionArn: this.#arnOf(name),
      // With the offset as Lambda writes it, and not a Z.
      LastModified: new Date(state.modifiedAtMs).toISOString().replace("Z", "+0000"),
      LastUpdateStatus: updateStatus,
      ...(updateStatus === "Failed" ? { LastUpdateStatusReasonCode: "InvalidConfiguration" } : {}),
      RevisionId: state.revisionId,
      State: "Active",
      Timeout: state.timeoutSeconds ?? 3,
      SnapStart: { ApplyOn: state.snapStart ?? "None", OptimizationStatus: "Off" },
      Environment: isSealed
        ? { Error: { ErrorCode: "AccessDeniedException", Message: "kms:Decrypt is not allowed." } }
        : { Variables: environment },
      Version: "$LATEST",
    };
  }

  #find(nameOrArn: string): FunctionState {
    const name = /(?:^|:)function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
    const found = this.#functions.get(name);
    if (found) return found;
    const { type, message } = notFound(`Function not found: ${this.#arnOf(name)}`);
    throw new AwsError(type, message, 404);
  }

  #arnOf(name: string): string {
    return `arn:aws:lambda:${this.#options.region}:${this.#options.account}:function:${name}`;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: all of them together, and the whole is quoted. */
const ENVIRONMENT_BYTES = 4096;

function readVariables(variables: Input): Record<string, string> {
  const text = JSON.stringify(variables);
  if (text.length <= ENVIRONMENT_BYTES) {
    return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
  }
  throw new AwsError(
    "InvalidParameterValueException",
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${text}`,
  );
}
