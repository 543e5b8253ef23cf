import { isPlainName } from "../contract/reason.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import type { DescribedSecret } from "../contract/status.ts";
import { type AskAgain, askAgain } from "./ask-again.ts";
import type { Aws } from "./aws.ts";
import { reportContainment } from "./containment-report.ts";
import type { Contained } from "./containment-summary.ts";
import { AwsCallError } from "./failure.ts";
import type { ContainInputs } from "./inputs.ts";
import { askingFor, look, refusalOf } from "./operate.ts";
import type { PostMortems } from "./post-mortem.ts";
import { isArn } from "./read-input.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";
import { shownAnswer } from "./shown-answer.ts";
import { isDead, judgeAnswer } from "./verdict.ts";

/** What it takes to end a key. */
export interface ContainParts {
  readonly aws: Pick<Aws, "describe" | "ask">;
  readonly run: Run;
  readonly postMortems: PostMortems;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: AskAgain["sleep"];
}

/**
 * Has the responder end a key, leaked or named, and asks again until that is proven or the time is over: the key comes
 * first, then the look at what is left, then the post-mortem, whose failure never hides the key's.
 */
export async function contain(inputs: ContainInputs, parts: ContainParts): Promise<Report> {
  const { aws, run, signal, now, sleep } = parts;
  const startMs = now();
  const subject = await aws.describe(inputs.request.secret).catch((error) => asGiven(inputs, error));
  const before = "notDescribed" in subject ? subject.secret : subject;
  const told = { inputs, run, startMs };
  const refusal = refusalOf(before, inputs, signal);
  if (refusal !== undefined) {
    return reportContainment({ end: "not-asked", because: refusal, secret: before }, { ...told, now: now() });
  }
  log(`${before.name}: asking the responder for ${inputs.operation}`);
  const asking = askingFor(before, { request: datedAt(startMs, inputs) });
  const asked = await askAgain({
    ask: (signal) => shownAnswer(aws.ask({ ...asking, signal }), inputs),
    isSettled,
    untilMs: startMs + inputs.waitSeconds * 1000,
    signal,
    now,
    sleep,
  });
  const secret = await look(aws, before);
  const isSeen = secret !== before || !("notDescribed" in subject);
  const incident = asked.answer?.incident;
  const postMortem = incident && (await parts.postMortems.write(incident, inputs.postMortem, signal));
  const contained: Contained = {
    ...asked,
    secret,
    ...(isSeen ? {} : { notDescribed: subject.notDescribed }),
    ...(postMortem === undefined ? {} : { postMortem }),
  };
  return reportContainment(contained, { ...told, now: now() });
}

/** What is left after the key's proven end happens by itself, or needs a person: neither is worth waiting for. */
function isSettled(answer: ResponderAnswer): boolean {
  return answer.outcome !== "wait" || isDead(judgeAnswer(answer));
}

/** A secret of which nothing is known but what was given. */
interface AsGiven {
  readonly secret: DescribedSecret;
  /** Why nothing is. */
  readonly notDescribed: string;
}

/**
 * A leaked key does not wait for a look: where inputs tell the secret and its deployment, the responder can be asked
 * without one. What may be a key that was pasted is not sent on (P6), nor is a secret that AWS says is not there.
 */
function asGiven({ request, deployment }: ContainInputs, error: unknown): AsGiven {
  if (!(error instanceof AwsCallError) || error.code === "ResourceNotFoundException") throw error;
  const { secret: name } = request;
  const isPlain = isArn(name) || isPlainName(name);
  if (deployment === undefined || !isPlain || !isPlainName(deployment)) throw error;
  log(error.message);
  const unknown = { isDeleted: false, rotationEnabled: true, versions: [] };
  return { secret: { arn: name, name, deployment, ...unknown }, notDescribed: error.message };
}

/** Each repeat says when the first was sent: so it joins the incident that this one began, and a later leak does not. */
function datedAt(startMs: number, { request }: ContainInputs): ContainInputs["request"] {
  if (request.operation !== "leak-response") return request;
  return { ...request, requestedAt: new Date(startMs).toISOString() };
}
