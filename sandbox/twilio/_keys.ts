import { type Handled, parseFormBody, Refusal, requireKnownQuery } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import type { AccountTable, Key, KeyPolicy } from "./_accounts.ts";
import { metaOf, PAGING, pageOf, pageOf2010 } from "./_paging.ts";
import { type Caller, notAuthenticated, notFound, rfc2822 } from "./_words.ts";

const MAX_NAME = 64;
const MAX_PERMISSIONS = 100;
const PERMISSION = /^\/twilio\/[a-z0-9-]+(\/[a-z0-9-]+)+$/;

/** What the routes of keys work on. */
export interface KeyWorld {
  readonly table: AccountTable;
  readonly switches: { readonly keysPerAccount: number };
  onKey(kind: "key-made" | "key-ended", key: Key): void;
}

/** `GET /v1/Keys`. */
export function listKeysV1({ request, caller }: Handled<Caller>, { table }: KeyWorld): Answer {
  requireIamV1(request, caller);
  requireKnownQuery(request, ["AccountSid", ...PAGING]);
  requireAccount(request.query.get("AccountSid"), caller);
  const page = pageOf(table.liveKeys(caller.of), request);
  // Unconfirmed: the flags of a restricted key. The vendor's example shows a standard one.
  const keys = page.rows.map((key) => ({ ...rowOf(key), flags: ["rest_api", "signing"] }));
  return { status: 200, body: { keys, meta: metaOf(request, "keys", page) } };
}

/** `GET /2010-04-01/Accounts/{AC}/Keys.json`. */
export function listKeys2010({ request, caller }: Handled<Caller>, { table }: KeyWorld): Answer {
  requireKnownQuery(request, PAGING);
  const page = pageOf(table.liveKeys(caller.of), request);
  return { status: 200, body: { keys: page.rows.map(rowOf), ...pageOf2010(request.path, page) } };
}

/** `POST /v1/Keys`. */
export function createKeyV1({ request, caller, nowMs }: Handled<Caller>, world: KeyWorld): Answer {
  requireIamV1(request, caller);
  const form = parseFormBody(request, ["AccountSid", "FriendlyName", "KeyType", "Policy"]);
  requireAccount(form.AccountSid, caller);
  const isRestricted = form.KeyType !== undefined;
  if (isRestricted && form.KeyType !== "restricted") throw invalid("KeyType can only be restricted");
  if (isRestricted !== (form.Policy !== undefined))
    throw invalid("Policy is for restricted keys, and required");
  const policy = form.Policy === undefined ? null : parsePolicy(form.Policy);
  const name = nameOf(form);
  requireRoom(caller, world);
  const type = isRestricted ? "restricted" : "standard";
  const { key, value } = world.table.addKey(caller.of, { name, type, policy }, nowMs);
  world.onKey("key-made", key);
  return { status: 201, body: { ...rowOf(key), secret: value, policy } };
}

/** `POST /2010-04-01/Accounts/{AC}/Keys.json`, which makes standard keys only. */
export function createKey2010({ request, caller, nowMs }: Handled<Caller>, world: KeyWorld): Answer {
  const name = nameOf(parseFormBody(request, ["FriendlyName"]));
  requireRoom(caller, world);
  const { key, value } = world.table.addKey(caller.of, { name, type: "standard", policy: null }, nowMs);
  world.onKey("key-made", key);
  return { status: 201, body: { ...rowOf(key), secret: value } };
}

/** `GET /v1/Keys/{SK}`. */
export function getKeyV1(call: Handled<Caller>, { table }: KeyWorld): Answer {
  requireIamV1(call.request, call.caller);
  requireKnownQuery(call.request, []);
  const key = keyOf(call, { table, id: call.params[0] });
  return { status: 200, body: { ...rowOf(key), policy: key.policy } };
}

/** `GET /2010-04-01/Accounts/{AC}/Keys/{SK}.json`, which says nothing of a policy. */
export function getKey2010(call: Handled<Caller>, { table }: KeyWorld): Answer {
  requireKnownQuery(call.request, []);
  return { status: 200, body: rowOf(keyOf(call, { table, id: call.params[1] })) };
}

/** `DELETE /v1/Keys/{SK}`. */
export function deleteKeyV1(call: Handled<Caller>, world: KeyWorld): Answer {
  requireIamV1(call.request, call.caller);
  return deleteKey(call, call.params[0], world);
}

/** `DELETE /2010-04-01/Accounts/{AC}/Keys/{SK}.json`. */
export function deleteKey2010(call: Handled<Caller>, world: KeyWorld): Answer {
  return deleteKey(call, call.params[1], world);
}

function deleteKey(call: Handled<Caller>, id: string | undefined, world: KeyWorld): Answer {
  requireKnownQuery(call.request, []);
  const key = keyOf(call, { table: world.table, id });
  key.endedAtMs = call.nowMs;
  world.onKey("key-ended", key);
  return { status: 204, body: undefined };
}

function keyOf(
  { request, caller }: Handled<Caller>,
  { table, id = "" }: { readonly table: AccountTable; readonly id: string | undefined },
): Key {
  const key = table.liveKey(caller.of, id);
  if (!key) throw notFound(request.path);
  return key;
}

/** Unconfirmed: what an account hears to which IAM v1 is not offered. This is what the vendor says of any unknown path. */
function requireIamV1(request: Request, { of }: Caller): void {
  if (!of.offersIamV1) throw notFound(request.path);
}

function requireAccount(id: string | null | undefined, caller: Caller): void {
  if (!id) throw invalid("AccountSid is required");
  if (id !== caller.account) throw notAuthenticated();
}

/** Unconfirmed: the status; the number is unpublished, too. */
function requireRoom({ of }: Caller, { table, switches }: KeyWorld): void {
  if (table.liveKeys(of).length < switches.keysPerAccount) return;
  throw new Refusal(400, "Maximum Number Of API Keys Exceeded", { code: "70151" });
}

function nameOf({ FriendlyName: name = "" }: Record<string, string>): string {
  if (name.length > MAX_NAME) throw invalid(`FriendlyName has more than ${MAX_NAME} characters`);
  return name;
}

function parsePolicy(text: string): KeyPolicy {
  let json: { allow?: unknown } | null = null;
  try {
    json = JSON.parse(text);
  } catch {
    // refused below
  }
  const { allow, ...others } = json ?? {};
  const isList = Array.isArray(allow) && allow.length > 0 && Object.keys(others).length === 0;
  if (!isList || !allow.every((item) => typeof item === "string" && PERMISSION.test(item))) {
    throw invalid("Policy is not { allow: [permissions] }");
  }
  if (allow.length > MAX_PERMISSIONS) throw invalid(`Policy has more than ${MAX_PERMISSIONS} permissions`);
  return { allow: allow as string[] };
}

function rowOf(key: Key): Record<string, unknown> {
  const createdAt = rfc2822(key.createdAtMs);
  return { sid: key.id, friendly_name: key.name, date_created: createdAt, date_updated: createdAt };
}

function invalid(message: string): Refusal {
  return new Refusal(400, message, { code: "20001" });
}
