import { getInput } from "@actions/core";
import { ConfigError, type Problem } from "../contract/errors.ts";
import { maskPhoneNumbers } from "../contract/phone-number.ts";
import { withholdKeys } from "../contract/reason.ts";
import {
  type FindKeyRequest,
  type LeakRequest,
  RESPONDER_OPERATIONS,
  type ResponderOperation,
  type ResponderRequest,
  type RevokeRequest,
} from "../contract/requests.ts";
import { problemsOfRegion, readChoice, readName, readSecret, readWait } from "./read-input.ts";
import { findMisplaced, readRequest } from "./request-inputs.ts";

/** What this version of the Action can do. */
const OPERATIONS = ["rotate", "status", ...RESPONDER_OPERATIONS] as const;

/** When `status` ends red. */
const FAIL_ON = ["never", "alarm"] as const;

/** Whether an incident gets an issue. */
const POST_MORTEM = ["true", "false", "even-in-public"] as const;

/** What a workflow asks for with `operation: rotate`. */
export interface RotateInputs {
  readonly operation: "rotate";
  /** Name or full ARN. */
  readonly secret: string;
  /** Checked against the secret's tag. @default any deployment of dualkey */
  readonly deployment: string | undefined;
  /** Why, in the operator's words, on one line. */
  readonly reason: string | undefined;
  /** How long to follow the rotation; 0 starts it and does not wait. */
  readonly waitSeconds: number;
}

/** What a workflow asks for with `operation: status`. */
export interface StatusInputs {
  readonly operation: "status";
  /** Name or full ARN. @default all secrets of the deployment */
  readonly secret: string | undefined;
  /** @default all deployments of the account and region */
  readonly deployment: string | undefined;
  readonly failOn: (typeof FAIL_ON)[number];
}

type OperateRequest = Exclude<ResponderRequest, LeakRequest | RevokeRequest | FindKeyRequest>;

/** What a workflow asks the deployment's responder for. */
export interface OperateInputs {
  readonly operation: OperateRequest["operation"];
  /** As it is sent, but for the secret, which may be a name. Its reason may be logged. */
  readonly request: OperateRequest;
  /** Checked against the secret's tag. @default any deployment of dualkey */
  readonly deployment: string | undefined;
  /** How long to follow a key to its end; 0 does not wait. */
  readonly waitSeconds: number;
}

/** What a workflow asks for where a key is to end. */
export interface ContainInputs extends Omit<OperateInputs, "operation" | "request"> {
  readonly operation: "leak-response" | "revoke";
  readonly request: LeakRequest | RevokeRequest;
  readonly postMortem: PostMortemInputs;
}

/** What a post-mortem takes. */
export interface PostMortemInputs {
  /** `even-in-public`: also where everybody can read it. */
  readonly wanted: (typeof POST_MORTEM)[number];
  /** May write issues; empty where there is none. */
  readonly token: string;
}

/** What a workflow asks for with `operation: find-key`. */
export interface FindInputs {
  readonly operation: "find-key";
  readonly request: FindKeyRequest;
  /** Whose keys are looked through. */
  readonly deployment: string;
}

export type Inputs = RotateInputs | StatusInputs | OperateInputs | ContainInputs | FindInputs;

/**
 * Reads the inputs, as the runner hands them over: `INPUT_<NAME>`, always texts, empty where nothing was given.
 *
 * @throws ConfigError that lists all problems with the inputs' names
 */
export function readInputs(environment: NodeJS.ProcessEnv): Inputs {
  const problems: Problem[] = [];
  const operation = readChoice("operation", OPERATIONS, problems);
  const secret = readSecret(problems);
  const deployment = readName("deployment", problems);
  const failOn = readChoiceOr("fail-on", FAIL_ON, problems);
  const waitSeconds = readWait("wait-seconds", problems);
  const wanted = readChoiceOr("post-mortem", POST_MORTEM, problems);
  const token = getInput("github-token");
  const reason = getInput("reason");
  if (operation !== undefined) problems.push(...findMisplaced(operation));
  if (operation !== undefined) problems.push(...problemsOfSubject(operation));
  const request = isForResponder(operation)
    ? readRequest(operation, { secret, reason }, problems)
    : undefined;
  problems.push(...problemsOfRegion(environment, secret));
  if (problems.length > 0 || operation === undefined) throw new ConfigError("inputs", problems);
  if (operation === "status") return { operation, secret, deployment, failOn };
  if (request?.operation === "leak-response" || request?.operation === "revoke") {
    const postMortem = { wanted, token };
    return { operation: request.operation, request, deployment, waitSeconds, postMortem };
  }
  if (request?.operation === "find-key") {
    return { operation: request.operation, request, deployment: deployment ?? "" };
  }
  if (request !== undefined) return { operation: request.operation, request, deployment, waitSeconds };
  const words = maskPhoneNumbers(withholdKeys(reason.replace(/\s+/g, " ").slice(0, 500))) || undefined;
  return { operation: "rotate", secret: secret ?? "", deployment, reason: words, waitSeconds };
}

/** What the operation is about: a deployment, a secret, or either. */
function problemsOfSubject(operation: (typeof OPERATIONS)[number]): Problem[] {
  const hasSecret = getInput("secret") !== "";
  if (operation === "status") return [];
  if (operation !== "find-key") {
    const message = `is missing. Give the name or the ARN of the secret to ${operation}`;
    return hasSecret ? [] : [{ path: "secret", message }];
  }
  const missing = "is missing. Give the name of the deployment whose keys are looked through";
  return [
    ...(getInput("deployment") === "" ? [{ path: "deployment", message: missing }] : []),
    ...(hasSecret ? [{ path: "secret", message: "is not for find-key, which tells it. Leave it out" }] : []),
  ];
}

function isForResponder(operation: (typeof OPERATIONS)[number] | undefined): operation is ResponderOperation {
  return RESPONDER_OPERATIONS.some((one) => one === operation);
}

/** The first choice is the default. */
function readChoiceOr<T extends string>(name: string, choices: readonly [T, ...T[]], problems: Problem[]): T {
  const read = getInput(name) === "" ? undefined : readChoice(name, choices, problems);
  return read ?? choices[0];
}
