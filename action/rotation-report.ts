import type { KeyStatus } from "../contract/key-status.ts";
import { type DescribedSecret, formatStatus, type SecretStatus, statusOf } from "../contract/status.ts";
import type { Failure } from "./failure.ts";
import type { Followed } from "./follow.ts";
import type { RotateInputs } from "./inputs.ts";
import { findingsList, keysTable } from "./keys-table.ts";
import { age, code, prose } from "./markdown.ts";
import type { Run } from "./run.ts";
import type { Report } from "./runner.ts";

/** How a rotation ended. `started`: nobody wanted to wait. */
export type RotationEnd =
  | Followed
  | (Omit<Followed, "end"> & { readonly end: "started" })
  | (Omit<Followed, "end"> & { readonly end: "refused"; readonly because: string });

/** What a report tells of, besides the end. */
export interface Told {
  readonly inputs: RotateInputs;
  readonly run: Run;
  /** The secret as it was at the start. */
  readonly before: DescribedSecret;
  readonly token: string;
  readonly startMs: number;
  readonly now: number;
}

/** The names of the ends in output `phase`. */
const PHASES = {
  promoted: "promoted",
  started: "pending",
  "time-over": "pending",
  cancelled: "pending",
  "lost-sight": "pending",
  "given-up": "given-up",
  refused: "refused",
} as const satisfies Record<RotationEnd["end"], string>;

/** Live keys that were replaced. */
export function retiringKeys({ keys }: Pick<SecretStatus, "keys">): readonly KeyStatus[] {
  return keys.filter(({ phase }) => phase === "retiring" || phase === "condemned");
}

/** Writes what came of a rotation: outputs, summary, and why it is red. */
export function reportRotation(end: RotationEnd, told: Told): Report {
  const status = statusOf(end.secret, { kind: "not-read" }, told.now);
  const failure = failureOf(end, status, told);
  const previous = previousVersion(end, told);
  const retiring = retiringKeys(status);
  const promotedAtMs = retiring.find(({ versionId }) => versionId === previous)?.replacedAtMs ?? end.atMs;
  return {
    ...(failure === undefined ? {} : { failure }),
    outputs: {
      phase: PHASES[end.end],
      "version-id": end.end === "refused" ? "" : told.token,
      "previous-version-id": previous ?? "",
      "promoted-at": end.end === "promoted" ? new Date(promotedAtMs).toISOString() : "",
      retiring: JSON.stringify(retiring.map(({ versionId }) => versionId)),
      secrets: JSON.stringify([formatStatus(status)]),
    },
    summary: summaryOf(end, status, { ...told, failure }),
  };
}

/** The version that was current before; on a repeated look, the one that the service calls the previous one. */
function previousVersion({ end, secret }: RotationEnd, { before, token }: Told): string | undefined {
  const holderOf = ({ versions }: DescribedSecret, label: string) =>
    versions.find(({ id, stages }) => id !== token && stages.includes(label))?.id;
  return holderOf(before, "AWSCURRENT") ?? (end === "promoted" ? holderOf(secret, "AWSPREVIOUS") : undefined);
}

function failureOf(end: RotationEnd, status: SecretStatus, { token, inputs }: Told): Failure | undefined {
  const { name } = status;
  switch (end.end) {
    case "promoted":
    case "started":
      return undefined;
    case "refused":
      return { title: "dualkey: rotation refused", message: end.because };
    case "given-up":
      return {
        title: "dualkey: rotation given up",
        message: `${name}: the rotation of version ${token} was given up: AWSPENDING is off it, and it is not current. See why in the rotator's log, then run the job again`,
      };
    case "cancelled":
      return {
        title: "dualkey: job cancelled",
        message: `${name}: the job was cancelled. The rotation of version ${token} goes on in AWS: see it with operation: status`,
      };
    case "lost-sight":
      return {
        title: "dualkey: rotation out of sight",
        message: `${name}: the rotation of version ${token} goes on in AWS, and cannot be followed: ${end.because}`,
      };
    case "time-over": {
      const isMade = status.keys.some(({ versionId, phase }) => versionId === token && phase === "pending");
      const where = isMade ? "the new key is made, and not promoted" : "no new key is made";
      return {
        title: "dualkey: rotation not finished",
        message: `${name}: after ${inputs.waitSeconds} s (input wait-seconds) ${where}. See why in the rotator's log; dualkey finishes the rotation, or gives it up, within about ten minutes`,
      };
    }
  }
}

function summaryOf(
  end: RotationEnd,
  status: SecretStatus,
  told: Told & { readonly failure: Failure | undefined },
): string {
  const { failure, inputs, run, startMs, now } = told;
  const sign = failure === undefined ? ":white_check_mark:" : ":x:";
  const alarms = status.findings.filter(({ severity }) => severity === "alarm");
  const facts = [
    `took ${age(startMs, now)}`,
    run.region,
    ...(inputs.reason === undefined ? [] : [`reason: ${prose(inputs.reason)}`]),
  ];
  return [
    `## Rotation of ${code(status.name)}: ${PHASES[end.end]}`,
    `${sign} ${failure === undefined ? resultOf(end, status) : prose(failure.message)}.`,
    ...(failure === undefined
      ? []
      : [reassuranceOf(end, told), ...logOf(end, told)].filter((text) => text !== "")),
    keysTable(status, now),
    ...(alarms.length === 0 ? [] : ["### Alarms", findingsList(alarms)]),
    facts.join(" · "),
    "",
  ].join("\n\n");
}

function resultOf({ end }: RotationEnd, status: SecretStatus): string {
  if (end === "started") return "The rotation is started; this job does not wait for it (wait-seconds is 0)";
  return retiringKeys(status).length === 0
    ? "The new key is current, and no other key is left"
    : "The new key is current. The previous one works on until evidence shows that all consumers have moved; dualkey revokes it then, and nobody needs to do anything";
}

/** The first question at night: does anything stand still? AWSCURRENT answers it. */
function reassuranceOf({ secret, isStale }: RotationEnd, { before }: Told): string {
  if (isStale) return "The keys as they were when they were last seen:";
  const currentOf = ({ versions }: DescribedSecret) =>
    versions.find(({ stages }) => stages.includes("AWSCURRENT"))?.id;
  const current = currentOf(secret);
  return current !== undefined && current === currentOf(before)
    ? "**Consumers are not affected**: the key under AWSCURRENT is the one from before."
    : "";
}

function logOf({ end }: RotationEnd, { before, run }: Told): readonly string[] {
  const name = /:function:([^:]+)/.exec(before.rotatorArn ?? "")?.[1];
  if (!(end === "given-up" || end === "time-over") || name === undefined) return [];
  const command = `aws logs tail /aws/lambda/${name} --since 30m --region ${run.region}`;
  return ["The rotator's log says why:", `\`\`\`sh\n${command}\n\`\`\``];
}
