import { randomUUID } from "node:crypto";
import { ExecutionEnvironment } from "./lambda-environment.ts";
import {
  type FunctionSettings,
  type InlineContext,
  type InlineHandler,
  type InvocationResult,
  unhandled,
} from "./lambda-function.ts";
import type { ProcessKeeper } from "./process-keeper.ts";
import { systemTime, type Time } from "./time.ts";

/** One line that a function wrote. `invocationId` is missing where it has had none yet. */
export interface LogLine {
  readonly atMs: number;
  readonly functionName: string;
  readonly invocationId: string | undefined;
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

/** Where a function's processes run, and who hears of them. */
export interface FleetScope {
  readonly region: string;
  readonly endpoint: string;
  readonly time: Time;
  readonly keeper: ProcessKeeper;
  readonly onLog: (line: LogLine) => void;
  /** There may be room now. */
  readonly onChange: () => void;
}

/** An invocation that has found room. */
export interface Started {
  readonly coldStart: boolean;
  readonly result: Promise<InvocationResult>;
}

/** All processes of one function, within its reserved concurrency; free ones are used again. */
export class Fleet {
  readonly #settings: FunctionSettings;
  readonly #scope: FleetScope;
  readonly #environments = new Map<string, ExecutionEnvironment>();
  #inlineCount = 0;

  constructor(settings: FunctionSettings, scope: FleetScope) {
    this.#settings = settings;
    this.#scope = scope;
  }

  /** The environment with this id, for the Runtime API. */
  environment(id: string): ExecutionEnvironment | undefined {
    return this.#environments.get(id);
  }

  /** All processes that have not ended. */
  environments(): ExecutionEnvironment[] {
    return [...this.#environments.values()];
  }

  /** Whether one more invocation could start now. */
  hasRoom(): boolean {
    const busy = this.environments().filter((environment) => environment.invocationId).length;
    return busy + this.#inlineCount < this.#settings.reservedConcurrency;
  }

  /** Starts an invocation. @returns nothing where the function's concurrency is used up. */
  start(invocationId: string, payload: string): Started | undefined {
    if (!this.hasRoom()) return undefined;
    const { code } = this.#settings;
    if ("inline" in code) {
      return { coldStart: false, result: this.#runInline(code.inline, invocationId, payload) };
    }
    const free = this.environments().find((environment) => environment.isFree);
    const environment = free ?? this.#startEnvironment(code.bundle);
    return { coldStart: !free, result: environment.run({ id: invocationId, payload }) };
  }

  #startEnvironment(bundle: string): ExecutionEnvironment {
    const { region, endpoint, time, keeper, onLog, onChange } = this.#scope;
    const id = randomUUID().replaceAll("-", "");
    const { name: functionName } = this.#settings;
    const environment: ExecutionEnvironment = new ExecutionEnvironment(this.#settings, bundle, {
      id,
      accessKeyId: `ASIA${id.slice(0, 16).toUpperCase()}`,
      endpoint,
      region,
      keeper,
      // Processes live in real time, whatever clock the rest has.
      time: systemTime,
      onLine: (line, stream) => {
        const invocationId = environment.writingInvocationId;
        onLog({ atMs: time.now(), functionName, invocationId, stream, line });
      },
      onChange: () => {
        if (!environment.isAlive) this.#environments.delete(id);
        onChange();
      },
    });
    this.#environments.set(id, environment);
    return environment;
  }

  async #runInline(run: InlineHandler, id: string, payload: string): Promise<InvocationResult> {
    const { time } = this.#scope;
    const deadlineMs = time.now() + this.#settings.timeoutSeconds * 1000;
    const context: InlineContext = {
      awsRequestId: id,
      getRemainingTimeInMillis: () => Math.max(0, deadlineMs - time.now()),
    };
    this.#inlineCount += 1;
    try {
      return { payload: JSON.stringify(await run(JSON.parse(payload), context)) ?? "null" };
    } catch (error) {
      const isError = error instanceof Error;
      return unhandled(isError ? error.name : "Error", isError ? error.message : String(error));
    } finally {
      this.#inlineCount -= 1;
    }
  }
}
