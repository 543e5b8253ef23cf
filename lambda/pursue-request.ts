import type { ResponderRequest } from "../contract/requests.ts";
import type { EffectReport, HeldItem, ResponderAnswer } from "../contract/responder-answer.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Hold } from "../core/cutover/observation.ts";
import { reportEffect } from "../core/report-effect.ts";
import type { Pursued } from "./run-goal.ts";

type Bare = Omit<ResponderAnswer, "result" | "next" | "goesOn">;

/** What a run came to, but for the words. */
export function answerFrom(
  { operation, secret }: Extract<ResponderRequest, { readonly secret: string }>,
  { outcome, watch }: Pick<Pursued, "outcome" | "watch">,
): Bare {
  const effects: readonly EffectReport[] = watch.entries().map(reportEffect);
  return {
    operation,
    secret: nameOfSecret(secret),
    outcome: outcome.kind,
    ...(outcome.kind === "refuse" ? { because: outcome.because } : {}),
    ...(outcome.kind === "done" && outcome.proof !== undefined ? { proof: outcome.proof } : {}),
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
