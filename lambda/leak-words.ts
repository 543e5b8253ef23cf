import { HAND_IN_VENDORS } from "../contract/hand-in-vendors.ts";
import type { IncidentKey, IncidentRecord } from "../contract/incident-record.ts";
import type { LeakRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import type { DeadKey } from "../core/incident/records.ts";
import type { Pursued } from "./run-goal.ts";

type Words = Pick<ResponderAnswer, "result" | "next" | "goesOn">;

interface Deed {
  readonly pursued: Pick<Pursued, "outcome" | "policy" | "watch">;
  /** The incident that was asked for, which this run or one before it has answered. */
  readonly own: IncidentRecord | undefined;
  readonly dead: DeadKey | undefined;
}

const TICKS =
  "The clock goes on with it at each tick, within minutes; send it again to have it sooner, which joins this incident";

/** Says what came of a leak response to somebody who was woken by it. */
export function wordLeak(request: LeakRequest, { pursued, own, dead }: Deed): Words {
  const { outcome, watch } = pursued;
  if (dead) {
    const when = new Date(dead.diedAtMs).toISOString();
    return {
      result: `no action: the key is dead, and was proven so at ${when}`,
      next: "Nothing is left to do",
      goesOn: true,
    };
  }
  if (outcome.kind === "refuse") {
    const hasBegun = watch.entries().some((entry) => entry.outcome === "applied");
    const what = hasBegun ? "what was done until then stands" : "nothing was changed";
    return {
      result: `leak-response is refused, and ${what}: ${outcome.because}`,
      next: "Nothing happens by itself. Change what the refusal names, then send leak-response again",
      goesOn: false,
    };
  }
  if (own === undefined) return nothingSeen(outcome.kind);
  if (own.state !== "open") return wordContained(own);
  return alive(request, own, pursued);
}

function nothingSeen(outcome: "done" | "wait"): Words {
  if (outcome === "done") {
    return { result: "no action: the key is dead already", next: "Nothing is left to do", goesOn: true };
  }
  return {
    result: "whether the key works is not known, and nothing was revoked",
    next: "Nothing goes on with it by itself. See to what is held, and send it again: asked twice, it is done once",
    goesOn: false,
  };
}

/** Says how an incident ended that has. */
export function wordContained(incident: IncidentRecord): Words {
  const { containmentSeconds = 0, keys, replacement, state, drill, unknownKeys } = incident;
  const which = keys.length === 1 ? "the leaked key was" : `${keys.length} leaked keys were`;
  const what = `${drill ? "drill: " : ""}${which} revoked after ${containmentSeconds} s`;
  const then = replacement === undefined ? "" : ", and a clean key is current";
  const proof = keys.some((key) => key.state === "listed-gone") ? "listed gone" : "proven dead";
  const strangers =
    unknownKeys.length === 0
      ? ""
      : `. The account has keys that nobody here knows (${unknownKeys.map(({ keyId }) => keyId).join(", ")}): a leaked key may have made them. Revoke those that nobody needs, by their id: revoke`;
  if (state === "closed") {
    return {
      result: `${what}${then}: ${proof}`,
      next: `Find out how it leaked, and see the review of its sends${strangers}`,
      goesOn: true,
    };
  }
  return {
    result: `${what}${then}; that it is dead is not proven yet`,
    next: `${TICKS}${strangers}`,
    goesOn: true,
  };
}

/** P5: whatever else there is to say comes after this. */
function alive(request: LeakRequest, incident: IncidentRecord, { policy, watch }: Deed["pursued"]): Words {
  const living = incident.keys.filter(({ state }) => state === "alive");
  const names = living.map(nameOf).join(", ");
  const isMarked = !watch.entries().some(({ label, outcome }) => label === "leaked" && outcome !== "applied");
  const byHand = policy.provider.id === "hand-in" ? HAND_IN_VENDORS[policy.provider.vendor] : undefined;
  const how = byHand ? `Revoke it by hand at ${byHand.dashboardUrl}: ${byHand.howToRevoke} ` : "";
  const goes = isMarked
    ? TICKS
    : "The leak could not be marked, so nothing goes on with it by itself: send it again until it is contained";
  return {
    result: `${request.drill ? "drill: " : ""}a leaked key may still work (${names})`,
    next: `${how}${goes}`,
    goesOn: isMarked,
  };
}

function nameOf({ keyId, versionId }: IncidentKey): string {
  return keyId ?? `the key of version ${versionId}`;
}
