import { parseResponderRequest, type ResponderRequest } from "../contract/requests.ts";
import type { EffectReport, HeldItem, ResponderAnswer } from "../contract/responder-answer.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Goal, Hold } from "../core/cutover/observation.ts";
import type { JournalEntry } from "../core/run.ts";
import { wordAnswer } from "./answer-words.ts";
import { type Composition, createHandler, type FunctionParts } from "./handler.ts";
import { type GoalParts, reportEffect, runGoal } from "./run-goal.ts";

/**
 * Makes the responder's handler: it carries out what an operator asks for, and answers with what came of it.
 *
 * An answer is what a run came to, a refusal included; an error is thrown where there was no run, or none that came to
 * its end: the request is not understood, the secret has no policy, AWS does not answer.
 */
export function createResponder(parts: FunctionParts<Composition>) {
  return createHandler(parts, { parse: parseResponderRequest, serve });
}

async function serve(request: ResponderRequest, parts: GoalParts): Promise<ResponderAnswer> {
  const { operation, reason } = request;
  parts.telemetry.log("info", "an operator asks", {
    secret: nameOfSecret(request.secret),
    operation,
    reason,
  });
  return pursue(request, goalOf(request), parts);
}

function goalOf(request: ResponderRequest): Goal {
  if (request.operation !== "retire-now") return { kind: request.operation };
  return { kind: request.operation, scope: request.evenIfUsed ? "used" : "unknown" };
}

/** Pursues one goal for an operator. */
async function pursue(request: ResponderRequest, goal: Goal, parts: GoalParts): Promise<ResponderAnswer> {
  const { operation, secret } = request;
  const effects: EffectReport[] = [];
  const onEffect = (entry: JournalEntry) => void effects.push(reportEffect(entry));
  const outcome = await runGoal(secret, goal, { ...parts, onEffect });
  return {
    operation,
    secret: nameOfSecret(secret),
    outcome: outcome.kind,
    ...(outcome.kind === "refuse" ? { because: outcome.because } : {}),
    ...wordAnswer(request, outcome, effects),
    held: outcome.kind === "wait" ? outcome.holds.map(reportHold) : [],
    effects,
  };
}

function reportHold({ because, versionId, keyId, untilMs, alarm }: Hold): HeldItem {
  return {
    because,
    ...(versionId === undefined ? {} : { versionId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
    alarm,
  };
}
