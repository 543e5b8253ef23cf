import type { IncidentKeyState, IncidentRecord } from "../contract/incident-record.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { duration, plural } from "./markdown.ts";

/**
 * How it stands with the keys that a request is to end. Only `dead` and `dead-already` are green.
 *
 * - `alive`: a key may be accepted.
 * - `unproven`: revoked, and nothing shows (yet) that it is dead.
 * - `refused`: the responder has done nothing about it.
 * - `unknown`: nothing that is known says how it stands.
 */
export interface Verdict {
  readonly kind: "dead" | "dead-already" | "alive" | "unproven" | "refused" | "unknown";
  /** For a first line, with no mark of markdown, and no full stop. */
  readonly words: string;
}

/** Whether nothing has to be done about the key any more. */
export function isDead({ kind }: Verdict): boolean {
  return kind === "dead" || kind === "dead-already";
}

const PROOFS = {
  proven: "proven dead",
  "listed-gone": "listed gone, which is the most that can be shown",
  unproven: "ended by a person, and NOTHING SHOWS that it is dead",
} as const;

/** Judges a leak by the record of its incident. */
export function judgeIncident(incident: IncidentRecord): Verdict {
  const { keys, replacement } = incident;
  const alive = keys.filter(({ state }) => state === "alive").length;
  const what = incident.drill ? "key" : "leaked key";
  if (alive > 0 || incident.state === "open") {
    const life = wordsOfLife(alive, keys.length, what);
    return { kind: "alive", words: `${life}, ${duration(lifeSeconds(incident))} after the response began` };
  }
  const count = keys.length === 1 ? what : plural(keys.length, what);
  const contained = `${count} contained${incident.containmentSeconds === undefined ? "" : ` in ${duration(incident.containmentSeconds)}`}`;
  const weakest = WEAKEST_FIRST.find((state) => keys.some((key) => key.state === state));
  if (weakest === "revoked") return { kind: "unproven", words: `${contained}, NOT YET PROVEN dead` };
  const proof = weakest === undefined ? "proven dead" : PROOFS[weakest];
  const next = replacement === undefined ? "" : ". The new key is current";
  return { kind: weakest === "unproven" ? "unproven" : "dead", words: `${contained}, ${proof}${next}` };
}

const WEAKEST_FIRST = ["revoked", "unproven", "listed-gone", "proven"] as const satisfies readonly Exclude<
  IncidentKeyState,
  "alive"
>[];

/** As far as anybody has looked. */
function lifeSeconds({ startedAt, runs }: IncidentRecord): number {
  const looks = runs.map(({ endedAt }) => Date.parse(endedAt));
  return Math.max(0, ...looks.map((ms) => ms - Date.parse(startedAt))) / 1000;
}

function wordsOfLife(alive: number, all: number, what: string): string {
  if (all <= 1) return `a ${what} STILL WORKS`;
  if (alive === 0) return `${what}s may STILL WORK`;
  return `${alive} of ${all} ${what}s STILL WORK${alive === 1 ? "S" : ""}`;
}

/** Judges an answer, or that there is none. */
export function judgeAnswer(answer: ResponderAnswer | undefined): Verdict {
  if (answer === undefined) {
    return { kind: "unknown", words: "NO ANSWER from the responder: take it that the key WORKS" };
  }
  const { incident, outcome, operation, proof } = answer;
  if (incident !== undefined) return judgeIncident(incident);
  if (proof !== undefined) {
    const isShown = proof !== "unproven";
    // A leak that needs no incident is one of a key that was dead before anybody asked.
    if (operation === "leak-response" && isShown) {
      return { kind: "dead-already", words: `no action needed: that key is dead already (${PROOFS[proof]})` };
    }
    const words = isShown ? `the key is revoked, and ${PROOFS[proof]}` : `the key was ${PROOFS[proof]}`;
    return { kind: isShown ? "dead" : "unproven", words };
  }
  if (outcome === "refuse")
    return { kind: "refused", words: `${operation} is REFUSED, and the key is as it was` };
  return { kind: "unknown", words: "the key is NOT YET DEAD, as far as is known" };
}
