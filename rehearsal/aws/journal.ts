import type { Time } from "./time.ts";

/** Who made a call: a Lambda invocation, or a principal outside. */
export interface Caller {
  readonly accessKeyId: string;
  readonly invocationId?: string | undefined;
}

/** The four steps of Secrets Manager's rotation protocol, in their order. */
export type RotationStep = "createSecret" | "setSecret" | "testSecret" | "finishSecret";

interface OfSecret {
  readonly secret: string;
  readonly versionId: string;
}

/** What happened to a version, a label or a secret. */
export type SecretEvent =
  | { readonly kind: "secret-created"; readonly secret: string }
  | { readonly kind: "secret-deleted"; readonly secret: string }
  | { readonly kind: "secret-restored"; readonly secret: string }
  | ({ readonly kind: "version-made"; readonly empty: boolean } & OfSecret)
  | ({ readonly kind: "value-put" } & OfSecret)
  | ({ readonly kind: "version-gone" } & OfSecret)
  | {
      readonly kind: "label-moved";
      readonly secret: string;
      readonly label: string;
      readonly from: string | undefined;
      readonly to: string | undefined;
    };

/** What happened to a rotation; `versionId` is its token. */
export type RotationEvent =
  | ({ readonly kind: "rotation-started"; readonly testOnly: boolean } & OfSecret)
  | ({ readonly kind: "step-started"; readonly step: RotationStep; readonly attempt: number } & OfSecret)
  | ({ readonly kind: "step-ended"; readonly step: RotationStep; readonly attempt: number } & OfSecret)
  | ({
      readonly kind: "step-failed";
      readonly step: RotationStep;
      readonly attempt: number;
      readonly reason: string;
    } & OfSecret)
  | ({ readonly kind: "rotation-succeeded" } & OfSecret)
  | ({ readonly kind: "rotation-failed" } & OfSecret)
  | ({ readonly kind: "rotation-abandoned"; readonly reason: string } & OfSecret)
  | ({ readonly kind: "rotation-canceled" } & OfSecret);

interface OfInvocation {
  readonly functionName: string;
  readonly invocationId: string;
}

/** What happened to an invocation. */
type InvocationEvent =
  | ({ readonly kind: "invocation-started"; readonly coldStart: boolean } & OfInvocation)
  | ({
      readonly kind: "invocation-ended";
      readonly error: { readonly type: string; readonly message: string } | undefined;
    } & OfInvocation)
  | ({ readonly kind: "invocation-killed" } & OfInvocation)
  | { readonly kind: "invocation-throttled"; readonly functionName: string }
  | { readonly kind: "event-dropped"; readonly functionName: string; readonly reason: string };

/** A call that reached the endpoint: `error` is the type that was sent back, `fault` what was done to it. */
interface CallEvent {
  readonly kind: "call";
  readonly service: string;
  readonly operation: string;
  readonly target: string | undefined;
  readonly error: string | undefined;
  readonly fault: string | undefined;
}

/** One line of the journal. It names versions, labels and steps, and never holds a secret's value. */
export type AwsEvent = { readonly atMs: number; readonly caller?: Caller | undefined } & (
  | SecretEvent
  | RotationEvent
  | InvocationEvent
  | CallEvent
);

/** An event before the journal gives it its time. */
export type UntimedEvent = SecretEvent | RotationEvent | InvocationEvent | CallEvent;

/** Everything that happened, in order, for the rehearsal's timeline and for tests that assert order. */
export class Journal {
  readonly #time: Time;
  readonly #events: AwsEvent[] = [];
  readonly #listeners = new Set<(event: AwsEvent) => void>();

  constructor(time: Time) {
    this.#time = time;
  }

  /** All events so far, oldest first. */
  get all(): readonly AwsEvent[] {
    return this.#events;
  }

  /** Writes one event down and tells the listeners. */
  add(event: UntimedEvent, caller?: Caller): void {
    const timed: AwsEvent = { atMs: this.#time.now(), caller, ...event };
    this.#events.push(timed);
    for (const listener of this.#listeners) listener(timed);
  }

  /** Calls `listener` for every event from now on, until the returned function is called. */
  listen(listener: (event: AwsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first event, past or future, that `matches`. */
  until(matches: (event: AwsEvent) => boolean): Promise<AwsEvent> {
    const past = this.#events.find(matches);
    if (past) return Promise.resolve(past);
    return new Promise((resolve) => {
      const stop = this.listen((event) => {
        if (!matches(event)) return;
        stop();
        resolve(event);
      });
    });
  }
}
