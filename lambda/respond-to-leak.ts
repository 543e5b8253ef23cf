import { type IncidentRecord, incidentIdOf } from "../contract/incident-record.ts";
import type { LeakRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { DeadKey } from "../core/incident/records.ts";
import { reviewIncident } from "../core/incident/review-incident.ts";
import { isSha256 } from "../core/leak-target.ts";
import { findEnded } from "./find-ended.ts";
import { goalOf, lateRepeatOf, refuseFuture } from "./leak-goal.ts";
import { wordContained, wordLeak } from "./leak-words.ts";
import { answerFrom } from "./pursue-request.ts";
import { reserveMs } from "./reserve.ts";
import { type GoalParts, type Pursued, pursue } from "./run-goal.ts";
import { writeRecord } from "./write-record.ts";

/**
 * Answers a leak: contains it, keeps its record, and reviews what was sent. The review comes last, for it may take as long
 * as there is time; by then the record is written, and whoever listens has heard.
 */
export async function respondToLeak(request: LeakRequest, parts: GoalParts): Promise<ResponderAnswer> {
  const atMs = parts.now();
  const mistaken = refuseFuture(request, atMs);
  if (mistaken) return mistaken;
  const repeatedFromMs = lateRepeatOf(request, { atMs, fence: parts.fence });
  const ended = repeatedFromMs === undefined ? undefined : await findEnded(request, repeatedFromMs, parts);
  if (ended) return answerEnded(request, ended);
  const { mode, reason, drill, leakedAt } = request;
  const asked = {
    atMs,
    mode,
    reason,
    ...(drill === undefined ? {} : { drill }),
    ...(leakedAt === undefined ? {} : { leakedAt }),
  };
  const pursued = await pursue(request.secret, goalOf(request, atMs), parts, asked);
  const { outcome } = pursued;
  const isUnknown = outcome.kind === "refuse" && outcome.code === "unknown-key";
  const dead = isUnknown ? await findDead(request, parts) : undefined;
  const own = await ownIncident(pursued, nameOfSecret(request.secret), parts);
  const incident = await reviewed(own ?? (await findIncident(request, dead, parts)), pursued, parts);
  const answer = answerFrom(request, pursued);
  return {
    ...answer,
    ...wordLeak(request, { pursued, own, dead }),
    ...(incident === undefined ? {} : { incident }),
    ...(dead === undefined ? {} : { outcome: "done", proof: "proven" }),
  };
}

/** What the clock has ended since the request was first made is not done again. */
function answerEnded(request: LeakRequest, incident: IncidentRecord): ResponderAnswer {
  const { result, next, goesOn } = wordContained(incident);
  return {
    operation: request.operation,
    secret: nameOfSecret(request.secret),
    outcome: "done",
    held: [],
    effects: [],
    result: `${result}. This repeats a request of ${request.requestedAt}, whose incident is over: nothing was looked at`,
    next: `${next}. For a new leak, leave requestedAt out`,
    goesOn,
    incident,
  };
}

/** The incident that was asked for, as this run or one before it has left it: a run may have gone on with others, too. */
async function ownIncident(
  { own, watch, outcome }: Pursued,
  secret: string,
  parts: GoalParts,
): Promise<IncidentRecord | undefined> {
  const goal = watch.goal();
  if (own || goal === undefined || outcome.kind === "refuse") return own;
  return readIncident({ secret, id: incidentIdOf(goal) }, parts);
}

/** A record that cannot be read is as good as none: the answer does without. */
async function readIncident(
  incident: { readonly secret: string; readonly id: string },
  { incidents: { records }, signal, telemetry }: GoalParts,
): Promise<IncidentRecord | undefined> {
  try {
    return (await records?.readIncident(incident, { signal }))?.record;
  } catch (error) {
    const { secret } = incident;
    telemetry.log("warn", "a record could not be read", { secret, error: describeError(error) });
    return undefined;
  }
}

/** So many of a secret's incidents are looked through, the newest first. */
const MOST_INCIDENTS = 20;

/** The incident in which a key died, where that is over: whoever asks again after days is shown what there was. */
async function findIncident(
  { which, secret }: LeakRequest,
  dead: DeadKey | undefined,
  parts: GoalParts,
): Promise<IncidentRecord | undefined> {
  const { records } = parts.incidents;
  const keyId = dead?.keyId ?? which;
  if (records === undefined || keyId === "all") return undefined;
  const name = nameOfSecret(secret);
  try {
    const ids = await records.listIncidents({ secret: name }, { signal: parts.signal });
    for (const id of ids.slice(0, MOST_INCIDENTS)) {
      const record = await readIncident({ secret: name, id }, parts);
      if (record?.keys.some((key) => key.keyId === keyId)) return record;
    }
  } catch (error) {
    parts.telemetry.log("warn", "the records could not be asked", {
      secret: name,
      error: describeError(error),
    });
  }
  return undefined;
}

/** A key may be long gone, and its version with it: then the records know it by its id, or by the hash of its value. */
async function findDead({ which, secret }: LeakRequest, parts: GoalParts): Promise<DeadKey | undefined> {
  const { records } = parts.incidents;
  if (records === undefined || which === "all") return undefined;
  const name = nameOfSecret(secret);
  const what = isSha256(which) ? { sha256: which.toLowerCase() } : { secret: name, keyId: which };
  try {
    return await records.findDead(what, { signal: parts.signal });
  } catch (error) {
    parts.telemetry.log("warn", "the records could not be asked", {
      secret: name,
      error: describeError(error),
    });
    return undefined;
  }
}

/** What a review leaves of the time for writing it down and answering. */
const RESERVE_SHARE = 0.25;

async function reviewed(
  incident: IncidentRecord | undefined,
  { ports, policy }: Pursued,
  parts: GoalParts,
): Promise<IncidentRecord | undefined> {
  if (incident === undefined || incident.review?.coverage.kind === "complete") return incident;
  const deadlineMs = parts.deadlineMs - reserveMs(parts, RESERVE_SHARE);
  try {
    const review = await reviewIncident(incident, {
      ports,
      policy,
      deadlineMs,
      call: { signal: parts.signal },
    });
    if (review === undefined) return incident;
    const change = (before: IncidentRecord | undefined) => ({ ...(before ?? incident), review });
    const { id, secret } = incident;
    const { after } = await writeRecord({ id, secret, change }, parts);
    await parts.incidents.announcer?.announceIncident(after, { signal: parts.signal });
    return after;
  } catch (error) {
    const facts = { secret: incident.secret, error: describeError(error) };
    parts.telemetry.log("error", "the sends could not be reviewed: send leak-response again", facts);
    return incident;
  }
}
