import type { Policy } from "../../contract/policy.ts";
import { pauseAfter, RETRY_MS, type Response } from "./end-leaked.ts";
import { isClean, isLeaked, keyOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList } from "./ports.ts";
import { effect, waitFor } from "./steps.ts";

/** Where all slots are full, a key that is not clean makes room; who else is there, nobody but a person can say. */
export function freeSlot(
  observation: Observation,
  { account, keys }: KeyList,
  it: Response,
): Decision | undefined {
  const { run, secret } = observation;
  const { maxLiveKeys = Number.POSITIVE_INFINITY } = run.capabilities;
  if (keys.length < maxLiveKeys) return undefined;
  for (const version of secret.versions) {
    const keyId = keyOf(version)?.keyId;
    const itself = keys.find(({ id }) => id === keyId);
    if (itself === undefined || keyId === undefined || isClean(version, secret)) continue;
    if (version.isPending && !isLeaked(version, secret)) {
      return effect({ kind: "drop-pending", versionId: version.id }, "it is not clean: its rotation is over");
    }
    // Past its deadline a leaked key that is current is disabled, and takes a slot for nothing.
    if (version.isCurrent && !(itself.isDisabled && isLeaked(version, secret))) continue;
    const early = pauseAfter(observation, keyId, it);
    if (early) return early;
    if (itself.isDisabled && !run.removed.includes(keyId)) {
      return effect(
        { kind: "remove-key", keyId, with: it.access.with },
        "it is disabled, and its slot is needed",
      );
    }
    if (!itself.isDisabled && !run.revoked.includes(keyId)) {
      return effect(
        { kind: "revoke-key", keyId, with: it.access.with },
        "it is not clean, and its slot is needed",
      );
    }
  }
  const ids = keys.map(({ id }) => id).join(", ");
  return fullOf(
    `account ${account} has ${keys.length} keys (${ids}), as many as can live at once`,
    it.policy,
    it.now,
  );
}

function fullOf(what: string, { provider }: Policy, now: number): Decision {
  const because = `${what} at ${provider.id}: there is no room for a new one. Revoke one that nobody needs, by its id: revoke`;
  return waitFor([{ because, untilMs: now + RETRY_MS, alarm: true }]);
}
