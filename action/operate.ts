import { responderName } from "../contract/names.ts";
import type { HeldItem, ResponderAnswer } from "../contract/responder-answer.ts";
import { type DescribedSecret, statusOf } from "../contract/status.ts";
import type { Aws } from "./aws.ts";
import { AwsCallError } from "./failure.ts";
import type { Follow } from "./follow.ts";
import type { ContainInputs, OperateInputs } from "./inputs.ts";
import { type OperationEnd, reportOperation } from "./operation-report.ts";
import { shownInput } from "./read-input.ts";
import { withInputNames } from "./request-inputs.ts";
import type { Asking } from "./responder.ts";
import { retiringKeys } from "./rotation-report.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";

/** What an operator's request takes. */
export interface OperateParts {
  readonly aws: Pick<Aws, "describe" | "ask">;
  readonly run: Pick<Run, "region">;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: Follow["sleep"];
}

/** Between two looks at a key that is to go. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Carries an operator's request to the deployment's responder, and shows its answer and the secret after it.
 *
 * Where a key is to go and the answer knows when it can, the labels are followed until it is gone.
 */
export async function operate(inputs: OperateInputs, parts: OperateParts): Promise<Report> {
  const { aws, run, signal, now } = parts;
  const startMs = now();
  const before = await aws.describe(inputs.request.secret);
  const told = { inputs, run, startMs };
  const refusal = refusalOf(before, inputs, signal);
  if (refusal !== undefined) {
    return reportOperation({ end: "not-asked", because: refusal, secret: before }, { ...told, now: now() });
  }
  log(`${before.name}: asking the responder for ${inputs.operation}`);
  const answer = withInputNames(await aws.ask({ ...askingFor(before, inputs), signal }));
  log(`${before.name}: ${answer.result}`);
  const end = await followAnswer(answer, before, inputs, parts);
  return reportOperation(end, { ...told, now: now() });
}

/** Who is asked, and what. The name that was given may be another one's by now; an ARN is not. */
export function askingFor(
  { arn, deployment }: DescribedSecret,
  { request }: Pick<OperateInputs | ContainInputs, "request">,
): Omit<Asking, "signal"> {
  return { functionName: responderName(deployment ?? ""), request: { ...request, secret: arn } };
}

/** Why the responder cannot be asked, if so: what is the case, and what to do. */
export function refusalOf(
  secret: DescribedSecret,
  { deployment }: Pick<OperateInputs, "deployment">,
  signal: AbortSignal,
): string | undefined {
  if (signal.aborted) return "the job was cancelled before anything was asked for";
  if (secret.deployment === undefined) {
    return `input secret: ${secret.name} is not one of dualkey's, for it has no tag dualkey:deployment. Deploy the constructs, or name another secret`;
  }
  if (deployment === undefined || deployment === secret.deployment) return undefined;
  return `input deployment is ${shownInput(deployment)}, and ${secret.name} belongs to ${secret.deployment}. Correct the one or the other`;
}

async function followAnswer(
  answer: ResponderAnswer,
  before: DescribedSecret,
  { operation, waitSeconds }: OperateInputs,
  { aws, signal, now, sleep }: OperateParts,
): Promise<OperationEnd> {
  const untilMs = now() + waitSeconds * 1000;
  const isFollowed =
    operation === "retire-now" && answer.outcome === "wait" && answer.held.every(comesBy(untilMs));
  let secret = await look(aws, before);
  if (!isFollowed) return { end: "answered", answer, secret };
  log(`${before.name}: following the key until it is gone`);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    if (isGone(secret, now())) return { end: "gone", answer, secret };
    if (signal.aborted || now() >= untilMs) return { end: "not-gone", answer, secret };
    await sleep(Math.min(pauseMs, untilMs - now()), signal).catch(() => undefined);
    secret = await look(aws, secret);
  }
}

/** Worth waiting for: it ends by itself, in time. */
function comesBy(untilMs: number): (held: HeldItem) => boolean {
  return ({ until, alarm }) => !alarm && until !== undefined && Date.parse(until) < untilMs;
}

function isGone(secret: DescribedSecret, now: number): boolean {
  return retiringKeys(statusOf(secret, { kind: "not-read" }, now)).length === 0;
}

/** What was asked for is done, whether or not it can be looked at: a look that fails shows the one before. */
export async function look(aws: Pick<Aws, "describe">, before: DescribedSecret): Promise<DescribedSecret> {
  try {
    return await aws.describe(before.arn);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    log(error.message);
    return before;
  }
}
