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

/** A service that wants to invoke a function, and for which of its resources it does. */
export interface ServiceInvoker {
  /** `secretsmanager.amazonaws.com`, `events.amazonaws.com`. */
  readonly principal: string;
  readonly sourceAccount: string;
  readonly sourceArn: string;
}

/** One statement of a function's resource policy: a source that is not named may be any, and an ARN may have wildcards. */
export interface InvokePermission extends Pick<ServiceInvoker, "principal"> {
  readonly sourceAccount?: string | undefined;
  readonly sourceArn?: string | undefined;
}

/** A call that a function is about to make: `secretsmanager:GetSecretValue` on an ARN, or on `*`. */
export interface FunctionCall {
  readonly action: string;
  readonly resource: string;
  /** What conditions may be about: each key with its values. @default nothing */
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

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
  /**
   * Which services may invoke it: all, or, as on AWS, those that `permitInvocation` has named. A caller with
   * credentials may in any case.
   *
   * @default "all"
   */
  readonly invokedBy?: "all" | "permitted";
  /** What its role allows. What it does not is refused with AccessDeniedException. @default everything */
  readonly roleAllows?: (call: FunctionCall) => boolean;
}

/** What can be changed about a function's events after it was made. */
export type EventSettings = Pick<FunctionSettings, "maximumEventAgeSeconds" | "maximumRetryAttempts">;

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
    invokedBy: "all",
    roleAllows: () => true,
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

/** Whether a statement of the resource policy lets a service invoke the function. */
export function permits(permission: InvokePermission, invoker: ServiceInvoker): boolean {
  const { principal, sourceAccount, sourceArn } = permission;
  if (principal !== invoker.principal) return false;
  if (sourceAccount !== undefined && sourceAccount !== invoker.sourceAccount) return false;
  return sourceArn === undefined || matchesPattern(sourceArn, invoker.sourceArn);
}

/** IAM's wildcards: `*` is any text, `?` any one character. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

/** The result of an invocation that ended without an answer of the function's own. */
export function unhandled(errorType: string, errorMessage: string): InvocationResult {
  return { functionError: "Unhandled", payload: JSON.stringify({ errorType, errorMessage }) };
}
