import { randomUUID } from "node:crypto";
import { AwsError, notFound } from "./aws-error.ts";
import type { Journal } from "./journal.ts";
import { ExecutionEnvironment } from "./lambda-environment.ts";
import {
  type FunctionSettings,
  type FunctionSpec,
  type InvocationResult,
  settleFunction,
  unhandled,
} from "./lambda-function.ts";
import { systemTime, type Time } from "./time.ts";

/** One line that a function wrote. `invocationId` is missing where it has had none yet. */
export interface LogLine {
  readonly atMs: number;
  readonly functionName: string;
  readonly invocationId: string | undefined;
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

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
  readonly environments: Set<ExecutionEnvironment>;
  /** Invocations of a function of this process, which have no environment. */
  readonly inline: Set<string>;
  readonly queue: QueuedEvent[];
}

interface QueuedEvent {
  readonly payload: string;
  readonly expiresAtMs: number;
  readonly attempt: number;
}

/** The Lambda service: functions, their processes, synchronous and asynchronous invocations. */
export class LambdaService {
  readonly #options: LambdaOptions;
  readonly #functions = new Map<string, Deployed>();
  readonly #environments = new Map<string, ExecutionEnvironment>();
  #isClosed = false;

  constructor(options: LambdaOptions) {
    this.#options = options;
  }

  /** Deploys a function, in place of one of the same name whose processes finish what they run. */
  create(spec: FunctionSpec): { readonly name: string; readonly arn: string } {
    const { region, account } = this.#options;
    const arn = `arn:aws:lambda:${region}:${account}:function:${spec.name}`;
    const settings = settleFunction(spec, arn);
    this.#functions.set(spec.name, { settings, environments: new Set(), inline: new Set(), queue: [] });
    return { name: spec.name, arn };
  }

  /** Whether a function of that name or ARN is deployed. */
  has(nameOrArn: string): boolean {
    return this.#functions.has(readName(nameOrArn));
  }

  /** RequestResponse: runs now, or is refused with TooManyRequestsException. */
  async invoke(nameOrArn: string, payload: string): Promise<InvocationResult> {
    const deployed = this.#find(nameOrArn);
    const { name } = deployed.settings;
    const info = { invocationId: randomUUID(), functionName: name, payload, isRedelivery: false };
    const deliveries = this.#options.onInvoke(info);
    const result = this.#run(deployed, info);
    if (deliveries === "twice") this.#redeliver(deployed, info);
    return result;
  }

  /** Event: accepted at once; run when there is room, and dropped when it gets too old before that. */
  invokeLater(nameOrArn: string, payload: string): void {
    const deployed = this.#find(nameOrArn);
    const expiresAtMs = this.#options.time.now() + deployed.settings.maximumEventAgeSeconds * 1000;
    deployed.queue.push({ payload, expiresAtMs, attempt: 0 });
    setImmediate(() => this.#drain(deployed));
  }

  /** Refuses a function that is not there, and does nothing else (DryRun). */
  check(nameOrArn: string): void {
    this.#find(nameOrArn);
  }

  /** The environment with this id, for the Runtime API. */
  environment(id: string): ExecutionEnvironment | undefined {
    return this.#environments.get(id);
  }

  /** The invocation that a call with this access key comes from. */
  invocationOf(accessKeyId: string): string | undefined {
    return this.#alive().find((environment) => environment.accessKeyId === accessKeyId)?.invocationId;
  }

  /** The invocations that run in processes now. */
  running(): string[] {
    return this.#alive().flatMap((environment) => environment.invocationId ?? []);
  }

  /** Kills the process of an invocation. @returns whether there was one. */
  kill(invocationId: string): boolean {
    const environment = this.#alive().find((candidate) => candidate.invocationId === invocationId);
    if (!environment) return false;
    const functionName = this.#nameOf(environment);
    this.#options.journal.add({ kind: "invocation-killed", functionName, invocationId });
    environment.kill();
    return true;
  }

  /** Kills every process, and waits until all are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const deployed of this.#functions.values()) deployed.queue.length = 0;
    await Promise.all(this.#alive().map((environment) => environment.close()));
  }

  /** Kills every process without waiting: all that can be done while this one dies. */
  killAll(): void {
    for (const environment of this.#alive()) environment.kill();
  }

  /** Delivers an event once more. Its result goes nowhere, and where there is no room it is not delivered. */
  #redeliver(deployed: Deployed, first: InvocationInfo): void {
    const info = { ...first, invocationId: randomUUID(), isRedelivery: true };
    this.#options.onInvoke(info);
    this.#run(deployed, info).catch(() => undefined);
  }

  async #run(deployed: Deployed, info: InvocationInfo): Promise<InvocationResult> {
    const { journal } = this.#options;
    const { functionName, invocationId } = info;
    const start = this.#claim(deployed, info);
    journal.add({ kind: "invocation-started", functionName, invocationId, coldStart: start.coldStart });
    const result = await start.run();
    journal.add({ kind: "invocation-ended", functionName, invocationId, error: readError(result) });
    this.#drain(deployed);
    return result;
  }

  /** Finds room for an invocation: a free process, or a new one within the function's concurrency. */
  #claim(
    deployed: Deployed,
    info: InvocationInfo,
  ): { readonly coldStart: boolean; readonly run: () => Promise<InvocationResult> } {
    const { settings, environments, inline } = deployed;
    if (this.#isClosed) throw new AwsError("ServiceException", "The embedded AWS is closed.", 500);
    const free = [...environments].find((environment) => environment.isFree);
    if (!free && countAlive(environments) + inline.size >= settings.reservedConcurrency)
      throw this.#throttle(settings.name);
    if ("inline" in settings.code) return { coldStart: false, run: () => this.#runInline(deployed, info) };
    const environment = free ?? this.#startEnvironment(deployed, settings.code.bundle);
    const result = environment.run({ id: info.invocationId, payload: info.payload });
    return { coldStart: !free, run: () => result };
  }

  #throttle(functionName: string): AwsError {
    this.#options.journal.add({ kind: "invocation-throttled", functionName });
    return new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
  }

  #startEnvironment(deployed: Deployed, bundle: string): ExecutionEnvironment {
    const { region, endpoint, time, onLog } = this.#options;
    const id = randomUUID().replaceAll("-", "");
    const { name } = deployed.settings;
    const environment: ExecutionEnvironment = new ExecutionEnvironment(deployed.settings, bundle, {
      id,
      accessKeyId: `ASIA${id.slice(0, 16).toUpperCase()}`,
      endpoint,
      region,
      // Processes live in real time, whatever clock the rest has.
      time: systemTime,
      onLine: (line, stream) =>
        onLog({
          atMs: time.now(),
          functionName: name,
          invocationId: environment.writingInvocationId,
          stream,
          line,
        }),
      onChange: () => {
        if (!environment.isAlive) {
          deployed.environments.delete(environment);
          this.#environments.delete(id);
        }
        this.#drain(deployed);
      },
    });
    deployed.environments.add(environment);
    this.#environments.set(id, environment);
    return environment;
  }

  async #runInline({ settings, inline }: Deployed, info: InvocationInfo): Promise<InvocationResult> {
    const { time } = this.#options;
    if (!("inline" in settings.code)) throw new Error(`${settings.name} runs in processes of its own`);
    const deadlineMs = time.now() + settings.timeoutSeconds * 1000;
    inline.add(info.invocationId);
    try {
      const result = await settings.code.inline(JSON.parse(info.payload), {
        awsRequestId: info.invocationId,
        getRemainingTimeInMillis: () => Math.max(0, deadlineMs - time.now()),
      });
      return { payload: JSON.stringify(result) ?? "null" };
    } catch (error) {
      const isError = error instanceof Error;
      return unhandled(isError ? error.name : "Error", isError ? error.message : String(error));
    } finally {
      inline.delete(info.invocationId);
    }
  }

  #drain(deployed: Deployed): void {
    const { queue, settings } = deployed;
    const { time, journal } = this.#options;
    while (!this.#isClosed && queue.length > 0 && hasRoom(deployed)) {
      const event = queue.shift();
      if (!event) return;
      if (time.now() >= event.expiresAtMs) {
        journal.add({ kind: "event-dropped", functionName: settings.name, reason: "maximum event age" });
        continue;
      }
      this.invoke(settings.name, event.payload).then(
        (result) => this.#retry(deployed, event, result),
        () => queue.unshift(event),
      );
    }
  }

  #retry(deployed: Deployed, event: QueuedEvent, result: InvocationResult): void {
    if (!result.functionError || this.#isClosed) return;
    if (event.attempt >= deployed.settings.maximumRetryAttempts) {
      this.#options.journal.add({
        kind: "event-dropped",
        functionName: deployed.settings.name,
        reason: "the function failed",
      });
      return;
    }
    // Lambda waits a minute before the first retry, and two before the second.
    this.#options.time.after(60_000 * (event.attempt + 1), () => {
      deployed.queue.push({ ...event, attempt: event.attempt + 1 });
      this.#drain(deployed);
    });
  }

  #find(nameOrArn: string): Deployed {
    const found = this.#functions.get(readName(nameOrArn));
    if (!found) {
      const { region, account } = this.#options;
      throw notFoundFunction(`arn:aws:lambda:${region}:${account}:function:${readName(nameOrArn)}`);
    }
    return found;
  }

  #alive(): ExecutionEnvironment[] {
    return [...this.#environments.values()];
  }

  #nameOf(environment: ExecutionEnvironment): string {
    const owner = [...this.#functions.values()].find(({ environments }) => environments.has(environment));
    return owner?.settings.name ?? "";
  }
}

/** A process that was killed a moment ago takes no room, though its end has not been seen yet. */
function countAlive(environments: ReadonlySet<ExecutionEnvironment>): number {
  return [...environments].filter((environment) => environment.isAlive).length;
}

function hasRoom({ environments, inline, settings }: Deployed): boolean {
  const busy = [...environments].filter((environment) => environment.invocationId).length;
  return busy + inline.size < settings.reservedConcurrency;
}

function notFoundFunction(arn: string): AwsError {
  const error = notFound(`Function not found: ${arn}`);
  return new AwsError(error.type, error.message, 404);
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
