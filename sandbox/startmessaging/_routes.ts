import { randomUUID } from "node:crypto";
import type { Answer, Request } from "../_server.ts";
import { type Envelope, Refusal } from "./_answers.ts";
import type { Key, KeyTable } from "./_keys.ts";
import { type Message, type MessageLog, messageRow } from "./_messages.ts";
import * as requests from "./_requests.ts";

/** The vendor's price of one OTP, in INR. */
const COST_PER_OTP = 0.25;

type RouteName =
  | "create-key"
  | "list-keys"
  | "delete-key"
  | "set-ip-rules"
  | "wallet"
  | "send"
  | "list-messages"
  | "get-message";

/** What a route works on. */
export interface World {
  readonly keys: KeyTable;
  readonly messages: MessageLog;
  readonly envelope: Envelope;
  readonly now: () => number;
  /** Refuses a number that had its share of OTPs. */
  throttleNumber(phoneNumber: string): void;
  onKey(kind: "key-made" | "key-ended", key: Key): void;
  onSend(message: Message): void;
}

/** A request that has passed authentication. */
interface Authenticated {
  readonly request: Request;
  readonly key: Key;
  /** The id in the path; empty where there is none. */
  readonly id: string;
  readonly body: Record<string, unknown>;
}

export interface Route {
  readonly name: RouteName;
  readonly method: string;
  readonly path: RegExp;
  /** Whether the vendor answers before it has checked who the customer is (`@SkipOnboarding`). */
  readonly skipsKyc?: boolean;
  readonly handle: (call: Authenticated, world: World) => Answer;
}

export const ROUTES: readonly Route[] = [
  { name: "create-key", method: "POST", path: /^\/api-keys$/, handle: createKey },
  { name: "list-keys", method: "GET", path: /^\/api-keys$/, handle: listKeys },
  { name: "delete-key", method: "DELETE", path: /^\/api-keys\/([^/]+)$/, handle: deleteKey },
  {
    name: "set-ip-rules",
    method: "PATCH",
    path: /^\/api-keys\/([^/]+)\/ip-restrictions$/,
    handle: setIpRules,
  },
  { name: "wallet", method: "GET", path: /^\/wallet$/, skipsKyc: true, handle: wallet },
  { name: "send", method: "POST", path: /^\/otp\/send$/, handle: send },
  { name: "list-messages", method: "GET", path: /^\/messages$/, handle: listMessages },
  { name: "get-message", method: "GET", path: /^\/messages\/([^/]+)$/, handle: getMessage },
];

function createKey({ key: caller, body }: Authenticated, world: World): Answer {
  const { key, value } = world.keys.make(caller.account, {
    ...requests.parseNewKey(body),
    nowMs: world.now(),
  });
  world.onKey("key-made", key);
  return world.envelope.success(201, {
    id: key.id,
    key: value,
    keyPrefix: key.prefix,
    label: key.label,
    allowedIps: key.allowedIps,
    createdAt: iso(key.createdAtMs),
    // The vendor puts the new key into code examples too: one more place from which it must not leak.
    codeExamples: {
      sendOtp: { curl: `curl -X POST https://api.startmessaging.com/otp/send -H "X-API-Key: ${value}"` },
    },
  });
}

function listKeys({ key }: Authenticated, { keys, envelope }: World): Answer {
  return envelope.success(200, keys.list(key.account).map(keyRow));
}

function deleteKey({ key, id }: Authenticated, world: World): Answer {
  const doomed = world.keys.live(key.account, requests.requireUuid(id));
  if (!doomed) throw new Refusal(404, "API key not found");
  doomed.endedAtMs = world.now();
  world.onKey("key-ended", doomed);
  return world.envelope.success(200, undefined);
}

function setIpRules({ key, id, body }: Authenticated, { keys, envelope, now }: World): Answer {
  const allowedIps = requests.parseIpRules(body);
  const changed = keys.live(key.account, requests.requireUuid(id));
  if (!changed) throw new Refusal(404, "API key not found");
  keys.setAllowedIps(changed, allowedIps, now());
  return envelope.success(200, keyRow(changed));
}

function wallet({ key }: Authenticated, { envelope }: World): Answer {
  return envelope.success(200, { userId: key.account.id, balance: key.account.balance, currency: "INR" });
}

function send({ key, body }: Authenticated, world: World): Answer {
  const { phoneNumber, otp } = requests.parseSend(body);
  world.throttleNumber(phoneNumber);
  if (key.account.balance < COST_PER_OTP) {
    throw new Refusal(400, "Insufficient balance", { code: "INSUFFICIENT_BALANCE" });
  }
  key.account.balance -= COST_PER_OTP;
  const content = `Your verification code is ${otp}. Valid for 5 minutes.`;
  const message = world.messages.add(
    { accountId: key.account.id, keyId: key.id, phoneNumber, content },
    world.now(),
  );
  world.onSend(message);
  return world.envelope.success(201, {
    otpRequestId: randomUUID(),
    messageId: message.id,
    status: "sent",
    phoneNumber,
    createdAt: iso(message.createdAtMs),
  });
}

function listMessages({ request, key }: Authenticated, { messages, envelope, now }: World): Answer {
  const { limit, page, cursor, isAscending, withCount, filter } = requests.parseMessageQuery(request.query);
  const nowMs = now();
  const own = { ...filter, accountId: key.account.id };
  if (cursor) {
    const found = messages.newest(own, { limit: limit + 1, before: cursor.before, nowMs });
    const rows = found.slice(0, limit);
    const [last, hasNextPage] = [rows.at(-1), found.length > limit];
    const nextCursor = hasNextPage && last ? requests.encodeCursor(last) : null;
    const pagination = { limit, nextCursor, hasNextPage };
    return envelope.success(
      200,
      rows.map((row) => messageRow(row, nowMs)),
      pagination,
    );
  }
  const found = messages.all(own, nowMs);
  // Messages here are sent when they are made, arrive after one delay and cost the same, so every sort that the
  // vendor offers is the order of time (but that messages not yet delivered come last by `delivered_at`).
  if (!isAscending) found.reverse();
  const rows = found.slice((page - 1) * limit, page * limit).map((row) => messageRow(row, nowMs));
  const total = withCount ? found.length : -1;
  const totalPages = withCount ? Math.ceil(total / limit) : -1;
  const hasNextPage = withCount ? page < totalPages : rows.length >= limit;
  const pagination = { page, limit, totalItems: total, totalPages, hasNextPage, hasPreviousPage: page > 1 };
  return envelope.success(200, rows, pagination);
}

function getMessage({ key, id }: Authenticated, { messages, envelope, now }: World): Answer {
  const message = messages.find(key.account.id, requests.requireUuid(id));
  if (!message) throw new Refusal(404, "Message not found");
  return envelope.success(200, messageRow(message, now()));
}

function keyRow(key: Key): Record<string, unknown> {
  return {
    id: key.id,
    createdAt: iso(key.createdAtMs),
    updatedAt: iso(key.updatedAtMs),
    deletedAt: null,
    userId: key.account.id,
    keyPrefix: key.prefix,
    keyHash: key.hash,
    label: key.label,
    isActive: true,
    allowedIps: key.allowedIps,
    lastUsedAt: key.lastUsedAtMs === undefined ? null : iso(key.lastUsedAtMs),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
