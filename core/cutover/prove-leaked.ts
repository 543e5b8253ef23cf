import type { Current } from "./access.ts";
import { listedKeys } from "./access.ts";
import { identifyRetiring } from "./adopt.ts";
import type { Response } from "./end-leaked.ts";
import { isLeaked, isYounger, keyOf, leakOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { forgetProven, proveDead } from "./prove-dead.ts";
import { removeDisabled } from "./retire.ts";
import { retireUnidentified } from "./retire-unidentified.ts";
import { waitToForget } from "./retiring.ts";
import { rollConsumers } from "./roll-out.ts";
import { alarm, effect, hold, look, poll } from "./steps.ts";
import { lastMoveAt } from "./twins.ts";

/** What is left when a leaked key is revoked: consumers follow, and its end is proven as any other's (P4). */
export function settleLeaked(observation: Observation, version: Version, it: Response): Decision | undefined {
  const { access, policy, now } = it;
  const { current } = access;
  const about = { versionId: version.id };
  if (current === undefined) return alarm("it leaked, and no key is current to prove its end by", about);
  if (isLeaked(current.version, observation.secret)) {
    return hold("the current key leaked, too, and so proves nothing", about);
  }
  if (version.isPending) {
    return effect({ kind: "drop-pending", versionId: version.id }, "its key leaked: its rotation is over");
  }
  const replacedAt = lastMoveAt(observation.secret);
  const moved = { current: current.version, replacedAt, isUrgent: true };
  const rolling = rollConsumers(observation, moved, policy, now);
  if (rolling && rolling.kind !== "wait") return rolling;
  const proof = proveLeaked(observation, version, { ...it, access: { ...access, current } });
  // `live` is what has consumers started anew by a later run, where this one cannot: it stays, and its end is not told yet.
  const isLast =
    proof?.kind === "effect" && (proof.effect.kind === "detach" || proof.effect.kind === "announce");
  return rolling && isLast ? rolling : (proof ?? rolling);
}

interface Proving extends Response {
  readonly access: Response["access"] & { readonly current: Current };
}

function proveLeaked(observation: Observation, version: Version, it: Proving): Decision | undefined {
  const { access, policy, now } = it;
  const { capabilities, revoked } = observation.run;
  const about = { versionId: version.id };
  const key = keyOf(version);
  if (key === undefined) return undefined; // whoever was to revoke it was told
  if (!capabilities.list) return proveUnlisted(observation, version, it);
  if (capabilities.source === "client" && key.keyId === undefined) {
    const replacedAt = leakOf(version, observation.secret)?.atMs ?? now;
    return retireUnidentified(observation, { version, access, replacedAt }, policy, now);
  }
  const unidentified = identifyRetiring(observation, version, access, policy);
  if (unidentified) return unidentified;
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const { account, keys } = listed.value;
  if (key.account !== undefined && account !== key.account) {
    return alarm(
      `its key is of account ${key.account}, and only that account's list shows that it is gone`,
      about,
    );
  }
  const twin = keys.find((any) => any.is(key.fields) === true && any.id !== key.keyId && !any.isDisabled);
  if (twin) {
    const shown = "it is revoked under another id, and the provider's list still shows it";
    if (revoked.includes(twin.id)) return poll(shown, now, about);
    return effect({ kind: "revoke-key", keyId: twin.id, with: access.with }, "it leaked, under this id");
  }
  const itself = keys.find(({ id }) => id === key.keyId);
  if (itself === undefined) {
    const keyId = key.keyId ?? version.id;
    return proveDead(observation, { version, keyId, listed: listed.value, current: access.current }, now);
  }
  if (itself.isDisabled) return removeDisabled(observation, { version, keyId: itself.id, access });
  const because = "it is revoked, and the provider's list still shows it";
  return revoked.includes(itself.id) ? poll(because, now, about) : undefined;
}

/** Where nothing is listed, the control pair is all the proof there is; and its successor, or a person, ends a key. */
function proveUnlisted(observation: Observation, version: Version, it: Proving): Decision | undefined {
  const { access, now } = it;
  const { current } = access;
  const about = { versionId: version.id };
  for (const { id } of [current.version, version]) {
    if (observation.probes[id] === undefined) return look({ kind: "probe", versionId: id });
  }
  const [control, old] = [observation.probes[current.version.id], observation.probes[version.id]];
  if (control?.kind !== "accepted") {
    return alarm(`it leaked, and the current key is not accepted, so that nothing proves its end`, about);
  }
  if (old?.kind === "unknown")
    return poll(`whether the leaked key still works is unknown: ${old.because}`, now, about);
  if (old?.kind === "accepted") return endUnlisted(observation, version, it);
  const early = waitToForget(observation, version, now);
  if (early) return early;
  // No list says it, too: so it is asked twice, before and after the control, and one odd answer proves nothing.
  if ((old?.times ?? 0) < 2) return look({ kind: "probe", versionId: version.id });
  return forgetProven(observation, { version, current }, now);
}

function endUnlisted(observation: Observation, version: Version, { access, policy }: Proving): Decision {
  const { run, secret } = observation;
  const about = { versionId: version.id };
  if (run.capabilities.revoke === "by-hand") {
    const vendor = policy.provider.id === "hand-in" ? policy.provider.vendor : policy.provider.id;
    const which = keyOf(version)?.keyId ?? `of version ${version.id}`;
    return alarm(
      `it leaked and works, and nobody but a person can revoke it: revoke key ${which} in the console of ${vendor}`,
      about,
    );
  }
  if (isYounger(version, access.current.version, secret)) {
    return alarm(
      "it leaked and works, and was made after the current key: delete it in the vendor's console",
      about,
    );
  }
  if (run.replaced !== undefined)
    return alarm("its successor was to take its place, and it still works", about);
  return effect(
    { kind: "replace-key", with: access.current.version.id },
    "it leaked: its successor takes its place",
  );
}
