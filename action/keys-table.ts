import type { Finding } from "../contract/finding.ts";
import type { KeyStatus } from "../contract/key-status.ts";
import type { SecretStatus } from "../contract/status.ts";
import { age, code, instruction, prose, shortId, table, time } from "./markdown.ts";

/** The keys of one secret: which version, where it is, how old its key is, and what happens to it next. */
export function keysTable({ keys }: Pick<SecretStatus, "keys">, now: number): string {
  if (keys.length === 0) return "No version of it has a key.";
  return table(
    ["version", "label", "phase", "age of the key", "next"],
    keys.map((key) => [
      shortId(key.versionId),
      key.stages.map(code).join(" ") || "–",
      phaseCell(key, now),
      key.phase === "empty" ? "–" : age(key.bornAtMs, now),
      prose(readable(key.nextStep)),
    ]),
  );
}

/** Findings as a list, alarms first. */
export function findingsList(findings: readonly Finding[]): string {
  return findings
    .map(({ severity, versionId, message }) => {
      const about = versionId === undefined ? "" : `${shortId(versionId)}: `;
      return `- ${severity === "alarm" ? ":rotating_light:" : ":information_source:"} ${about}${instruction(message)}`;
    })
    .join("\n");
}

function phaseCell(key: KeyStatus, now: number): string {
  const marks = key.marks.filter((mark) => mark !== key.phase);
  const name = [`**${key.phase}**`, ...marks.map((mark) => `**${mark}**`)].join(", ");
  const sinceMs = key.phase === "condemned" ? key.condemnedAtMs : key.replacedAtMs;
  const isGoing = key.phase === "condemned" || key.phase === "retiring";
  return isGoing && sinceMs !== undefined ? `${name} for ${age(sinceMs, now)}` : name;
}

/** Times inside of sentences, to the minute. */
function readable(sentence: string): string {
  return sentence.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => time(Date.parse(iso)));
}
