import type { EffectReport } from "../contract/responder-answer.ts";
import type { JournalEntry } from "./context.ts";

/**
 * Says of an effect what may be told. Field by field, so that what an entry may hold one day does not get into a log, an
 * answer or a record by itself.
 */
export function reportEffect(entry: JournalEntry): EffectReport {
  const { effect, because, outcome, versionId, keyId, label, error } = entry;
  return {
    effect,
    because,
    outcome,
    ...(versionId === undefined ? {} : { versionId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(label === undefined ? {} : { label }),
    ...(error === undefined ? {} : { failure: error }),
  };
}
