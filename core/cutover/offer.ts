import type { Policy } from "../../contract/policy.ts";
import { keyOf, sameFields } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { effect, hold, look, refuse } from "./steps.ts";

/**
 * A key that somebody has handed in comes before any that would be made: it is the first key of a self-service
 * provider, the only way to a new one where there is no API for keys, and the way out where the current key is dead.
 */
export function acceptOffer(observation: Observation, policy: Policy): Decision | undefined {
  const { offer, run, secret } = observation;
  if (policy.handIn === undefined) return refuseWithoutOffer(observation, policy);
  if (offer === undefined) return look({ kind: "offer" });
  switch (offer.kind) {
    case "unknown":
      return hold(`the hand-in secret ${policy.handIn}: ${offer.because}`);
    case "unreadable":
      return refuse(
        `the hand-in secret ${policy.handIn}: ${offer.because}. Hand it in again: ${command(observation)}`,
      );
    case "none":
      return refuseWithoutOffer(observation, policy);
    case "key": {
      if (run.taken === offer.versionId) return refuseWithoutOffer(observation, policy);
      const isHeld = secret.versions.some((version) => {
        const key = keyOf(version);
        return key !== undefined && sameFields(key, offer.key);
      });
      // It was stored by a run that was killed before it could say so; or it is handed in a second time.
      if (isHeld) {
        return effect(
          { kind: "take-offer", offerId: offer.versionId },
          "a version holds the key that was handed in",
        );
      }
      return effect({ kind: "accept-key" }, "somebody has handed a key in");
    }
  }
}

/** Each version of the hand-in secret is taken once: it is marked as soon as the key is stored. */
export function takeStored(observation: Observation, version: Version, policy: Policy): Decision | undefined {
  const { offer } = observation;
  if (policy.handIn === undefined) return undefined;
  if (offer === undefined) return look({ kind: "offer" });
  const key = keyOf(version);
  if (offer.kind !== "key" || observation.run.taken === offer.versionId) return undefined;
  if (key === undefined || !sameFields(key, offer.key)) return undefined;
  return effect({ kind: "take-offer", offerId: offer.versionId }, "the key that was handed in is stored");
}

function refuseWithoutOffer(observation: Observation, policy: Policy): Decision | undefined {
  if (observation.run.capabilities.source !== "person") return undefined;
  const vendor = policy.provider.id === "hand-in" ? policy.provider.vendor : policy.provider.id;
  return refuse(
    `secret ${observation.secret.name}: ${vendor} has no API for keys, and no new one was handed in. Make one in the ` +
      `vendor's console and hand it in: ${command(observation)}`,
  );
}

function command({ secret }: Observation): string {
  return `dualkey hand-in ${secret.name}`;
}
