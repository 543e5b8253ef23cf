import type { Journal } from "./journal.ts";
import type { FunctionSettings, InvocationResult } from "./lambda-function.ts";
import type { Time } from "./time.ts";

/** What a queue needs of its function. */
export interface EventQueueScope {
  readonly settings: FunctionSettings;
  readonly time: Time;
  readonly journal: Journal;
  readonly hasRoom: () => boolean;
  readonly invoke: (payload: string) => Promise<InvocationResult>;
}

interface QueuedEvent {
  readonly payload: string;
  readonly expiresAtMs: number;
  readonly attempt: number;
}

/**
 * The events of a function's asynchronous invocations: kept while there is no room, dropped when they are older than
 * the maximum event age, and run again, up to the maximum of retries, when the function failed. Lambda tries again after
 * a back-off; here, a waiting event runs as soon as there is room.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class EventQueue {
  readonly #scope: EventQueueScope;
  readonly #events: QueuedEvent[] = [];
  #isClosed = false;

  constructor(scope: EventQueueScope) {
    this.#scope = scope;
  }

  /** Accepts an event, and runs it after this call at the earliest. */
  add(payload: string): void {
    const { time, settings } = this.#scope;
    const expiresAtMs = time.now() + settings.maximumEventAgeSeconds * 1000;
    this.#events.push({ payload, expiresAtMs, attempt: 0 });
    setImmediate(() => this.drain());
  }

  /** Runs what there is room for. */
  drain(): void {
    while (!this.#isClosed && this.#scope.hasRoom()) {
      const event = this.#events.shift();
      if (!event) return;
      if (this.#scope.time.now() >= event.expiresAtMs) this.#drop("maximum event age");
      else this.#run(event);
    }
  }

  /** Forgets all events. */
  close(): void {
    this.#isClosed = true;
    this.#events.length = 0;
  }

  #run(event: QueuedEvent): void {
    this.#scope.invoke(event.payload).then(
      (result) => this.#settle(event, result),
      () => this.#events.unshift(event),
    );
  }

  #settle(event: QueuedEvent, result: InvocationResult): void {
    if (!result.functionError || this.#isClosed) return;
    if (event.attempt >= this.#scope.settings.maximumRetryAttempts) {
      this.#drop("the function failed");
      return;
    }
    // "Lambda waits one minute before the first retry and two minutes before the second."
    this.#scope.time.after(60_000 * (event.attempt + 1), () => {
      this.#events.push({ ...event, attempt: event.attempt + 1 });
      this.drain();
    });
  }

  #drop(reason: string): void {
    this.#scope.journal.add({ kind: "event-dropped", functionName: this.#scope.settings.name, reason });
  }
}
