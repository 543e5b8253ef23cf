import type { Finding } from "../contract/finding.ts";
import { responderName } from "../contract/names.ts";
import type { LeakRequest } from "../contract/requests.ts";
import type { EffectReport } from "../contract/responder-answer.ts";
import type { DescribedSecret, SecretStatus } from "../contract/status.ts";
import type { Asked } from "./ask-again.ts";
import { effectWords } from "./effect-words.ts";
import type { Failure } from "./failure.ts";
import { exposure, leakedKeys, timeLine, unknownKeys } from "./incident-markdown.ts";
import type { ContainInputs } from "./inputs.ts";
import { findingsList, keysTable } from "./keys-table.ts";
import { age, capital, code, instruction, prose } from "./markdown.ts";
import { heldLine } from "./operation-report.ts";
import type { PostMortemEnd } from "./post-mortem.ts";
import { reviewed } from "./review-markdown.ts";
import type { Run } from "./run.ts";
import { keyGiven, shownKey } from "./shown-answer.ts";
import { isDead, type Verdict } from "./verdict.ts";

/** How it ended. */
export type ContainEnd =
  | { readonly end: "not-asked"; readonly because: string; readonly secret: DescribedSecret }
  | Contained;

/** What was asked for, and what is known by then. */
export type Contained = Asked & {
  readonly secret: DescribedSecret;
  /** Why nothing is known of the secret but its name, where that is so. */
  readonly notDescribed?: string;
  readonly postMortem?: PostMortemEnd;
};

/** What a report tells of, besides the end. */
export interface Told {
  readonly inputs: ContainInputs;
  readonly run: Run;
  readonly startMs: number;
  readonly now: number;
}

/** Why nobody asks again, where the answer is not settled. */
export function endOf({ end, failure }: Contained): readonly string[] {
  switch (end) {
    case "cancelled":
      return ["The job was cancelled; what the responder has begun goes on in AWS"];
    case "time-over":
      return [
        `The time (input wait-seconds) is over${failure === undefined ? "" : `. The last time of asking: ${failure}`}`,
      ];
    default:
      return failure === undefined ? [] : [failure];
  }
}

/** What a summary shows, besides the end. */
export interface Shown extends Told {
  readonly verdict: Verdict;
  readonly failure: Failure | undefined;
  readonly status: SecretStatus;
}

/** Writes the summary. Who reads it may be alone at night: the key first, then what to do, then what happened. */
export function summarizeContainment(asked: Contained, shown: Shown): string {
  const { status, now } = shown;
  const { answer, postMortem, notDescribed } = asked;
  const incident = answer?.incident;
  const held = answer?.held ?? [];
  const alarms = notDescribed === undefined ? alarmsOf(shown) : [];
  return [
    `## ${headline(shown)}`,
    ...(answer === undefined ? [] : [prose(capital(answer.result))]),
    ...endOf(asked).map((sentence) => `:warning: ${prose(capital(sentence))}`),
    ...whatNext(asked, shown),
    ...(postMortem?.url === undefined ? [] : [`**Post-mortem**: <${postMortem.url}>`]),
    ...(postMortem?.problem === undefined
      ? []
      : [`:warning: **No post-mortem**: ${prose(capital(postMortem.problem))}`]),
    ...(incident === undefined ? [] : [leakedKeys(incident)]),
    ...(held.length === 0 ? [] : ["### What has to wait", held.map(heldLine).join("\n")]),
    ...(incident === undefined
      ? [effectsList(answer?.effects ?? [])]
      : [
          `**Exposure**: ${exposure(incident)}`,
          unknownKeys(incident),
          reviewed(incident.review),
          "### What happened",
          timeLine(incident),
        ]),
    "### The secret now",
    notDescribed === undefined ? keysTable(status, now) : prose(capital(notDescribed)),
    ...(alarms.length === 0 ? [] : ["### Alarms", findingsList(alarms)]),
    factsOf(asked, shown),
    ...(postMortem?.text === undefined ? [] : [toPaste(postMortem.text)]),
    "",
  ]
    .filter((part, i, all) => part !== "" || i === all.length - 1)
    .join("\n\n");
}

/** The mark of a leak stays for a while on a version whose key is proven dead: that is no alarm beside its proof. */
function alarmsOf({ status, verdict }: Shown): readonly Finding[] {
  const isOver = (versionId: string | undefined) =>
    isDead(verdict) && status.keys.some((key) => key.versionId === versionId && key.phase === "retired");
  return status.findings.filter(
    ({ severity, code, versionId }) => severity === "alarm" && !(code === "leak-open" && isOver(versionId)),
  );
}

const SIGNS = {
  dead: ":white_check_mark:",
  "dead-already": ":white_check_mark:",
  alive: ":rotating_light:",
  unproven: ":warning:",
  refused: ":x:",
  unknown: ":rotating_light:",
} as const satisfies Record<Verdict["kind"], string>;

function headline({ verdict, failure, status, inputs }: Shown): string {
  const sign = isDead(verdict) && failure !== undefined ? ":warning:" : SIGNS[verdict.kind];
  const drill = inputs.request.operation === "leak-response" && inputs.request.drill ? "Drill on " : "";
  return `${sign} ${drill}${code(status.name)}: ${verdict.words}`;
}

function whatNext({ answer }: Contained, { inputs, run, startMs, status }: Shown): readonly string[] {
  if (answer !== undefined) {
    const isHidden = answer.outcome === "refuse" || shownKey(answer, inputs) !== keyGiven(inputs);
    const pasted = isHidden && keyGiven(inputs) !== "all" ? [PASTED] : [];
    return [`**Next**: ${instruction(capital(answer.next))}`, ...pasted];
  }
  const responder = responderName(status.deployment ?? "");
  const { request } = inputs;
  const isLeak = request.operation === "leak-response";
  const twice = isLeak
    ? "it joins what was begun, while a leaked key may work"
    : "asked twice, it is done once";
  const again = `1. Run this job again${run.url === undefined ? "" : ` (<${run.url}>)`}: ${twice}.`;
  const dated = { secret: status.name, requestedAt: new Date(startMs).toISOString() };
  return [
    "**Next**, in this order:",
    [again, ...(isLeak ? [`2. ${FROM_A_TERMINAL}`] : [])].join("\n"),
    ...(isLeak ? [shell(invocation({ ...request, ...dated }, responder, run.region))] : []),
    BY_HAND,
    "The responder's log says why there was no answer:",
    shell(`aws logs tail /aws/lambda/${responder} --since 30m --region ${run.region}`),
  ];
}

const FROM_A_TERMINAL =
  "If there is no answer again, ask for the end of all live keys from a terminal, with a role that may invoke the responder:";

const BY_HAND =
  "Where nothing answers, end the key in the vendor's dashboard: make a new key there first if logins must go on. Then run " +
  "this job again, which proves the end and finishes the rest.";

/** Without what names a key, for that may be its value (P6); a repeat of this job's own request. */
function invocation(
  { operation, secret, requestedAt, drill }: LeakRequest,
  responder: string,
  region: string,
): string {
  const reason = "from a terminal, for the workflow got no answer";
  const payload = JSON.stringify({
    operation,
    secret,
    reason,
    requestedAt,
    ...(drill === undefined ? {} : { drill }),
  });
  return [
    `aws lambda invoke --function-name ${responder} --region ${region} \\`,
    "  --cli-binary-format raw-in-base64-out --cli-read-timeout 150 \\",
    `  --payload '${payload}' /dev/stdout`,
  ].join("\n");
}

function shell(command: string): string {
  return `\`\`\`sh\n${command}\n\`\`\``;
}

const PASTED =
  "What was given as the key is not shown here, for it may be a key's value. If it is one, this run has it in its inputs and its log: " +
  "delete the run when the incident is over, and give the key's id, or the sha256 of its value.";

function effectsList(effects: readonly EffectReport[]): string {
  if (effects.length === 0) return "";
  const lines = effects.map((any) => {
    const { outcome, because, failure } = any;
    return `1. ${effectWords(any)} (${outcome}): ${prose(because)}${failure === undefined ? "" : `: ${code(failure)}`}`;
  });
  return ["### What was done", lines.join("\n")].join("\n\n");
}

function factsOf({ answer }: Contained, { inputs, run, startMs, now }: Shown): string {
  const { request } = inputs;
  const key =
    request.operation === "revoke" && answer !== undefined && answer.outcome !== "refuse"
      ? [`key ${code(shownKey(answer, inputs))}`]
      : [];
  const incident = answer?.incident === undefined ? [] : [`incident ${code(answer.incident.id)}`];
  return [
    `took ${age(startMs, now)}`,
    run.region,
    ...key,
    ...incident,
    `reason: ${prose(request.reason)}`,
  ].join(" · ");
}

function toPaste({ title, body }: NonNullable<PostMortemEnd["text"]>): string {
  return `<details><summary>The post-mortem, to paste into an issue</summary>\n\n~~~~~~text\n${title}\n\n${body}\n~~~~~~\n\n</details>`;
}
