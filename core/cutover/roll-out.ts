import { isReporting, type RolledConsumer, stalenessOf } from "../../contract/consumer-policy.ts";
import type { Policy } from "../../contract/policy.ts";
import { reportsOn } from "./evidence.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { alarm, effect, hold, look, waitFor } from "./steps.ts";

/** The move of AWSCURRENT that consumers have to follow. */
export interface Followed {
  readonly current: Version;
  readonly replacedAt: number;
  /** The key before is dead: no canary goes first. */
  readonly isUrgent?: boolean;
}

/**
 * Rolls the consumers that read their key at start. The canary, which is the policy's first consumer, goes before the
 * others, and these follow when it has moved and the provider does not reject it. Rolled-out is observed (a deployment
 * newer than the cutover), never remembered, so that a crash rolls nobody twice.
 *
 * @returns what is to be done or waited for; nothing when every consumer that is rolled has the new key
 */
export function rollConsumers(
  observation: Observation,
  followed: Followed,
  policy: Policy,
  now: number,
): Decision | undefined {
  for (const [place, consumer] of policy.consumers.entries()) {
    if (consumer.kind !== "ecs-service" && consumer.kind !== "lambda-function") continue;
    const early =
      place === 0 || followed.isUrgent ? undefined : waitForCanary(observation, followed, policy, now);
    const decision = early ?? rollOne(observation, consumer, followed, { policy, now });
    if (decision) return decision;
  }
  return undefined;
}

function rollOne(
  { rollouts, run }: Observation,
  consumer: RolledConsumer,
  { replacedAt }: Followed,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Decision | undefined {
  const { name } = consumer;
  const state = rollouts[name];
  if (state === undefined) return look({ kind: "rollout", consumer, sinceMs: replacedAt });
  const isOverdue = now >= replacedAt + policy.maxOverlapSeconds * 1000;
  switch (state.kind) {
    case "done":
      return undefined;
    case "not-started":
      if (run.unrolled[name] !== undefined) return alarm(unrollable(name, run.unrolled[name]));
      if (run.rolled.includes(name))
        return hold(`consumer ${name} is started anew, and that does not show yet`);
      return effect(
        { kind: "roll", consumer },
        `consumer ${name} reads its key at start, and has the one before`,
      );
    case "under-way":
      return waitFor([
        { because: `consumer ${name} is being started anew: ${state.because}`, alarm: isOverdue },
      ]);
    case "failed":
      return alarm(unrollable(name, state.because));
    case "unknown": {
      const because = `whether consumer ${name} was started anew is unknown: ${state.because}`;
      return waitFor([{ because, alarm: state.isRefused || isOverdue }]);
    }
  }
}

function unrollable(name: string, because: string): string {
  return `consumer ${name} cannot be started anew: ${because}. Start it by hand, or retire the key all the same, with a reason: retire-now`;
}

/** A canary that reports must have sent with the new key; another has moved when its cache is old, or it is rolled. */
function waitForCanary(
  observation: Observation,
  { current, replacedAt }: Followed,
  policy: Policy,
  now: number,
): Decision | undefined {
  const [canary] = policy.consumers;
  if (canary === undefined) return undefined;
  const staleMs = (stalenessOf(canary) ?? 0) * 1000;
  if (!isReporting(canary)) {
    if (now >= replacedAt + staleMs) return undefined; // one that is rolled was rolled before this is asked
    return hold(`the canary ${canary.name} may still have the key before`, { untilMs: replacedAt + staleMs });
  }
  const { reports } = observation;
  if (reports === undefined) return lookAtReports(observation, policy, replacedAt);
  if (reports.kind === "unknown") return hold(`the canary's report is unknown: ${reports.because}`);
  const use = reportsOn(current.id, reports).find(({ consumer }) => consumer === canary.name)?.use;
  if ((use?.sends ?? 0) > (use?.rejections ?? 0)) return undefined;
  const isOverdue = now >= replacedAt + policy.maxOverlapSeconds * 1000;
  const because = `the canary ${canary.name} has not sent with the new key yet, as far as it reports`;
  return waitFor([{ because, alarm: isOverdue }]);
}

/** What all consumers that report have said of the current version and of those that are retiring. */
export function lookAtReports({ secret }: Observation, { consumers }: Policy, sinceMs: number): Decision {
  const isAsked = (version: Version) =>
    version.isCurrent || version.labels.some(({ kind }) => kind === "replaced");
  return look({
    kind: "reports",
    consumers: consumers.filter(isReporting).map(({ name }) => name),
    versionIds: secret.versions.filter(isAsked).map(({ id }) => id),
    sinceMs,
  });
}
