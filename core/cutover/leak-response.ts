import type { Policy } from "../../contract/policy.ts";
import { endLeaks } from "./contain.ts";
import { RETRY_MS } from "./end-leaked.ts";
import { knowTarget } from "./know-target.ts";
import { asMarked, isMarked, markLeak, withLeak } from "./mark-leak.ts";
import { type Decision, type LeakGoal, MARK, type Observation } from "./observation.ts";
import type { Capabilities, SecretOutline, SecretView } from "./ports.ts";
import { alarm, done, firstOf, poll, refuse } from "./steps.ts";

/**
 * leak-response: the keys that a leak names are dead by its deadline, and a clean one is current.
 *
 * The label is the first effect, so that the clock finishes the job if everything else dies. Where it cannot be written,
 * the response goes on all the same, as if it were there, and tries again.
 */
export function respondToLeak(
  observation: Observation,
  goal: LeakGoal,
  policy: Policy,
  now: number,
): Decision {
  const { secret, run } = observation;
  const refusal = refuseLeak(secret, goal, { capabilities: run.capabilities, policy });
  if (refusal) return refusal;
  const marked = withLeak(secret, goal);
  if (marked === secret) return goOn(observation, goal, policy, now);
  const unknown = knowTarget(observation, goal, { policy, now });
  if (unknown) return unknown;
  const failed = run.failed[MARK];
  const mark = (): Decision => markLeak(secret, goal);
  if (failed === undefined) return mark();
  const seen = asMarked(observation, goal);
  return (
    firstOf([
      () => goOn(seen, goal, policy, now),
      () => (now >= failed.atMs + RETRY_MS ? mark() : undefined),
      () =>
        alarm(
          `the leak could not be marked: ${failed.because}. If this run dies, nobody goes on with it: send it again`,
          {
            untilMs: failed.atMs + RETRY_MS,
          },
        ),
    ]) ?? done
  );
}

/** It is over for the operator when every leaked key is proven dead; the label stays a while, for the clock. */
function goOn(observation: Observation, { mode, target }: LeakGoal, policy: Policy, now: number): Decision {
  return endLeaks(observation, { policy, now, mode }) ?? awaitKey(observation.secret, target, now) ?? done;
}

/** A look may be older than the key of a version that is named by its short name: it is waited for. */
function awaitKey(secret: SecretView, target: string, now: number): Decision | undefined {
  const version = secret.versions.find(({ content, v8 }) => content.kind === "empty" && v8 === target);
  return version && poll("no look shows a key in it yet", now, { versionId: version.id });
}

/** What is wrong with the request itself; nothing was changed. */
function refuseLeak(
  secret: Pick<SecretOutline, "name">,
  { mode, isDrill, evenInProduction, evenIfLoginsFail }: LeakGoal,
  { capabilities, policy }: { readonly capabilities: Capabilities; readonly policy: Policy },
): Decision | undefined {
  const { credential, source } = capabilities;
  const { environment, provider } = policy;
  const isPractice = environment === "development" || environment === "staging";
  if (isDrill && !isPractice && !evenInProduction) {
    return refuse(
      `secret ${secret.name} is of the environment ${environment}, and a drill replaces its key as a leak does. Practise on ` +
        "a secret of development or staging, or send evenInProduction: true",
    );
  }
  if (mode === "revoke-first" && credential !== "admin" && credential !== "role") {
    const why =
      source === "person"
        ? "has no API for keys"
        : "makes a key with a key alone: with the leaked one gone, none could be made";
    return refuse(`revoke-first is not possible: ${provider.id} ${why}. Leave the mode out: replace-first`);
  }
  if (source === "in-place" && !evenIfLoginsFail) {
    return refuse(
      `at ${provider.id} a new key takes the leaked one's place at once, and consumers fail until they have read it. ` +
        "Send evenIfLoginsFail: true to do so",
    );
  }
  return undefined;
}

/** What can be decided by the labels alone, while the keys are being read: a refusal, or the mark of every key. */
export function beforeReading(
  outline: SecretOutline,
  goal: LeakGoal,
  known: { readonly capabilities: Capabilities; readonly policy: Policy },
): Decision | undefined {
  const refusal = refuseLeak(outline, goal, known);
  if (refusal || goal.target !== "all" || outline.notUnderstood.length > 0) return refusal;
  return isMarked(outline, goal) ? undefined : markLeak(outline, goal);
}
