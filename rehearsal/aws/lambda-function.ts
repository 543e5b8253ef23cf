import { statSync } from "node:fs";
import { join } from "node:path";

/** What an invocation came to. `payload` is JSON text: the result, or the error. */
export interface InvocationResult {
  readonly payload: string;
  readonly functionError?: "Unhandled";
}

/** What a function in this process gets to know of its invocation. */
export interface InlineContext {
  readonly awsRequestId: string;
  readonly getRemainingTimeInMillis: () => number;
}

/** A function that runs in this process instead of one of its own: for tests, it cannot be killed. */
export type InlineHandler = (event: unknown, context: InlineContext) => unknown;

/** One function, as `createFunction` takes it. */
export interface FunctionSpec {
  readonly name: string;
  /** The path of an ES module (or of a folder with `index.mjs`), or a function of this process. */
  readonly code: { readonly bundle: string } | { readonly inline: InlineHandler };
  /** `<module>.<export>`; only the export matters where `bundle` is a file. @default "index.handler" */
  readonly handler?: string;
  /** @default 3 */
  readonly timeoutSeconds?: number;
  /** Told to the function; nothing enforces it. @default 128 */
  readonly memoryMb?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default the account's limit, 1000 */
  readonly reservedConcurrency?: number;
  /** How old an asynchronous event may get before it is dropped. @default 21600, six hours, as Lambda does */
  readonly maximumEventAgeSeconds?: number;
  /** How often an asynchronous event whose run failed is run again. @default 0 (Lambda's own default is 2) */
  readonly maximumRetryAttempts?: number;
}

/** What a function's settings come to when all defaults are in. */
export interface FunctionSettings extends Required<Omit<FunctionSpec, "code">> {
  readonly arn: string;
  readonly code: FunctionSpec["code"];
}

/** Fills in the defaults. */
export function settleFunction(spec: FunctionSpec, arn: string): FunctionSettings {
  return {
    handler: "index.handler",
    timeoutSeconds: 3,
    memoryMb: 128,
    environment: {},
    reservedConcurrency: 1000,
    maximumEventAgeSeconds: 21_600,
    maximumRetryAttempts: 0,
    ...spec,
    arn,
  };
}

/** The module's path and the name of its export. @throws where there is no such file. */
export function locateHandler(bundle: string, handler: string): { modulePath: string; exportName: string } {
  const dot = handler.lastIndexOf(".");
  const isFolder = statSync(bundle).isDirectory();
  const modulePath = isFolder ? join(bundle, `${handler.slice(0, dot)}.mjs`) : bundle;
  statSync(modulePath);
  return { modulePath, exportName: handler.slice(dot + 1) };
}

/** The result of an invocation that ended without an answer of the function's own. */
export function unhandled(errorType: string, errorMessage: string): InvocationResult {
  return { functionError: "Unhandled", payload: JSON.stringify({ errorType, errorMessage }) };
}
