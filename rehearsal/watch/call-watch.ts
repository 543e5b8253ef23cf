import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Fault } from "../aws/endpoint.ts";
import type { AwsEvent } from "../aws/journal.ts";
import type { World } from "../world/world.ts";
import { type CallSpan, callsUpTo, type PlacedCall, placeCalls } from "./depth.ts";

interface Open {
  readonly service: string;
  readonly operation: string;
  readonly invocationId?: string;
  readonly fromMs: number;
  toMs?: number;
}

/**
 * How long each call takes at the least: as across a network, and so that calls which are made side by side are seen to
 * be. Milliseconds.
 */
export const CALL_MS = 25;

/** A request to the vendor that ends a key, by the names that the fakes have for it. */
const ENDS_A_KEY = /delete|revoke|disable|update|remove|secret/i;

/**
 * Writes down every call of one function, from when its requests arrive at AWS and at the vendor to when they are answered.
 *
 * What a request to the vendor does not say is which invocation it comes from: those of other functions are left out
 * where none of this one runs. What is counted too much makes a run look deeper, never less deep.
 */
export class CallWatch {
  readonly #aws: EmbeddedAws;
  readonly #vendor: string;
  readonly #isOurs: (invocationId: string) => boolean;
  readonly #calls: Open[] = [];
  readonly #stops: (() => void)[];
  #last: Open | undefined;

  /** @param isOurs tells the invocations whose calls are written down */
  constructor({ aws, vendor }: Pick<World, "aws" | "vendor">, isOurs: (invocationId: string) => boolean) {
    this.#aws = aws;
    this.#vendor = vendor.title;
    this.#isOurs = isOurs;
    aws.setHooks({
      onRequest: async ({ service, operation, invocationId }): Promise<Fault> => {
        if (invocationId === undefined) return "pass";
        if (isOurs(invocationId)) this.#begin({ service, operation, invocationId });
        await new Promise((resolve) => setTimeout(resolve, CALL_MS));
        return "pass";
      },
    });
    const rule = vendor.sandbox.faults.add({
      when: ({ userAgent }) => userAgent === "dualkey",
      fault: ({ method, route = "" }) => {
        const call = this.#isRunning() && this.#begin({ service: this.#vendor, operation: route || method });
        // Both timers end in one turn, this one first: the gateway answers at once when its delay is over.
        if (call) setTimeout(() => this.#end(call), CALL_MS);
        return { kind: "delay", ms: CALL_MS, moment: "before" };
      },
    });
    this.#stops = [
      rule.remove,
      aws.events.listen((event) => this.#onAws(event)),
      () => aws.setHooks({ onRequest: () => "pass" }),
    ];
  }

  /** A leaked key was ended: the call that did it is the latest of its kind. */
  noteRevocation(): void {
    const nowMs = performance.now();
    const ending = this.#calls.filter(({ service, operation, toMs = nowMs }) => {
      return service === this.#vendor && ENDS_A_KEY.test(operation) && toMs >= nowMs - CALL_MS / 2;
    });
    this.#last = ending.at(-1) ?? this.#calls.at(-1);
  }

  /** The calls up to the revocation, which is the last and the deepest, each with its depth; all where there was none. */
  get calls(): readonly PlacedCall[] {
    const last = this.#last && spanOf(this.#last);
    const ended = this.#calls.flatMap((call) => (call === this.#last ? [] : (spanOf(call) ?? [])));
    return last ? callsUpTo(ended, last) : placeCalls(ended);
  }

  /** Calls in sequence until the last leaked key's revocation was answered; undefined where it was not. */
  get depth(): number | undefined {
    return this.#last?.toMs === undefined ? undefined : this.calls.at(-1)?.depth;
  }

  /** Leaves the functions' calls alone from now on. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #begin(call: Omit<Open, "fromMs">): Open {
    const begun = { ...call, fromMs: performance.now() };
    this.#calls.push(begun);
    return begun;
  }

  #end(call: Open): void {
    call.toMs ??= performance.now();
  }

  #onAws(event: AwsEvent): void {
    if (event.kind !== "call") return;
    const by = event.caller?.invocationId;
    const call = this.#calls.find((any) => {
      return any.toMs === undefined && any.invocationId === by && any.operation === event.operation;
    });
    if (call && by !== undefined) this.#end(call);
  }

  /** Its own calls to the vendor come after its first ones to AWS, for there its policy is. */
  #isRunning(): boolean {
    return this.#calls.length > 0 && this.#aws.runningInvocations().some(this.#isOurs);
  }
}

function spanOf({ service, operation, fromMs, toMs }: Open): CallSpan | undefined {
  return toMs === undefined ? undefined : { service, operation, fromMs, toMs };
}
