import { type Handled, Refusal } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import type { AccountTable, Token } from "./_accounts.ts";
import { type Caller, notFound } from "./_words.ts";

/** What the routes of auth tokens work on. */
export interface TokenWorld {
  readonly table: AccountTable;
  onToken(kind: "key-made" | "key-ended", token: Token): void;
}

/** `POST /v1/AuthTokens/Secondary`. Unconfirmed: that a secondary token that is there already is replaced. */
export function createSecondary({ request, caller, nowMs }: Handled<Caller>, world: TokenWorld): Answer {
  requireNoBody(request);
  endToken(world.table.liveToken(caller.of, "secondary"), nowMs, world);
  const { token, value } = world.table.addToken(caller.of, "secondary", nowMs);
  world.onToken("key-made", token);
  return { status: 201, body: { ...bodyOf(request, nowMs, caller), secondary_auth_token: value } };
}

/** `DELETE /v1/AuthTokens/Secondary`. */
export function deleteSecondary({ request, caller, nowMs }: Handled<Caller>, world: TokenWorld): Answer {
  const token = world.table.liveToken(caller.of, "secondary");
  if (!token) throw notFound(request.path);
  endToken(token, nowMs, world);
  return { status: 204, body: undefined };
}

/** `POST /v1/AuthTokens/Promote`: the old primary token fails at once. */
export function promoteSecondary({ request, caller, nowMs }: Handled<Caller>, world: TokenWorld): Answer {
  requireNoBody(request);
  const token = world.table.liveToken(caller.of, "secondary");
  // Unconfirmed: what the vendor says where there is none.
  if (!token) throw notFound(request.path);
  endToken(world.table.liveToken(caller.of, "primary"), nowMs, world);
  token.role = "primary";
  return { status: 200, body: { ...bodyOf(request, nowMs, caller), auth_token: token.value } };
}

function endToken(token: Token | undefined, nowMs: number, world: TokenWorld): void {
  if (!token) return;
  token.endedAtMs = nowMs;
  world.onToken("key-ended", token);
}

/** The vendor's description has no body for these. */
function requireNoBody({ body }: Request): void {
  if (body !== "") throw new Refusal(400, "this request has no body", { code: "20001" });
}

function bodyOf(request: Request, nowMs: number, caller: Caller): Record<string, unknown> {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const url = `https://accounts.twilio.com${request.path}`;
  return { account_sid: caller.account, date_created: now, date_updated: now, url };
}
