import type { SecretStatus } from "../contract/status.ts";
import { findingsList, keysTable } from "./keys-table.ts";
import { age, code, plural, prose, table, time } from "./markdown.ts";

/** Where and when a status was read. */
export interface Around {
  readonly region: string;
  readonly deployment: string | undefined;
  readonly now: number;
}

/** GitHub cuts a step's summary off at 1 MiB; this many secrets in detail stay far below it. */
const MAX_DETAILS = 200;

/** How many findings there are, by severity. */
export function countFindings(statuses: readonly SecretStatus[]): { alarms: number; notices: number } {
  const all = statuses.flatMap(({ findings }) => findings);
  const alarms = all.filter(({ severity }) => severity === "alarm").length;
  return { alarms, notices: all.length - alarms };
}

/** Writes the summary: what needs somebody first, then every secret in a line, then every key. */
export function summarize(statuses: readonly SecretStatus[], { region, deployment, now }: Around): string {
  const { alarms, notices } = countFindings(statuses);
  const sign = alarms > 0 ? ":rotating_light:" : ":white_check_mark:";
  const counts = [
    `${statuses.length} ${statuses.length === 1 ? "secret" : "secrets"}`,
    plural(alarms, "alarm"),
    plural(notices, "notice"),
  ];
  const found = statuses.filter(({ findings }) => findings.length > 0);
  const details = statuses.filter((status) => status.phase !== "steady").slice(0, MAX_DETAILS);
  return [
    `## Keys${deployment === undefined ? "" : ` of ${code(deployment)}`}: ${alarms === 0 ? "no alarm" : plural(alarms, "alarm")}`,
    `${sign} ${counts.join(", ")}.`,
    ...found.map(({ name, findings }) => `**${code(name)}**\n\n${findingsList(findings)}`),
    ...(statuses.length === 0 ? [] : [overview(statuses, now)]),
    ...details.map((status) => `### ${code(status.name)}\n\n${keysTable(status, now)}`),
    `${region} · read ${time(now)} · a listing may be some minutes late`,
    "",
  ].join("\n\n");
}

function overview(statuses: readonly SecretStatus[], now: number): string {
  return table(
    ["secret", "environment", "phase", "age of the current key", "next"],
    statuses.map((status) => {
      const { alarms } = countFindings([status]);
      const current = status.keys.find(({ phase }) => phase === "current");
      const going = status.keys.find(({ phase }) => phase === "retiring" || phase === "condemned");
      const next = going
        ? `the previous key ${going.nextStep}`
        : `the key ${current?.nextStep ?? "is missing"}`;
      return [
        code(status.name),
        prose(status.environment ?? "–"),
        [
          status.phase,
          ...(status.pausedAtMs === undefined ? [] : ["paused"]),
          ...(alarms === 0 ? [] : [`**${plural(alarms, "alarm")}**`]),
        ].join(", "),
        current === undefined ? "–" : age(current.bornAtMs, now),
        prose(next),
      ];
    }),
  );
}
