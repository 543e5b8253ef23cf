import {
  OutcomeUnknownError,
  PromiseBrokenError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../contract/errors.ts";
import type { Carried } from "./attempt.ts";
import type { Context, JournalEntry } from "./context.ts";
import { asMarked } from "./cutover/mark-leak.ts";
import type { Decision, Effect, Goal, Observation } from "./cutover/observation.ts";
import { wouldBreak } from "./cutover/would-break.ts";
import { carryOut } from "./effects.ts";

/** Carries one effect out. Its failure is a fact like any other: the next look and the next decision deal with it. */
export async function apply(
  { effect, because }: Extract<Decision, { kind: "effect" }>,
  observation: Observation,
  goal: Goal,
  context: Context,
): Promise<Carried> {
  const named = goal.kind === "leak-response" ? asMarked(observation, goal) : observation;
  const broken = wouldBreak(effect, named);
  if (broken) throw new PromiseBrokenError(`${goal.kind}: ${effect.kind} would break ${broken}`);
  const { run, error } = await carryOut(effect, named, context);
  const carried = error ? { run, error } : { run: { ...run, applied: run.applied + 1 } };
  context.ports.journal.record({
    goal: goal.kind,
    effect: effect.kind,
    because,
    outcome: outcomeOf(carried.error),
    ...aboutEffect(effect),
    ...(carried.error === undefined ? {} : { error: carried.error.message }),
  });
  return carried;
}

function outcomeOf(error: Error | undefined): JournalEntry["outcome"] {
  if (error === undefined) return "applied";
  if (error instanceof StaleStateError) return "stale";
  if (error instanceof ProviderRejectedError || error instanceof ProviderUnavailableError)
    return "not-applied";
  if (error instanceof OutcomeUnknownError) return "unknown";
  throw error;
}

function aboutEffect(effect: Effect): Pick<JournalEntry, "versionId" | "keyId" | "label"> {
  switch (effect.kind) {
    case "make-key":
    case "accept-key":
    case "take-offer":
    case "replace-key":
    case "roll":
      return {};
    case "announce":
      return { versionId: effect.event.detail.versionId };
    case "revoke-key":
    case "remove-key":
      return { keyId: effect.keyId };
    case "promote":
      return { versionId: effect.to };
    case "attach":
    case "detach":
      return { versionId: effect.versionId, label: effect.label.kind };
    default:
      return { versionId: effect.versionId };
  }
}
