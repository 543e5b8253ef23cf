import type { ResponderOperation, ResponderRequest } from "../contract/requests.ts";
import type { EffectReport, ResponderAnswer } from "../contract/responder-answer.ts";
import type { Outcome } from "../core/run.ts";

/** A leak, and a search, have words of their own. */
type Operation = Exclude<ResponderOperation, "leak-response" | "find-key">;

type Words = Pick<ResponderAnswer, "result" | "next" | "goesOn">;

/** What a run did, as far as its words depend on it. */
interface Deed {
  /** Whether an effect of this kind was carried out, on a label of this kind where one is named. */
  did(effect: string, label?: string): boolean;
  /** Whether the last effect was of this kind, and did not come off. */
  failedAt(effect: string, label: string): boolean;
}

/**
 * Says in words what came of a request, and what happens next: who reads it may be alone at night, and has not read
 * the design.
 */
export function wordAnswer(
  request: Extract<ResponderRequest, { operation: Operation }>,
  outcome: Outcome,
  effects: readonly EffectReport[],
): Words {
  const applied = effects.filter((effect) => effect.outcome === "applied");
  const last = effects.at(-1);
  const deed: Deed = {
    failedAt: (effect, label) => {
      return last?.effect === effect && last.label === label && last.outcome !== "applied";
    },
    did: (effect, label) => {
      return applied.some((any) => any.effect === effect && (label === undefined || any.label === label));
    },
  };
  const { operation } = request;
  if (outcome.kind === "refuse") return refused(operation, outcome.because, applied.length > 0);
  if (outcome.kind === "done") return { ...DONE[operation](deed, outcome.proof), goesOn: true };
  return WAITING[operation](deed);
}

function refused(operation: Operation, because: string, hasBegun: boolean): Words {
  const what = hasBegun ? "what was done until then stands" : "nothing was changed";
  return {
    result: `${operation} is refused, and ${what}: ${because}`,
    next: `Nothing happens by itself. Change what the refusal names, then send ${operation} again`,
    goesOn: false,
  };
}

const AGAIN = "Send it again: asked twice, it is done once";
const CLOCK_RETIRES =
  "The clock goes on with it at each tick: as soon as what is held allows it, the key goes, and is proven dead. See " +
  "where it is with status. A key that is seen in use stays, unless the request says evenIfUsed";

type Proof = NonNullable<ResponderAnswer["proof"]>;

/** How sure it is, in words that promise no more. */
const PROOFS: Record<Proof, string> = {
  proven: "it is dead, and proven so",
  "listed-gone":
    "two lists of its account agree that it is gone; its value is not known, so no probe could show it",
  unproven: "the provider has answered that it is revoked, and nothing is left that could prove it",
};

/** Where nothing is owed any more. */
const DONE: Record<Operation, (deed: Deed, proof: Proof | undefined) => Omit<Words, "goesOn">> = {
  revoke: ({ did }, proof = "proven") => ({
    result: `${did("revoke-key") ? "the key is revoked" : "nothing was changed"}: ${PROOFS[proof]}`,
    next:
      proof === "unproven"
        ? "Look at the vendor's console, and put a key that works into the secret"
        : "Nothing is left to do",
  }),
  reconcile: () => ({ result: "nothing is owed", next: "Nothing is left to do" }),
  pause: ({ did }) => ({
    result: did("attach", "paused")
      ? "the secret is paused: its rotations and retirements wait, leaks and rollbacks do not"
      : "the secret was paused already, and stays so: nothing was changed",
    next: "Send resume when the change freeze is over. Until then every rotation is refused, and the key grows older",
  }),
  resume: ({ did }) =>
    did("detach", "paused")
      ? {
          result: "the freeze is over: rotations and retirements go on",
          next:
            "The clock goes on at its next tick with what has waited. A rotation that was refused starts again by its " +
            "schedule; to have it sooner, rotate",
        }
      : { result: "the secret was not paused: nothing was changed", next: "Nothing is left to do" },
  "roll-back": ({ did }) => ({
    result: did("promote")
      ? "AWSCURRENT is back at the key before, and the key that it left is marked as rejected"
      : "it was rolled back already: AWSCURRENT is at the key before",
    next:
      "Consumers follow as they do after any cutover, and the rejected key retires like any other. Find out why it was " +
      "refused: the next rotation, once it is retired, makes a new one",
  }),
  "retire-now": () => ({
    result: "no key is retiring any more: each is dead, and proven so",
    next: "Nothing is left to do",
  }),
};

/** Where something has to wait, which is said beside this. */
const WAITING: Record<Operation, (deed: Deed) => Words> = {
  revoke: ({ did }) =>
    did("attach", "condemned") || did("revoke-key")
      ? {
          result: did("revoke-key")
            ? "the key is revoked, and that is not proven yet"
            : "the key is condemned, and goes when no run can still be about to use it",
          next: did("attach", "condemned")
            ? "The clock goes on with it at each tick, until it is proven dead"
            : AGAIN,
          goesOn: did("attach", "condemned"),
        }
      : { result: "the key is not revoked yet", next: `See to what is held. ${AGAIN}`, goesOn: false },
  reconcile: () => ({
    result: "something is owed, and has to wait",
    next: "The clock goes on with it at each tick. What calls for a person says what to do",
    goesOn: true,
  }),
  pause: () => ({ result: "it is not certain that the secret is paused", next: AGAIN, goesOn: false }),
  resume: () => ({ result: "it is not certain that the freeze is over", next: AGAIN, goesOn: false }),
  "roll-back": ({ did }) => {
    if (did("promote")) {
      return {
        result: "AWSCURRENT is back at the key before; the rest has to wait",
        next: "The clock goes on with it at its next tick",
        goesOn: true,
      };
    }
    return did("attach", "rejected")
      ? {
          result: "the rollback is begun, and AWSCURRENT has not moved yet",
          next: "The clock goes on with it at its next tick. To have it sooner, send it again",
          goesOn: true,
        }
      : {
          result: "AWSCURRENT has not moved",
          next: `Nothing goes on with it by itself. See to what is held. ${AGAIN}`,
          goesOn: false,
        };
  },
  "retire-now": ({ failedAt }) =>
    failedAt("attach", "waived")
      ? {
          result: "it is not certain that the retiring key goes without evidence",
          next: AGAIN,
          goesOn: false,
        }
      : {
          result: "the retiring key goes without evidence; something has to wait",
          next: CLOCK_RETIRES,
          goesOn: true,
        },
};
