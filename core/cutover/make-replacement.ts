import { isListSilent, listedKeys } from "./access.ts";
import { probesOutside } from "./adopt-leaked.ts";
import { RETRY_MS, type Response, revokeOrPause } from "./end-leaked.ts";
import { freeSlot } from "./free-slot.ts";
import { claimsOn, type Leak, versionOf } from "./ledger.ts";
import type { Attempt, Decision, Look, Observation } from "./observation.ts";
import { acceptOffer } from "./offer.ts";
import type { KeySettings, ListedKey, Version } from "./ports.ts";
import { settleAttempt } from "./settle-attempt.ts";
import { alarm, asAlarm, effect, type Found, found, hold, poll, waitFor } from "./steps.ts";
import type { Leaked } from "./take-over.ts";

/**
 * Makes the key that takes a leaked one's place, under a version that is named by the leak: whoever else responds to the
 * same leak stores its own under the same name, and one of the two is told so and revokes what it has made. It is no
 * rotation of the service's: AWSPENDING stays with the one that may be under way.
 */
export function makeReplacement(
  observation: Observation,
  leaked: Leaked,
  it: Response,
): Decision | undefined {
  const { policy, now } = it;
  const version = nextVersion(observation, leaked.leak, it);
  const { attempt } = observation.run;
  const begun = attempt && settleReplacement(observation, { attempt, version }, it);
  if (begun) return asAlarm(begun);
  const many = refuseMany(observation, leaked);
  if (many) return many;
  const looks = looksFirst(observation, leaked, it);
  const [first, ...beside] = looks;
  if (first) return { kind: "look", look: first, beside };
  // Where the provider makes keys, what was handed in is used if it can be read, and else not waited for.
  const { offer, run } = observation;
  const isOffered = offer?.kind === "key" || run.capabilities.source === "person";
  const offered = isOffered ? acceptOffer(observation, policy) : undefined;
  if (offered) return asAlarm(offered);
  const settings = settingsOf(observation, leaked, it);
  if (settings.kind !== "found") return asAlarm(settings);
  const claimed = claim(observation, version, { ...leaked, now });
  if (claimed) return claimed;
  return effect(
    { kind: "make-key", with: it.access.with, ...(settings.value ? { settings: settings.value } : {}) },
    "the current key leaked, and no clean one can take its place",
  );
}

/**
 * The id of the version that holds a replacement: the same in every run that responds to the leak. It has the form of a
 * UUID, the service's own, so that its first eight digits are its short name, which no other count has.
 */
function replacementId({ atMs }: Leak, count: number): { readonly id: string; readonly v8: string } {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0").slice(-digits);
  const v8 = hex(atMs + count, 8);
  return { id: `${v8}-${hex(count, 4)}-8000-8000-${hex(atMs, 12)}`, v8 };
}

/** The first that holds nothing yet: one that does is no key that can take over, or it would have. */
function nextVersion({ secret, run }: Observation, leak: Leak, { now }: Response): Version {
  for (let count = 0; ; count += 1) {
    const { id, v8 } = replacementId(leak, count);
    const content = { kind: "empty" } as const;
    const version = { id, v8, createdAtMs: now, isCurrent: false, isPending: false, labels: [], content };
    if (versionOf(secret, id) || run.spent.includes(id)) continue;
    return version;
  }
}

/** A vendor that refuses each key that it makes will refuse the next one, too, and labels are not endless. */
const MOST_MADE = 3;

function refuseMany({ secret }: Observation, { current, leak }: Leaked): Decision | undefined {
  const ids = [...Array(MOST_MADE).keys()].map((count) => replacementId(leak, count).id);
  if (!ids.every((id) => versionOf(secret, id))) return undefined;
  return alarm(
    `${MOST_MADE} keys were made in the leaked one's place, and the provider accepts none. Hand one in: dualkey hand-in ${secret.name}`,
    { versionId: current.version.id },
  );
}

/** Brings what was begun to its end; nothing where another key is to be made. */
function settleReplacement(
  observation: Observation,
  { attempt, version }: { readonly attempt: Attempt; readonly version: Version },
  it: Response,
): Decision | undefined {
  const { policy, now } = it;
  switch (attempt.state) {
    case "in-hand":
      return settleAttempt(observation, { attempt, version }, policy, now);
    case "stored":
      return versionOf(observation.secret, attempt.version.id)
        ? undefined
        : poll("the new key is stored, and no look shows it yet", now);
    case "refused":
      return revokeOrPause(
        observation,
        { keyId: attempt.keyId, with: it.access.with },
        { now, because: `nobody will hold it: ${attempt.because}` },
      );
    case "unknown":
      return findLost(observation, attempt, it);
    case "over":
      return retryAfter(attempt, now);
  }
}

function retryAfter(
  { atMs, because }: { readonly atMs: number; readonly because: string },
  now: number,
): Decision | undefined {
  if (now >= atMs + RETRY_MS) return undefined;
  return waitFor([{ because: `making a key: ${because}`, untilMs: atMs + RETRY_MS, alarm: true }]);
}

/** A key of this name may have been made: a list says so, or another is made. One that shows later is an orphan. */
function findLost(
  observation: Observation,
  attempt: Extract<Attempt, { state: "unknown" }>,
  it: Response,
): Decision | undefined {
  if (!observation.run.capabilities.list?.names) return retryAfter(attempt, it.now);
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind === "look") return listed;
  if (listed.kind !== "found") return poll(`whether a key was made is unknown: ${attempt.because}`, it.now);
  const lost = listed.value.keys.find((any) => any.name === attempt.name && !any.isDisabled);
  if (lost === undefined || observation.run.revoked.includes(lost.id)) return retryAfter(attempt, it.now);
  const because = "its value was lost with the answer";
  return revokeOrPause(observation, { keyId: lost.id, with: it.access.with }, { now: it.now, because });
}

/** What has to be known before a key is made: all of it in the same moment. */
function looksFirst(
  observation: Observation,
  { current }: Leaked,
  { access, policy }: Response,
): readonly Look[] {
  const { list, offer, settings, run } = observation;
  const { capabilities } = run;
  const { keyId } = current.key;
  const isCarried =
    keyId !== undefined && capabilities.carriedOver.length > 0 && run.carried?.keyId !== keyId;
  const looks: (Look | false)[] = [
    capabilities.list !== undefined && list === undefined && { kind: "list", with: access.with },
    isCarried && settings[keyId] === undefined && { kind: "settings", keyId, with: access.with },
    policy.handIn !== undefined && offer === undefined && { kind: "offer" },
  ];
  return [...looks.filter((look) => look !== false), ...probesOutside(observation)];
}

/** Room for one more, and what the new key must have: as the one had that leaked. */
function settingsOf(observation: Observation, leaked: Leaked, it: Response): Found<KeySettings | undefined> {
  const { current } = leaked;
  const { run, settings } = observation;
  const { capabilities } = run;
  if (!capabilities.list) return found(undefined);
  const room = roomFor(observation, leaked, it);
  if (room.kind !== "found") return room;
  const { keys, unlisted } = room.value;
  if (capabilities.carriedOver.length === 0) return found(undefined);
  const itself = keys.find((any) => any.is(current.key.fields) || any.id === current.key.keyId);
  const keyId = itself?.id ?? current.key.keyId;
  if (run.carried && (itself === undefined || run.carried.keyId === itself.id))
    return found(run.carried.settings);
  // One that is disabled may be listed no more, and its settings are still there.
  const its = keyId === undefined ? undefined : settings[keyId];
  if (its?.kind === "read") return found(its.settings);
  if (unlisted !== undefined && keyId === undefined) {
    const because = "which key leaked, and so its settings, cannot be told while no list comes";
    return alarm(`${because}: ${unlisted}`, { versionId: current.version.id });
  }
  if ((itself === undefined && unlisted === undefined) || keyId === undefined) {
    const because =
      "the leaked key is gone, and with it the settings that the next one must have. Hand one in, or put one under AWSCURRENT";
    return alarm(because, { versionId: current.version.id });
  }
  if (its === undefined) return { kind: "look", look: { kind: "settings", keyId, with: it.access.with } };
  return poll(`the settings of the leaked key, which the next one must have: ${its.because}`, it.now);
}

/** The provider's keys, of which there may be one more. */
interface Room {
  readonly keys: readonly ListedKey[];
  /** Why there is no list, where it is done without. */
  readonly unlisted?: string;
}

/** Past the deadline a list that does not come is done without: there is room, or the provider says that there is none. */
function roomFor(observation: Observation, { leak }: Leaked, it: Response): Found<Room> {
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind === "found") {
    const { keys } = listed.value;
    return freeSlot(observation, listed.value, it) ?? found({ keys });
  }
  if (listed.kind !== "wait") return listed;
  const unlisted = listed.holds[0]?.because ?? "the provider's list is unknown";
  const isDoneWithout = isListSilent(observation) && it.now >= leak.deadlineMs;
  return isDoneWithout ? found({ keys: [], unlisted }) : poll(unlisted, it.now);
}

/** Where what is made last takes the place of what was made before, one run makes it (`create-key.ts`). */
function claim(
  { run, secret }: Observation,
  version: Version,
  { current, now }: Leaked & { readonly now: number },
): Decision | undefined {
  if (run.capabilities.source !== "in-place") return undefined;
  const claims = claimsOn(secret, version);
  const [expired] = claims.filter(({ nonce, atMs }) => nonce !== run.nonce && atMs + run.fenceMs < now);
  const holder = expired && secret.versions.find(({ labels }) => labels.includes(expired));
  if (expired && holder) {
    const because = "its run is over, and has made no key";
    return effect({ kind: "detach", versionId: holder.id, label: expired }, because);
  }
  if (claims.length > 0) {
    const isAlone = claims.every(({ nonce }) => nonce === run.nonce);
    return isAlone
      ? undefined
      : hold("another run is making the next key", { versionId: current.version.id });
  }
  const label = { kind: "making", target: version.v8, nonce: run.nonce, atMs: now } as const;
  return effect(
    { kind: "attach", versionId: current.version.id, label },
    "only one run may make the next key",
  );
}
