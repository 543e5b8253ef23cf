import { formatStatus, type SecretStatus, statusOf } from "../contract/status.ts";
import {
  type ContainEnd,
  type Contained,
  endOf,
  summarizeContainment,
  type Told,
} from "./containment-summary.ts";
import type { Failure } from "./failure.ts";
import { keysTable } from "./keys-table.ts";
import { capital, code, prose } from "./markdown.ts";
import type { Report } from "./runner.ts";
import { judgeAnswer, type Verdict } from "./verdict.ts";

/** Writes what came of a key that was to end: outputs, summary, and why it is red. */
export function reportContainment(end: ContainEnd, told: Told): Report {
  const status = statusOf(end.secret, { kind: "not-read" }, told.now);
  if (end.end === "not-asked") return reportRefusal(end.because, status, told);
  const { answer, postMortem, notDescribed } = end;
  const verdict = judgeAnswer(answer);
  const failure = failureOf(end, verdict, status);
  const incident = answer?.incident;
  const warnings = [
    ...warningOf("no post-mortem", postMortem?.problem),
    ...warningOf("the secret could not be described", notDescribed),
  ];
  return {
    ...(failure === undefined ? {} : { failure }),
    warnings,
    outputs: {
      outcome: answer?.outcome ?? "",
      held: JSON.stringify(answer?.held ?? []),
      secrets: JSON.stringify(notDescribed === undefined ? [formatStatus(status)] : []),
      proof: answer?.proof ?? "",
      ...(told.inputs.operation === "revoke"
        ? {}
        : {
            incident: incident === undefined ? "" : JSON.stringify(incident),
            "containment-seconds": String(incident?.containmentSeconds ?? ""),
            "leaked-keys-alive": aliveOf(end, verdict),
            "post-mortem-url": postMortem?.url ?? "",
          }),
    },
    summary: summarizeContainment(end, { verdict, failure, status, ...told }),
  };
}

function warningOf(title: string, message: string | undefined): Failure[] {
  return message === undefined ? [] : [{ title: `dualkey: ${title}`, message }];
}

/** Empty where nobody knows. */
function aliveOf({ answer }: Contained, { kind }: Verdict): string {
  if (kind === "dead-already") return "0";
  const alive = answer?.incident?.keys.filter(({ state }) => state === "alive").length;
  return alive === undefined || (alive === 0 && kind === "alive") ? "" : String(alive);
}

function reportRefusal(because: string, status: SecretStatus, { inputs, now }: Told): Report {
  const failure = { title: `dualkey: ${inputs.operation} not asked for`, message: because };
  const summary = [
    `## :rotating_light: ${code(status.name)}: NOTHING WAS DONE about the key`,
    prose(capital(because)),
    keysTable(status, now),
    "",
  ].join("\n\n");
  return {
    failure,
    outputs: { outcome: "refuse", held: "[]", secrets: JSON.stringify([formatStatus(status)]) },
    summary,
  };
}

const TITLES = {
  alive: "the key still works",
  unproven: "the key is not proven dead",
  refused: "refused",
  unknown: "nobody knows whether the key works",
} as const;

/** Red while the key may live, or nothing proves its end; and where a person has to do the rest. */
function failureOf(asked: Contained, verdict: Verdict, { name }: SecretStatus): Failure | undefined {
  const { answer } = asked;
  const { kind, words } = verdict;
  const next = answer === undefined ? "What to do now is in the summary" : answer.next;
  if (kind !== "dead" && kind !== "dead-already") {
    const parts = [words, ...(answer === undefined ? [] : [answer.result]), ...endOf(asked), next];
    return { title: `dualkey: ${TITLES[kind]}`, message: `${name}: ${parts.map(capital).join(" ")}` };
  }
  const alarms = (answer?.held ?? []).filter(({ alarm }) => alarm);
  if (answer?.outcome !== "refuse" && answer?.goesOn !== false && alarms.length === 0) return undefined;
  const rest = [answer?.result, ...alarms.map(({ because }) => because), next]
    .map((part = "") => capital(part))
    .join(" ");
  return {
    title: "dualkey: the key is dead, and something is left to do",
    message: `${name}: ${words}. ${rest}`,
  };
}
