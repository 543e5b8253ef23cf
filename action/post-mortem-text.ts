import { createHash } from "node:crypto";
import type { IncidentRecord } from "../contract/incident-record.ts";
import { exposure, leakedKeys, timeLine, unknownKeys } from "./incident-markdown.ts";
import { code, instruction, prose } from "./markdown.ts";
import { reviewed } from "./review-markdown.ts";
import { judgeIncident } from "./verdict.ts";

/** GitHub's own limit on an issue's text. */
const MAX_CHARACTERS = 65_536;

const CUT =
  "\n\n_Cut here: GitHub takes no longer text. The rest is in the job's summary, and in the record of the incident._";

/** The issue of an incident, as it is first opened. */
export interface PostMortemText {
  readonly title: string;
  readonly body: string;
}

/** Names an incident in an issue's text, where nobody sees it. The ARN, which tells the account, is not to be read. */
export function markerOf({ secretArn, id }: IncidentRecord): string {
  return `<!-- dualkey:incident:${createHash("sha256").update(`${secretArn} ${id}`).digest("hex").slice(0, 32)} -->`;
}

function endOf(marker: string): string {
  return marker.replace("dualkey:incident:", "dualkey:end:");
}

/** Writes the issue of an incident: what is known, which each run writes anew, and what people have to find out. */
export function writePostMortem(incident: IncidentRecord, runUrl: string | undefined): PostMortemText {
  const day = incident.startedAt.slice(0, 10);
  const title = `${incident.drill ? "Drill: leak" : "Leak"} of ${incident.secret}'s key, ${day}`;
  const questions = incident.drill ? QUESTIONS_OF_A_DRILL : QUESTIONS;
  const rest = `\n\n## Open questions\n\n${questions.map((text) => `- [ ] ${text}`).join("\n")}\n\n## Notes\n\n`;
  return { title, body: `${fitting(known(incident, runUrl), MAX_CHARACTERS - rest.length)}${rest}` };
}

/**
 * Puts what is known now into an issue's text that people may have edited. All outside of the two marks is theirs. Where
 * the second mark is gone, all below the first is taken to be theirs, too.
 */
export function updatePostMortem(body: string, incident: IncidentRecord, runUrl: string | undefined): string {
  const marker = markerOf(incident);
  const start = body.indexOf(marker);
  const before = start < 0 ? "" : body.slice(0, start);
  const from = start < 0 ? body : body.slice(start + marker.length);
  const end = from.indexOf(endOf(marker));
  const after = end < 0 ? `\n\n${from.trimStart()}` : from.slice(end + endOf(marker).length);
  const room = MAX_CHARACTERS - before.length - after.length;
  return `${before}${fitting(known(incident, runUrl), room)}${after}`;
}

/** The part that is written anew, in its two marks, cut at the end of a line where there is no room for it. */
function fitting({ marker, text }: { marker: string; text: string }, room: number): string {
  const around = `${marker}\n\n\n\n${endOf(marker)}`.length;
  if (text.length + around <= room) return `${marker}\n\n${text}\n\n${endOf(marker)}`;
  const lines = text.slice(0, Math.max(0, room - around - CUT.length)).split("\n");
  return `${marker}\n\n${lines.slice(0, -1).join("\n")}${CUT}\n\n${endOf(marker)}`;
}

function known(incident: IncidentRecord, runUrl: string | undefined): { marker: string; text: string } {
  const { secret, environment, provider, mode, target, runs, held } = incident;
  const { words } = judgeIncident(incident);
  const reasons = [...new Set(runs.flatMap(({ reason }) => reason ?? []))];
  const facts = [environment, provider, mode, `target ${code(target)}`, `incident ${code(incident.id)}`];
  const text = [
    `**${code(secret)}: ${words}.**${incident.drill ? " A drill: nothing has leaked." : ""}`,
    facts.map((fact) => (fact.includes("`") ? fact : prose(fact))).join(" · "),
    ...(reasons.length === 0 ? [] : [`Why it was called: ${reasons.map(code).join(", ")}`]),
    ...(runUrl === undefined
      ? []
      : [`Written by <${runUrl}>. Each run writes this part anew, down to the open questions.`]),
    "## Keys",
    leakedKeys(incident),
    unknownKeys(incident),
    "## Exposure",
    exposure(incident),
    reviewed(incident.review),
    "## Still owed",
    held.length === 0
      ? "Nothing."
      : held
          .map(
            ({ because, alarm }) => `- ${alarm ? ":rotating_light:" : ":hourglass:"} ${instruction(because)}`,
          )
          .join("\n"),
    "## Time line",
    timeLine(incident),
  ];
  // Nothing that is quoted can look like a mark.
  const whole = text
    .filter((part) => part !== "")
    .join("\n\n")
    .replaceAll("<!--", "<! --");
  return { marker: markerOf(incident), text: whole };
}

const QUESTIONS = [
  "How did it leak: log, ticket, chat, screenshot, repository, CI output, a laptop?",
  "When did it leak? The exposure above begins then where that was known, and else with the key's birth. Which of the sends above came after it?",
  "Who else saw it, and has it been removed there (and from caches, forks, backups)?",
  "Could the leaked key make other keys, or read who was sent to? Was it used for that?",
  "Do the sends above match what the service sent? Is the vendor to be asked for a refund?",
  "Which alerts fired, when, and who saw them? Which should have fired?",
  "Were people's phone numbers exposed, and does somebody have to be told?",
  "What keeps the next one from leaking, and who does it by when?",
] as const;

const QUESTIONS_OF_A_DRILL = [
  "Did the person on call find the workflow, and know what to put in?",
  "Which alerts fired, when, and who saw them? Which should have fired?",
  "Which step took longest, and did any login fail?",
  "What would have been different in production: permissions, people, the vendor's dashboard?",
  "What is to be mended before the next drill, and who does it by when?",
] as const;
