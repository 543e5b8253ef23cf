import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { type AskAgain, askAgain } from "./ask-again.ts";
import type { Aws } from "./aws.ts";
import { reportContainment } from "./containment-report.ts";
import type { Contained } from "./containment-summary.ts";
import { AwsCallError, NotAnsweredError } from "./failure.ts";
import type { ContainInputs } from "./inputs.ts";
import { askingFor, look, refusalOf } from "./operate.ts";
import type { PostMortems } from "./post-mortem.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";
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
  const before = await aws.describe(inputs.request.secret);
  const told = { inputs, run, startMs };
  const refusal = refusalOf(before, inputs, signal);
  if (refusal !== undefined) {
    return reportContainment({ end: "not-asked", because: refusal, secret: before }, { ...told, now: now() });
  }
  log(`${before.name}: asking the responder for ${inputs.operation}`);
  const asking = askingFor(before, inputs);
  const asked = await askAgain({
    ask: (signal) => withoutWhatWasPasted(aws.ask({ ...asking, signal }), inputs),
    isSettled,
    untilMs: startMs + inputs.waitSeconds * 1000,
    signal,
    now,
    sleep,
  });
  const secret = await look(aws, before);
  const incident = asked.answer?.incident;
  const postMortem = incident && (await parts.postMortems.write(incident, inputs.postMortem, signal));
  const contained: Contained = { ...asked, secret, ...(postMortem === undefined ? {} : { postMortem }) };
  return reportContainment(contained, { ...told, now: now() });
}

/** What is left after the key's proven end happens by itself, or needs a person: neither is worth waiting for. */
function isSettled(answer: ResponderAnswer): boolean {
  return answer.outcome !== "wait" || isDead(judgeAnswer(answer));
}

/** Shorter than this is no key. */
const SHORTEST_KEY = 8;

/**
 * What names a key may be its value, pasted in a hurry (P6). It is shown only where the responder knows it: not in a
 * refusal, nor in an error.
 */
async function withoutWhatWasPasted(
  asked: Promise<ResponderAnswer>,
  { request }: ContainInputs,
): Promise<ResponderAnswer> {
  const given = request.operation === "revoke" ? request.keyId : request.which;
  const withheld = (text: string) =>
    given.length < SHORTEST_KEY ? text : text.replaceAll(given, "[what was given]");
  try {
    const answer = await asked;
    if (answer.outcome !== "refuse") return answer;
    return JSON.parse(JSON.stringify(answer), (_, value) =>
      typeof value === "string" ? withheld(value) : value,
    );
  } catch (error) {
    if (error instanceof AwsCallError || error instanceof NotAnsweredError)
      error.message = withheld(error.message);
    throw error;
  }
}
