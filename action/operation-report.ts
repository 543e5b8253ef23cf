import type { HeldItem, ResponderAnswer } from "../contract/responder-answer.ts";
import { type DescribedSecret, formatStatus, type SecretStatus, statusOf } from "../contract/status.ts";
import type { Failure } from "./failure.ts";
import type { OperateInputs } from "./inputs.ts";
import { findingsList, keysTable } from "./keys-table.ts";
import { age, code, instruction, prose, shortId, time } from "./markdown.ts";
import type { Run } from "./run.ts";
import type { Report } from "./runner.ts";

/** How an operator's request ended. `gone`, `not-gone`: a key was followed to its end, or not to it in time. */
export type OperationEnd =
  | { readonly end: "not-asked"; readonly because: string; readonly secret: DescribedSecret }
  | {
      readonly end: "answered" | "gone" | "not-gone";
      readonly answer: ResponderAnswer;
      readonly secret: DescribedSecret;
    };

/** What a report tells of, besides the end. */
interface Told {
  readonly inputs: OperateInputs;
  readonly run: Pick<Run, "region">;
  readonly startMs: number;
  readonly now: number;
}

/** Writes what came of an operator's request: outputs, summary, and why it is red. */
export function reportOperation(end: OperationEnd, told: Told): Report {
  const status = statusOf(end.secret, { kind: "not-read" }, told.now);
  const failure = failureOf(end, told);
  const answer = end.end === "not-asked" ? undefined : end.answer;
  const outcome = end.end === "gone" ? "done" : (answer?.outcome ?? "refuse");
  return {
    ...(failure === undefined ? {} : { failure }),
    outputs: {
      outcome,
      held: JSON.stringify(outcome === "wait" ? (answer?.held ?? []) : []),
      secrets: JSON.stringify([formatStatus(status)]),
    },
    summary: summaryOf(end, status, { ...told, failure }),
  };
}

/** A request that is not certain to be carried out is red; one that only time is missing for is not. */
function failureOf(end: OperationEnd, { inputs }: Told): Failure | undefined {
  const { operation } = inputs;
  const { name } = end.secret;
  if (end.end === "not-asked") return { title: `dualkey: ${operation} refused`, message: end.because };
  const { outcome, result, next, goesOn, held } = end.answer;
  if (outcome === "refuse") {
    return { title: `dualkey: ${operation} refused`, message: `${name}: ${result}. ${next}` };
  }
  if (end.end === "not-gone") {
    return {
      title: "dualkey: key not gone yet",
      message: `${name}: after ${inputs.waitSeconds} s (input wait-seconds) the key is not gone. The clock goes on with it: see it with operation: status`,
    };
  }
  if (end.end === "gone" || outcome === "done") return undefined;
  const alarms = held.filter(({ alarm }) => alarm);
  if (goesOn && alarms.length === 0) return undefined;
  const reasons = (alarms.length > 0 ? alarms : held).map(({ because }) => because).join("; ");
  return { title: `dualkey: ${operation} not done`, message: `${name}: ${result}: ${reasons}. ${next}` };
}

function summaryOf(
  end: OperationEnd,
  status: SecretStatus,
  { inputs, run, startMs, now, failure }: Told & { readonly failure: Failure | undefined },
): string {
  const sign = failure === undefined ? ":white_check_mark:" : ":x:";
  const said = end.end === "not-asked" ? undefined : end.answer;
  const { result, next } = wordsOf(end);
  const held = end.end === "gone" ? [] : (said?.held ?? []);
  const alarms = status.findings.filter(({ severity }) => severity === "alarm");
  return [
    `## ${inputs.operation} of ${code(status.name)}: ${failure === undefined ? "done" : "not done"}`,
    `${sign} ${prose(result)}.`,
    ...(next === "" ? [] : [`**Next**: ${instruction(next)}.`]),
    ...(held.length === 0 ? [] : ["### What has to wait", held.map(heldLine).join("\n")]),
    keysTable(status, now),
    ...(alarms.length === 0 ? [] : ["### Alarms", findingsList(alarms)]),
    [`took ${age(startMs, now)}`, run.region, `reason: ${prose(inputs.request.reason)}`].join(" · "),
    "",
  ].join("\n\n");
}

function wordsOf(end: OperationEnd): Pick<ResponderAnswer, "result" | "next"> {
  switch (end.end) {
    case "not-asked":
      return { result: end.because, next: "" };
    case "gone":
      return { result: "the key is gone, and proven dead", next: "Nothing is left to do" };
    default:
      return end.answer;
  }
}

/** One thing that has to wait, as a line of a list. */
export function heldLine({ because, versionId, until, alarm }: HeldItem): string {
  const about = versionId === undefined ? "" : `${shortId(versionId)}: `;
  const when = until === undefined ? "" : ` (until ${time(Date.parse(until))} at the least)`;
  return `- ${alarm ? ":rotating_light:" : ":hourglass:"} ${about}${instruction(because)}${when}`;
}
