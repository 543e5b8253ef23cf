import { type Handled, parseFormBody, Refusal, type Route, requireKnownQuery } from "../_gateway.ts";
import type { Answer } from "../_server.ts";
import type { InfobipCaller, InfobipGateway, Message } from "./_gateway.ts";
import { type Account, type Key, permissionsOf } from "./_keys.ts";
import * as requests from "./_requests.ts";

/** The vendor shows messages of the last 48 hours. */
const REACH_MS = 48 * 3_600_000;
const PRICE = { pricePerMessage: 0.01, currency: "EUR" };

export interface InfobipRoute extends Route<InfobipCaller> {
  /** Who may ask: an API key or an admin; an admin alone; anybody. */
  readonly auth: "any" | "admin" | "none";
  /** Of these an API key needs one, where it is limited by scopes at all. */
  readonly scopes?: readonly string[];
  /** Whether its errors are in the older envelope. */
  readonly isLegacy?: boolean;
}

type Call = Handled<InfobipCaller>;

export function infobipRoutes(gateway: InfobipGateway): readonly InfobipRoute[] {
  const keys = /^\/settings\/2\/api-keys$/;
  const key = /^\/settings\/2\/api-keys\/([^/]+)$/;
  const manage = ["account-management:manage"];
  const on = (handle: (gateway: InfobipGateway, call: Call) => Answer) => (call: Call) =>
    handle(gateway, call);
  return [
    { name: "create-key", method: "POST", path: keys, auth: "admin", handle: on(createKey) },
    { name: "list-keys", method: "GET", path: keys, auth: "admin", handle: on(listKeys) },
    { name: "get-key", method: "GET", path: key, auth: "admin", handle: on(getKey) },
    { name: "update-key", method: "PUT", path: key, auth: "admin", handle: on(updateKey) },
    {
      name: "token",
      method: "POST",
      path: /^\/auth\/1\/oauth2\/token$/,
      auth: "none",
      isLegacy: true,
      handle: on(token),
    },
    {
      name: "balance",
      method: "GET",
      path: /^\/account\/1\/balance$/,
      auth: "any",
      scopes: manage,
      isLegacy: true,
      handle: () => ({ status: 200, body: { balance: 47.79134, currency: "EUR" } }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/sms\/3\/messages$/,
      auth: "any",
      scopes: ["message:send", "sms:message:send", "sms:manage"],
      handle: on(send),
    },
    {
      name: "list-logs",
      method: "GET",
      path: /^\/sms\/3\/logs$/,
      auth: "any",
      scopes: ["sms:manage", "sms:logs:read"],
      handle: on(listLogs),
    },
  ];
}

function createKey(gateway: InfobipGateway, { request, caller, nowMs }: Call): Answer {
  const { accountId, ...settings } = requests.parseNewKey(request);
  const account = ownAccount(caller, accountId);
  gateway.countToday("createsPerDay", account);
  const key = gateway.keys.make(account, settings, nowMs);
  gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: key.id });
  return { status: 200, body: keyRow(key, true) };
}

function listKeys({ keys, showsSecrets }: InfobipGateway, { request, caller }: Call): Answer {
  requireKnownQuery(request, ["accountId", "name", "page", "size", "orderBy", "orderDirection", "enabled"]);
  const { accountId, name, enabled, page, size } = requests.parseKeyQuery(request);
  const found = keys.list(ownAccount(caller, accountId)).filter((key) => {
    return (name === undefined || key.name === name) && (enabled === undefined || key.enabled === enabled);
  });
  const rows = found.slice(page * size, (page + 1) * size).map((key) => keyRow(key, showsSecrets));
  const totalPages = Math.ceil(found.length / size);
  const paging = { page, pageSize: size, orderDirection: "asc", totalCount: found.length, totalPages };
  return { status: 200, body: { apiKeys: rows, paging } };
}

function getKey({ keys, showsSecrets }: InfobipGateway, { caller, params }: Call): Answer {
  return { status: 200, body: keyRow(keyOf(keys.get(ownAccount(caller), params[0] ?? "")), showsSecrets) };
}

function updateKey(gateway: InfobipGateway, { request, caller, params, nowMs }: Call): Answer {
  const { accountId, enabled, ...change } = requests.parseKeyChange(request);
  const key = keyOf(gateway.keys.get(ownAccount(caller, accountId), params[0] ?? ""));
  gateway.countToday("updatesPerDay", key.account);
  Object.assign(key, change);
  key.permissions = permissionsOf(change.permissions ?? key.permissions, key.platform);
  if (enabled === true) {
    key.enabled = true;
    delete key.endedAtMs;
  }
  if (enabled === false && key.enabled) {
    key.enabled = false;
    key.endedAtMs = nowMs;
    gateway.journal.record({ atMs: nowMs, kind: "key-ended", keyId: key.id });
  }
  return { status: 200, body: keyRow(key, gateway.showsSecrets) };
}

function token(gateway: InfobipGateway, { request }: Call): Answer {
  const form = parseFormBody(request, ["client_id", "client_secret", "grant_type", "code"]);
  const { client_id: clientId, client_secret: clientSecret, grant_type: grantType } = form;
  if (!clientId || !clientSecret || grantType !== "client_credentials") {
    throw new Refusal(400, "Bad request", { code: "BAD_REQUEST" });
  }
  return { status: 200, body: gateway.grantToken({ clientId, clientSecret }) };
}

function send(gateway: InfobipGateway, { request, caller, nowMs }: Call): Answer {
  const account = ownAccount(caller);
  const sent = requests.parseMessages(request).map((sms) => {
    return gateway.record({ ...sms, account, sentAtMs: nowMs }, caller.key);
  });
  const status = {
    groupId: 1,
    groupName: "PENDING",
    id: 26,
    name: "PENDING_ACCEPTED",
    description: "Message sent to next instance",
  };
  const messages = sent.map(({ id, destination }) => ({ messageId: id, status, destination }));
  return { status: 200, body: { bulkId: `bulk-${sent[0]?.id}`, messages } };
}

function listLogs({ messages }: InfobipGateway, { request, caller, nowMs }: Call): Answer {
  requireKnownQuery(request, ["sentSince", "sentUntil", "limit", "useCursor", "cursor"]);
  const { sinceMs, untilMs, limit, useCursor, cursor } = requests.parseLogQuery(request);
  const own = messages.filter(({ account, sentAtMs }) => {
    return account === caller.of && sentAtMs > Math.max(sinceMs, nowMs - REACH_MS) && sentAtMs < untilMs;
  });
  const start = cursor === undefined ? 0 : own.findIndex(({ id }) => id === cursor) + 1;
  if (cursor !== undefined && start === 0) throw new Refusal(400, "cursor is not known", { code: "E400" });
  const page = useCursor ? own.slice(start, start + limit) : own.toReversed().slice(0, limit);
  const [last, hasMore] = [page.at(-1), start + page.length < own.length];
  const next = useCursor ? { cursor: { limit, ...(hasMore && last ? { nextCursor: last.id } : {}) } } : {};
  return { status: 200, body: { results: page.map(logRow), ...next } };
}

/** The admin's own account: the fake has no subaccounts. */
function ownAccount(caller: InfobipCaller, asked?: string): Account {
  if (!caller.of) throw new Refusal(401, "Unauthorized", { code: "E401" });
  if (asked !== undefined && asked !== caller.of.id) {
    throw new Refusal(403, "Insufficient permissions to access the requested resource.", { code: "E403" });
  }
  return caller.of;
}

function keyOf(key: Key | undefined): Key {
  if (key) return key;
  throw new Refusal(
    404,
    "Not found - request URL doesn't exist on the API server or resource is not found.",
    {
      code: "E404",
    },
  );
}

function keyRow(key: Key, showsSecret: boolean): Record<string, unknown> {
  const { id, value, account, name, allowedIPs, enabled, permissions, platform, scopeGuids } = key;
  return {
    id,
    apiKeySecret: showsSecret ? value : `${value.slice(0, 4)}****`,
    accountId: account.id,
    name,
    ...(allowedIPs.length > 0 ? { allowedIPs } : {}),
    validFrom: bareTime(key.validFromMs),
    validTo: bareTime(key.validToMs),
    enabled,
    ...(permissions.length > 0 ? { permissions } : {}),
    ...(platform.length > 0 ? { platform } : {}),
    ...(scopeGuids ? { scopeGuids } : {}),
  };
}

/** The vendor's examples have neither a fraction nor a zone. */
function bareTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

function logRow({ id, destination, sentAtMs, text, sender }: Message): Record<string, unknown> {
  const sentAt = new Date(sentAtMs).toISOString().replace("Z", "+0000");
  return {
    sender,
    destination,
    bulkId: `bulk-${id}`,
    messageId: id,
    sentAt,
    doneAt: sentAt,
    messageCount: Math.ceil(text.length / 160),
    price: PRICE,
    status: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET" },
    error: { groupId: 0, groupName: "OK", id: 0, name: "NO_ERROR", permanent: false },
    content: { text },
  };
}
