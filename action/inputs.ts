import { getInput } from "@actions/core";
import { ConfigError, type Problem } from "../contract/errors.ts";
import { Reason, withholdKeys } from "../contract/reason.ts";
import { RESPONDER_OPERATIONS, type ResponderOperation } from "../contract/requests.ts";

/** What this version of the Action can do. */
const OPERATIONS = ["rotate", "status", ...RESPONDER_OPERATIONS] as const;

const YES_OR_NO = ["false", "true"] as const;

/** When `status` ends red. */
const FAIL_ON = ["never", "alarm"] as const;

/** The longest that a job on GitHub's runners may take: 6 hours. */
const MAX_WAIT_SECONDS = 21_600;

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

/** What a workflow asks the deployment's responder for. */
export interface OperateInputs {
  readonly operation: ResponderOperation;
  /** Name or full ARN. */
  readonly secret: string;
  /** Checked against the secret's tag. @default any deployment of dualkey */
  readonly deployment: string | undefined;
  /** Why, in the operator's words, on one line. */
  readonly reason: string;
  /** Of `retire-now`: whether a key goes that is seen in use. */
  readonly evenIfUsed: boolean;
  /** Of `retire-now`: how long to follow the key to its end; 0 does not wait. */
  readonly waitSeconds: number;
}

export type Inputs = RotateInputs | StatusInputs | OperateInputs;

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
  const failOn = getInput("fail-on") === "" ? "never" : readChoice("fail-on", FAIL_ON, problems);
  const waitSeconds = readSeconds("wait-seconds", problems);
  const evenIfUsed =
    getInput("even-if-used") === "" ? "false" : readChoice("even-if-used", YES_OR_NO, problems);
  const reason = withholdKeys(getInput("reason").replace(/\s+/g, " ").slice(0, 500)) || undefined;
  if (operation !== undefined && operation !== "status" && getInput("secret") === "") {
    problems.push({
      path: "secret",
      message: `is missing. Give the name or the ARN of the secret to ${operation}`,
    });
  }
  if (isForResponder(operation)) problems.push(...problemsOfRequest(operation, evenIfUsed === "true"));
  problems.push(...problemsOfRegion(environment, secret));
  if (problems.length > 0 || operation === undefined) throw new ConfigError("inputs", problems);
  const about = { secret: secret ?? "", deployment };
  if (operation === "status") return { operation, secret, deployment, failOn: failOn ?? "never" };
  if (operation === "rotate") return { operation, ...about, reason, waitSeconds };
  return {
    operation,
    ...about,
    reason: Reason.parse(getInput("reason")),
    evenIfUsed: evenIfUsed === "true",
    waitSeconds,
  };
}

function isForResponder(operation: (typeof OPERATIONS)[number] | undefined): operation is ResponderOperation {
  return RESPONDER_OPERATIONS.some((one) => one === operation);
}

/** What the responder would refuse, said before anything is asked of AWS. */
function problemsOfRequest(operation: ResponderOperation, evenIfUsed: boolean): Problem[] {
  const { error } = Reason.safeParse(getInput("reason"));
  const problems = (error?.issues ?? []).map(({ message }) => ({ path: "reason", message }));
  if (!evenIfUsed || operation === "retire-now") return problems;
  return [...problems, { path: "even-if-used", message: `is for retire-now. Leave it out for ${operation}` }];
}

function readChoice<T extends string>(
  name: string,
  choices: readonly T[],
  problems: Problem[],
): T | undefined {
  const text = getInput(name);
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    const what = text === "" ? "is missing" : `is "${text}", which is unknown`;
    problems.push({ path: name, message: `${what}. Use one of: ${choices.join(", ")}` });
  }
  return found;
}

function readSecret(problems: Problem[]): string | undefined {
  const text = getInput("secret");
  if (text === "") return undefined;
  const isName = /^[A-Za-z0-9/_+=.@-]{1,512}$/.test(text);
  if (isName || ARN.test(text)) return text;
  problems.push({
    path: "secret",
    message: `is "${text}", which is neither a secret's name nor its ARN (arn:aws:secretsmanager:<region>:<account>:secret:<name>-<suffix>)`,
  });
  return undefined;
}

const ARN = /^arn:[a-z-]+:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@-]+$/;

function readName(name: string, problems: Problem[]): string | undefined {
  const text = getInput(name);
  if (text === "" || /^[A-Za-z0-9_.-]+$/.test(text)) return text || undefined;
  problems.push({ path: name, message: `is "${text}": letters, digits, and _ . - only` });
  return undefined;
}

function readSeconds(name: string, problems: Problem[]): number {
  const text = getInput(name) || "900";
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds;
  problems.push({
    path: name,
    message: `is "${text}". Give a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}`,
  });
  return 0;
}

/** A secret lives in one region, and the SDK asks in one: where they differ, the answer would be "not found". */
function problemsOfRegion(environment: NodeJS.ProcessEnv, secret: string | undefined): Problem[] {
  const region = regionOf(environment);
  if (region === undefined) {
    const message =
      "is not set. Set aws-region in a step with aws-actions/configure-aws-credentials before this one";
    return [{ path: "AWS_REGION", message }];
  }
  const ofSecret = secret === undefined ? undefined : ARN.exec(secret)?.[1];
  if (ofSecret === undefined || ofSecret === region) return [];
  const message = `is in ${ofSecret}, and AWS_REGION is ${region}. Set aws-region: ${ofSecret} in the configure-aws-credentials step`;
  return [{ path: "secret", message }];
}

/** The region that the SDK will ask in. */
export function regionOf({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined {
  return AWS_REGION || AWS_DEFAULT_REGION || undefined;
}
