import { type ChildProcess, spawn } from "node:child_process";
import type { ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type FunctionSettings, type InvocationResult, locateHandler, unhandled } from "./lambda-function.ts";
import type { ProcessKeeper } from "./process-keeper.ts";
import type { Time } from "./time.ts";

const RUNTIME = fileURLToPath(new URL("./lambda-runtime.ts", import.meta.url));

/** Initialization may take ten seconds. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_LIMIT_MS = 10_000;

/** One invocation on its way through an environment. */
export interface Invocation {
  readonly id: string;
  readonly payload: string;
}

/** Where an environment runs, and who hears of it. */
export interface EnvironmentHost {
  readonly id: string;
  readonly accessKeyId: string;
  readonly endpoint: string;
  readonly region: string;
  readonly time: Time;
  readonly keeper: ProcessKeeper;
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  /** The environment can take an invocation, or it is gone. */
  readonly onChange: () => void;
}

interface Running {
  readonly invocation: Invocation;
  readonly resolve: (result: InvocationResult) => void;
  cancelTimeout: () => void;
}

/**
 * One process of a function. It runs one invocation at a time, is frozen (SIGSTOP) from the moment that it asks for
 * the next one until there is one, and is killed when an invocation takes longer than the function's timeout.
 */
export class ExecutionEnvironment {
  readonly #settings: FunctionSettings;
  readonly #host: EnvironmentHost;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #running: Running | undefined;
  #lastInvocationId: string | undefined;
  #waiting: ServerResponse | undefined;
  #initError: InvocationResult | undefined;
  #isAlive = true;

  constructor(settings: FunctionSettings, bundle: string, host: EnvironmentHost) {
    this.#settings = settings;
    this.#host = host;
    const { modulePath, exportName } = locateHandler(bundle, settings.handler);
    this.#process = spawn(process.execPath, [RUNTIME, modulePath, exportName], {
      env: buildEnvironment(settings, host),
      stdio: ["pipe", "pipe", "pipe"],
    });
    if (this.#process.pid !== undefined) host.keeper.watch(this.#process.pid);
    this.#captureLines();
    this.#exited = new Promise<void>((resolve) => {
      this.#process.once("error", () => resolve());
      this.#process.once("close", () => resolve());
    }).then(() => this.#buryProcess());
  }

  get accessKeyId(): string {
    return this.#host.accessKeyId;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It has no invocation: it is frozen, or about to ask for one. */
  get isFree(): boolean {
    return this.#isAlive && this.#running === undefined;
  }

  get invocationId(): string | undefined {
    return this.#running?.invocation.id;
  }

  /** Whose output this is: a line may arrive after the answer of the invocation that wrote it. */
  get writingInvocationId(): string | undefined {
    return this.invocationId ?? this.#lastInvocationId;
  }

  /** Runs one invocation, and never rejects: a dead process is an error result. */
  run(invocation: Invocation): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const cancelTimeout = this.#host.time.after(INIT_LIMIT_MS, () =>
        this.#timeOut("Sandbox.Timedout", `RequestId: ${invocation.id} Error: Init timed out`),
      );
      this.#running = { invocation, resolve, cancelTimeout };
      if (this.#waiting) this.#deliver(this.#waiting);
    });
  }

  /** Ends the process at once, wherever it is. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Ends the process and resolves when it is gone. */
  async close(): Promise<void> {
    this.kill();
    await this.#exited;
  }

  /** `GET /invocation/next`: answered when there is an invocation; until then the process is frozen. */
  next(response: ServerResponse): void {
    if (this.#running) {
      this.#deliver(response);
      return;
    }
    this.#waiting = response;
    this.#process.kill("SIGSTOP");
    this.#host.onChange();
  }

  /** `POST /invocation/<id>/response` or `/error`. @returns whether that invocation is running here. */
  finish(invocationId: string, result: InvocationResult): boolean {
    if (this.#running?.invocation.id !== invocationId) return false;
    this.#end(result);
    return true;
  }

  /** `POST /init/error`: the process exits by itself after it. */
  failInit(result: InvocationResult): void {
    this.#initError = result;
  }

  #deliver(response: ServerResponse): void {
    const running = this.#running;
    if (!running) return;
    this.#waiting = undefined;
    this.#process.kill("SIGCONT");
    const timeoutMs = this.#settings.timeoutSeconds * 1000;
    running.cancelTimeout();
    running.cancelTimeout = this.#host.time.after(timeoutMs, () =>
      this.#timeOut(
        "Sandbox.Timedout",
        `RequestId: ${running.invocation.id} Error: Task timed out after ${this.#settings.timeoutSeconds.toFixed(2)} seconds`,
      ),
    );
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": running.invocation.id,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + timeoutMs),
      "Lambda-Runtime-Invoked-Function-Arn": this.#settings.arn,
    });
    response.end(running.invocation.payload);
  }

  #timeOut(errorType: string, message: string): void {
    this.#isAlive = false;
    this.kill();
    this.#end(unhandled(errorType, message));
  }

  #end(result: InvocationResult): void {
    const running = this.#running;
    this.#lastInvocationId = running?.invocation.id ?? this.#lastInvocationId;
    this.#running = undefined;
    running?.cancelTimeout();
    running?.resolve(result);
  }

  #buryProcess(): void {
    this.#isAlive = false;
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined) this.#host.keeper.forget(pid);
    const how = signalCode === "SIGKILL" ? "signal: killed" : `exit status ${exitCode ?? signalCode}`;
    const id = this.#running?.invocation.id;
    this.#end(
      this.#initError ??
        unhandled("Runtime.ExitError", `RequestId: ${id} Error: Runtime exited with error: ${how}`),
    );
    this.#host.onChange();
  }

  #captureLines(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const source = this.#process[stream];
      if (source) createInterface({ input: source }).on("line", (line) => this.#host.onLine(line, stream));
    }
    this.#process.stdin?.on("error", () => undefined);
  }
}

/** Everything that a function sees of the world: nothing of the parent's environment but PATH. */
function buildEnvironment(settings: FunctionSettings, host: EnvironmentHost): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    TZ: ":UTC",
    AWS_REGION: host.region,
    AWS_DEFAULT_REGION: host.region,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${host.id}`,
    AWS_LAMBDA_RUNTIME_API: `${host.endpoint.replace("http://", "")}/runtime/${host.id}`,
    _HANDLER: settings.handler,
    AWS_ENDPOINT_URL: host.endpoint,
    // The profile of whoever runs this is none of the function's business.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    ...settings.environment,
    // Last: by its access key id the endpoint knows which invocation a call comes from.
    AWS_ACCESS_KEY_ID: host.accessKeyId,
    AWS_SECRET_ACCESS_KEY: "embedded-and-never-checked",
  };
}
