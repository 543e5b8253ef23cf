import { randomUUID } from "node:crypto";

export const MESSAGE_STATUSES = ["initiated", "queued", "sent", "delivered", "failed", "expired"] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The sandbox's network: how long a message takes to arrive. */
const DELIVERY_MS = 2_000;

export interface Message {
  readonly id: string;
  readonly accountId: string;
  readonly keyId: string;
  readonly phoneNumber: string;
  readonly content: string;
  readonly createdAtMs: number;
}

/** A place in the order of messages: by time, then by id. */
export type Place = Pick<Message, "createdAtMs" | "id">;

export interface MessageFilter {
  readonly accountId: string;
  readonly keyId?: string | undefined;
  /** Inclusive, as is `toMs`. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly status?: MessageStatus | undefined;
}

/** The messages of all accounts, by account and by key, in the order of time. The oldest are forgotten. */
export class MessageLog {
  readonly #max: number;
  readonly #byId = new Map<string, Message>();
  readonly #byOwner = new Map<string, Message[]>();
  #count = 0;
  #lastMs = 0;

  /** @param max how many messages are kept */
  constructor(max: number) {
    this.#max = max;
  }

  add(message: Omit<Message, "id" | "createdAtMs">, nowMs: number): Message {
    // A clock that steps back must not unsort the log.
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    const added: Message = { ...message, id: this.#nextId(), createdAtMs: this.#lastMs };
    this.#byId.set(added.id, added);
    for (const owner of [added.accountId, added.keyId]) {
      const list = this.#byOwner.get(owner);
      if (list) list.push(added);
      else this.#byOwner.set(owner, [added]);
    }
    if (this.#byId.size > this.#max) this.#forget();
    return added;
  }

  find(accountId: string, id: string): Message | undefined {
    const message = this.#byId.get(id);
    return message?.accountId === accountId ? message : undefined;
  }

  /** Up to `limit` messages before a place, newest first. Costs no more where there are many. */
  newest(
    filter: MessageFilter,
    page: { limit: number; before?: Place | undefined; nowMs: number },
  ): Message[] {
    const list = this.#listOf(filter);
    const from = firstIndex(
      list,
      (message) => message.createdAtMs >= (filter.fromMs ?? Number.NEGATIVE_INFINITY),
    );
    const { before } = page;
    let index = this.#endOf(list, filter);
    if (before)
      index = Math.min(
        index,
        firstIndex(list, (message) => compare(message, before) >= 0),
      );
    const found: Message[] = [];
    for (index -= 1; index >= from && found.length < page.limit; index -= 1) {
      const message = list[index];
      if (message && isIn(message, filter, page.nowMs)) found.push(message);
    }
    return found;
  }

  /** All that pass the filter, oldest first. */
  all(filter: MessageFilter, nowMs: number): Message[] {
    const list = this.#listOf(filter);
    const from = firstIndex(
      list,
      (message) => message.createdAtMs >= (filter.fromMs ?? Number.NEGATIVE_INFINITY),
    );
    return list.slice(from, this.#endOf(list, filter)).filter((message) => isIn(message, filter, nowMs));
  }

  #listOf(filter: MessageFilter): readonly Message[] {
    return this.#byOwner.get(filter.keyId ?? filter.accountId) ?? [];
  }

  #endOf(list: readonly Message[], { toMs }: MessageFilter): number {
    return toMs === undefined ? list.length : firstIndex(list, (message) => message.createdAtMs > toMs);
  }

  /** Ids that are UUIDs and ascend, so that messages of one millisecond have one order. */
  #nextId(): string {
    this.#count += 1;
    return this.#count.toString(16).padStart(8, "0") + randomUUID().slice(8);
  }

  #forget(): void {
    const doomed = new Set<string>();
    for (const id of this.#byId.keys()) {
      if (doomed.size >= this.#max / 10) break;
      doomed.add(id);
    }
    for (const id of doomed) this.#byId.delete(id);
    for (const list of this.#byOwner.values())
      list.splice(
        0,
        firstIndex(list, ({ id }) => !doomed.has(id)),
      );
  }
}

function statusOf(message: Message, nowMs: number): MessageStatus {
  return nowMs - message.createdAtMs >= DELIVERY_MS ? "delivered" : "sent";
}

/** A message as a customer sees it. No country: it has to be derived from the number. */
export function messageRow(message: Message, nowMs: number): Record<string, unknown> {
  const sentAt = new Date(message.createdAtMs).toISOString();
  const isDelivered = statusOf(message, nowMs) === "delivered";
  const deliveredAt = isDelivered ? new Date(message.createdAtMs + DELIVERY_MS).toISOString() : null;
  const history = [{ status: "sent", timestamp: sentAt }];
  if (deliveredAt) history.push({ status: "delivered", timestamp: deliveredAt });
  return {
    id: message.id,
    userId: message.accountId,
    apiKeyId: message.keyId,
    phoneNumber: message.phoneNumber,
    content: message.content,
    status: statusOf(message, nowMs),
    statusHistory: history,
    costAmount: 0.25,
    failureReason: null,
    sentAt,
    deliveredAt,
    createdAt: sentAt,
    updatedAt: deliveredAt ?? sentAt,
  };
}

function isIn(message: Message, { accountId, status }: MessageFilter, nowMs: number): boolean {
  return message.accountId === accountId && (status === undefined || statusOf(message, nowMs) === status);
}

function compare(a: Place, b: Place): number {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs - b.createdAtMs;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** The first index that passes, in a list where all after it pass too. */
function firstIndex(list: readonly Message[], passes: (message: Message) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const message = list[middle];
    if (message && passes(message)) high = middle;
    else low = middle + 1;
  }
  return low;
}
