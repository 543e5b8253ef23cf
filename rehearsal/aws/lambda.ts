import { randomUUID } from "node:crypto";
import { AwsError } from "./aws-error.ts";
import type { Journal } from "./journal.ts";
import type { ExecutionEnvironment } from "./lambda-environment.ts";
import { Fleet, type LogLine } from "./lambda-fleet.ts";
import {
  type EventSettings,
  type FunctionCall,
  type FunctionSettings,
  type FunctionSpec,
  type InvocationResult,
  type InvokePermission,
  locateHandler,
  permits,
  type ServiceInvoker,
  settleFunction,
} from "./lambda-function.ts";
import { EventQueue } from "./lambda-queue.ts";
import { ProcessKeeper } from "./process-keeper.ts";
import type { Time } from "./time.ts";

/** What is about to run, if there is room for it. */
export interface InvocationInfo {
  readonly invocationId: string;
  readonly functionName: string;
  /** The event, as JSON text. */
  readonly payload: string;
  /** It is the second delivery of an event, which a hook has asked for; it has an id of its own. */
  readonly isRedelivery: boolean;
}

/** Looks at an invocation before it starts; "twice" delivers the same event a second time, concurrently. */
export type InvocationHook = (info: InvocationInfo) => "once" | "twice";

/** What the Lambda service needs of the world around it. */
export interface LambdaOptions {
  readonly region: string;
  readonly account: string;
  readonly endpoint: string;
  readonly time: Time;
  readonly journal: Journal;
  readonly onLog: (line: LogLine) => void;
  readonly onInvoke: InvocationHook;
}

interface Deployed {
  readonly settings: FunctionSettings;
  readonly fleet: Fleet;
  readonly queue: EventQueue;
  readonly permissions: InvokePermission[];
}

/** The Lambda service: functions, their processes, synchronous and asynchronous invocations. */
export class LambdaService {
  readonly #options: LambdaOptions;
  readonly #functions = new Map<string, Deployed>();
  readonly #keeper = new ProcessKeeper();
  #isClosed = false;

  constructor(options: LambdaOptions) {
    this.#options = options;
  }

  /** Deploys a function. @throws where its code is not there, or a function has that name already. */
  create(spec: FunctionSpec): { readonly name: string; readonly arn: string } {
    const { name } = spec;
    if (this.#functions.has(name)) throw new Error(`createFunction: ${name} exists already.`);
    const { time, journal } = this.#options;
    const settings = settleFunction(spec, this.arnOf(name));
    if ("bundle" in settings.code) locateHandler(settings.code.bundle, settings.handler);
    const fleet: Fleet = new Fleet(settings, {
      ...this.#options,
      keeper: this.#keeper,
      onChange: () => queue.drain(),
    });
    const queue = new EventQueue({
      settings,
      time,
      journal,
      hasRoom: () => fleet.hasRoom(),
      invoke: (payload) => this.invoke(name, payload),
    });
    this.#functions.set(name, { settings, fleet, queue, permissions: [] });
    return { name, arn: settings.arn };
  }

  /** AddPermission: lets a service invoke a function. */
  permit(nameOrArn: string, permission: InvokePermission): void {
    this.#find(nameOrArn).permissions.push(permission);
  }

  /** Whether a service may invoke the function of that name or ARN; not if there is none. */
  mayInvoke(nameOrArn: string, invoker: ServiceInvoker): boolean {
    const found = this.#functions.get(readName(nameOrArn));
    if (!found || found.settings.invokedBy === "all") return found !== undefined;
    return found.permissions.some((permission) => permits(permission, invoker));
  }

  /** PutFunctionEventInvokeConfig: for events from now on. */
  configureEvents(nameOrArn: string, events: EventSettings): void {
    Object.assign(this.#find(nameOrArn).settings, events);
  }

  /** Whether the role of the function that calls with this access key allows the call; of another caller, everything. */
  roleAllows(accessKeyId: string, call: FunctionCall): boolean {
    return this.#callerWith(accessKeyId)?.settings.roleAllows(call) ?? true;
  }

  /** Whether a function calls with this access key. */
  isFunctions(accessKeyId: string): boolean {
    return this.#callerWith(accessKeyId) !== undefined;
  }

  #callerWith(accessKeyId: string): Deployed | undefined {
    return [...this.#functions.values()].find(({ fleet }) =>
      fleet.environments().some((environment) => environment.accessKeyId === accessKeyId),
    );
  }

  /** The ARN that a function of that name has, or would have. */
  arnOf(nameOrArn: string): string {
    const { region, account } = this.#options;
    return `arn:aws:lambda:${region}:${account}:function:${readName(nameOrArn)}`;
  }

  /** DryRun: refuses a function that is not there, and does nothing else. */
  check(nameOrArn: string): void {
    this.#find(nameOrArn);
  }

  /** RequestResponse: runs now, or is refused with TooManyRequestsException. */
  async invoke(nameOrArn: string, payload: string): Promise<InvocationResult> {
    const deployed = this.#find(nameOrArn);
    const functionName = deployed.settings.name;
    const info = { invocationId: randomUUID(), functionName, payload, isRedelivery: false };
    const deliveries = this.#options.onInvoke(info);
    const result = this.#run(deployed, info);
    if (deliveries === "twice") this.#redeliver(deployed, info);
    return result;
  }

  /** Event: accepted at once, run when there is room. */
  invokeLater(nameOrArn: string, payload: string): void {
    this.#find(nameOrArn).queue.add(payload);
  }

  /** The environment with this id, for the Runtime API. */
  environment(id: string): ExecutionEnvironment | undefined {
    return [...this.#functions.values()].map(({ fleet }) => fleet.environment(id)).find(Boolean);
  }

  /** The invocation that a call with this access key comes from. */
  invocationOf(accessKeyId: string): string | undefined {
    return this.#environments().find((environment) => environment.accessKeyId === accessKeyId)?.invocationId;
  }

  /** The invocations that run in processes now. */
  running(): string[] {
    return this.#environments().flatMap((environment) => environment.invocationId ?? []);
  }

  /** Kills the process of an invocation. @returns whether it was running. */
  kill(invocationId: string): boolean {
    for (const { settings, fleet } of this.#functions.values()) {
      const environment = fleet.environments().find((one) => one.invocationId === invocationId);
      if (!environment) continue;
      this.#options.journal.add({ kind: "invocation-killed", functionName: settings.name, invocationId });
      environment.kill();
      return true;
    }
    return false;
  }

  /** Kills every process, and waits until all are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { queue } of this.#functions.values()) queue.close();
    await Promise.all(this.#environments().map((environment) => environment.close()));
    await this.#keeper.close();
  }

  /** Delivers an event once more. Its result goes nowhere, and where there is no room it is not delivered. */
  #redeliver(deployed: Deployed, first: InvocationInfo): void {
    const info = { ...first, invocationId: randomUUID(), isRedelivery: true };
    this.#options.onInvoke(info);
    this.#run(deployed, info).catch(() => undefined);
  }

  async #run({ fleet, queue }: Deployed, info: InvocationInfo): Promise<InvocationResult> {
    const { journal } = this.#options;
    const { functionName, invocationId } = info;
    if (this.#isClosed) throw new AwsError("ServiceException", "The embedded AWS is closed.", 500);
    const started = fleet.start(invocationId, info.payload);
    if (!started) {
      journal.add({ kind: "invocation-throttled", functionName });
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
    }
    const { coldStart } = started;
    journal.add({ kind: "invocation-started", functionName, invocationId, coldStart });
    const result = await started.result;
    journal.add({ kind: "invocation-ended", functionName, invocationId, error: readError(result) });
    queue.drain();
    return result;
  }

  #find(nameOrArn: string): Deployed {
    const name = readName(nameOrArn);
    const found = this.#functions.get(name);
    if (found) return found;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${this.arnOf(name)}`, 404);
  }

  #environments(): ExecutionEnvironment[] {
    return [...this.#functions.values()].flatMap(({ fleet }) => fleet.environments());
  }
}

/** A function is named by its name, its ARN, or `account:function:name`, with or without a qualifier. */
function readName(nameOrArn: string): string {
  const match = /(?:^|:)function:([^:]+)/.exec(nameOrArn);
  return match?.[1] ?? nameOrArn.split(":")[0] ?? nameOrArn;
}

function readError(result: InvocationResult): { type: string; message: string } | undefined {
  if (!result.functionError) return undefined;
  const error = JSON.parse(result.payload) as { errorType?: string; errorMessage?: string };
  return { type: error.errorType ?? "Error", message: error.errorMessage ?? "" };
}
