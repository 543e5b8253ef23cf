import { randomUUID } from "node:crypto";
import { AwsError } from "./aws-error.ts";
import { type Input, requiredString, stringListField, structureListField } from "./request-fields.ts";
import type { Time } from "./time.ts";

/** An event that was put on the bus, as a rule's target gets it. */
export interface BusEvent {
  readonly id: string;
  readonly source: string;
  readonly "detail-type": string;
  readonly resources: readonly string[];
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * The default bus of EventBridge: what was put on it, in order.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export class EventBus {
  readonly #time: Time;
  readonly #events: BusEvent[] = [];
  readonly #listeners = new Set<(event: BusEvent) => void>();
  #errorCode: string | undefined;

  constructor({ time }: { readonly time: Time }) {
    this.#time = time;
  }

  /** All events so far, oldest first. */
  get all(): readonly BusEvent[] {
    return this.#events;
  }

  /** Calls `listener` for every event from now on, until the returned function is called. */
  listen(listener: (event: BusEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes no event any more, and gives this reason; takes them again where none is given. */
  refuse(errorCode?: string): void {
    this.#errorCode = errorCode;
  }

  /** Carries out one operation. */
  handle(operation: string, input: Input): object {
    if (operation !== "PutEvents") {
      throw new AwsError("UnknownOperationException", `No operation ${operation} here.`);
    }
    const entries = structureListField(input, "Entries") ?? [];
    if (entries.length === 0 || entries.length > 10) {
      throw new AwsError("ValidationException", "Entries must have 1 to 10 members.");
    }
    const answers = entries.map((entry) => this.#put(entry));
    return {
      Entries: answers,
      FailedEntryCount: answers.filter((answer) => "ErrorCode" in answer).length,
    };
  }

  #put(entry: Input): object {
    if (this.#errorCode !== undefined) return refusal(this.#errorCode, "The event was not taken.");
    const detail = parseDetail(requiredString(entry, "Detail"));
    if (detail === undefined) return refusal("MalformedDetail", "Detail is malformed.");
    const atMs = typeof entry.Time === "number" ? entry.Time * 1000 : this.#time.now();
    const event: BusEvent = {
      id: randomUUID(),
      source: requiredString(entry, "Source"),
      "detail-type": requiredString(entry, "DetailType"),
      resources: stringListField(entry, "Resources") ?? [],
      time: new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z"),
      detail,
    };
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
    return { EventId: event.id };
  }
}

function refusal(code: string, message: string): object {
  return { ErrorCode: code, ErrorMessage: message };
}

function parseDetail(text: string): BusEvent["detail"] | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as BusEvent["detail"]) : undefined;
  } catch {
    return undefined;
  }
}
