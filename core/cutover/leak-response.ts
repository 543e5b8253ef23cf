import type { Policy } from "../../contract/policy.ts";
import { accessOf, type Current, listedKeys } from "./access.ts";
import { markLive, writeId } from "./adopt.ts";
import { endLeaks } from "./contain.ts";
import { RETRY_MS } from "./end-leaked.ts";
import { tellCurrent, unheldBy } from "./forget-leaks.ts";
import { holds, isLive, keyBornAtMs, keyOf, type Leak, leakedIn, leaksOf, taints } from "./ledger.ts";
import { type Decision, type LeakGoal, MARK, type Observation } from "./observation.ts";
import type { Capabilities, KeyList, SecretOutline, SecretView, Version } from "./ports.ts";
import { isProvenPair } from "./prove-dead.ts";
import { alarm, done, effect, firstOf, poll, refuse } from "./steps.ts";

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

/** What a leak response goes by: as if its mark were there, where that could not be written. */
export function asMarked(observation: Observation, goal: LeakGoal): Observation {
  return { ...observation, secret: withLeak(observation.secret, goal) };
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

function isMarked(secret: SecretOutline, { target, atMs }: Pick<LeakGoal, "target" | "atMs">): boolean {
  return leaksOf(secret).some((leak) => leak.target === target && leak.atMs === atMs);
}

/** Marks the keys, on the current version: where none is, on any. */
function markLeak(secret: SecretOutline, leak: Pick<LeakGoal, "target" | "atMs" | "deadlineMs">): Decision {
  const carrier = carrierOf(secret);
  if (carrier === undefined) return refuse(`secret ${secret.name} has no version with a key`);
  return effect({ kind: "attach", versionId: carrier.id, label: labelOf(leak) }, "it leaked");
}

function carrierOf({ versions }: SecretOutline): SecretOutline["versions"][number] | undefined {
  return versions.find(({ isCurrent }) => isCurrent) ?? versions[0];
}

function labelOf({ target, atMs, deadlineMs }: Pick<LeakGoal, "target" | "atMs" | "deadlineMs">): Leak {
  return { kind: "leaked", target, atMs, deadlineMs };
}

/** The secret as it is when the leak is marked; itself where it is. */
function withLeak(secret: SecretView, goal: LeakGoal): SecretView {
  if (isMarked(secret, goal)) return secret;
  const carrier = carrierOf(secret);
  const versions = secret.versions.map((version) => {
    return version.id === carrier?.id ? { ...version, labels: [...version.labels, labelOf(goal)] } : version;
  });
  return { ...secret, versions };
}

/**
 * A key that nobody knows is no leak: it may be a slip of the pen, or the value of a key in the place of its id, which must
 * not get into a label. Where the provider cannot be asked, it is asked again: what no version holds could not be revoked
 * either. One that is dead already needs nothing.
 */
function knowTarget(
  observation: Observation,
  goal: LeakGoal,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Decision | undefined {
  const { secret, run } = observation;
  if (leakedIn(withLeak(secret, goal)).length > 0) return undefined;
  if (goal.target === "all") return done;
  const valued = refuseValue(secret, goal.target);
  if (valued) return valued;
  const named = secret.versions.filter((version) => taints(goal, version, secret));
  // A look may be older than a key that is stored there: it is named all the same.
  if (named.some(({ content }) => content.kind === "empty")) return undefined;
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return undefined;
  const [holder] = named.filter((version) => !isLive(version) && keyOf(version));
  if (holder) return isDeadAlready(observation, holder, { now, current: access.value.current });
  if (!run.capabilities.list) return refuseUnknown(secret);
  const listed = listedKeys(observation, access.value, policy);
  if (listed.kind === "look") return listed;
  if (listed.kind !== "found") {
    const because = listed.kind === "wait" ? listed.holds[0]?.because : undefined;
    return alarm(
      `no version holds the key that was named, and whether there is one is not known: ${because ?? "the provider was not asked"}. ` +
        "Nothing is marked: send it again until the provider answers",
      { untilMs: now + RETRY_MS },
    );
  }
  const untold = tellCurrent(observation, listed.value, { access: access.value, policy });
  if (untold) return untold;
  if (unheldBy(goal, listed.value, observation).length > 0) return undefined;
  const adopted = adoptNamed(goal.target, listed.value, { secret, policy });
  if (adopted) return adopted;
  if (listed.value.complete) return refuseUnknown(secret);
  return alarm(
    "no version holds the key that was named, and the provider's list is full: it may be there. Revoke it in the vendor's console",
    {
      untilMs: now + RETRY_MS,
    },
  );
}

/** The id of a key that was put there by hand may be known to the list alone: it is written down, and then it is known. */
function adoptNamed(
  target: string,
  { account, keys }: KeyList,
  { secret, policy }: { readonly secret: SecretView; readonly policy: Policy },
): Decision | undefined {
  const itself = keys.find(({ id }) => id === target);
  const version = itself && secret.versions.find((any) => holds(any, itself));
  if (version === undefined) return undefined;
  if (!isLive(version)) return markLive(version, keyBornAtMs(secret, version));
  return writeId(version, target, { provider: policy.provider.id, account });
}

/** That a version is not in the ledger proves nothing: its key may have been there before dualkey was. */
function isDeadAlready(
  observation: Observation,
  holder: Version,
  { now, current }: { readonly now: number; readonly current: Current | undefined },
): Decision | undefined {
  if (current === undefined) return undefined;
  const pair = isProvenPair(observation, holder, current);
  if (pair.kind !== "found") return pair;
  if (pair.value) return { kind: "done", proof: "proven" };
  if (observation.probes[holder.id]?.kind === "accepted") {
    return markLive(holder, keyBornAtMs(observation.secret, holder));
  }
  return alarm("whether the key that was named still works is not known", {
    versionId: holder.id,
    untilMs: now + RETRY_MS,
  });
}

/** People paste the key that it is all about. */
export function refuseValue(secret: SecretView, text: string): Decision | undefined {
  const isValue = secret.versions.some((version) => {
    const { fields = {}, keyId, account } = keyOf(version) ?? {};
    return text !== keyId && text !== account && Object.values(fields).some((field) => field.isText(text));
  });
  if (!isValue) return undefined;
  return refuse(
    "what was named is a key's value, and not its id: it leaked by this request, too. Send leak-response, which: all",
  );
}

function refuseUnknown(secret: SecretView): Decision {
  const known = secret.versions.flatMap((version) => keyOf(version)?.keyId ?? []);
  const which = known.length === 0 ? "" : `: those of its versions are ${known.join(", ")}`;
  return {
    kind: "refuse",
    code: "unknown-key",
    because:
      `secret ${secret.name}: no version holds the key that was named, and its provider lists none of this id${which}. ` +
      "Nothing was changed. Name one of them, send the sha256 of its value, or which: all",
  };
}
