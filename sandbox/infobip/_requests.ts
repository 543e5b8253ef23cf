import { isIP } from "node:net";
import { parseJsonBody, Refusal } from "../_gateway.ts";
import type { Request } from "../_server.ts";
import type { KeySettings, Platform } from "./_keys.ts";

const PERMISSIONS = ["PUBLIC_API", "2FA_CLIENT", "WEB_SDK"];
const ACTIONS = ["FILL", "FORCE"];
const ISO_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;
const KEY_FIELDS = [
  "accountId",
  "name",
  "allowedIPs",
  "validFrom",
  "validTo",
  "permissions",
  "platform",
  "scopeGuids",
];

export type KeyChange = Partial<KeySettings> & { readonly accountId?: string; readonly enabled?: boolean };

export function parseNewKey(request: Request): KeySettings & { readonly accountId?: string } {
  const { name, ...change } = changeOf(parseJsonBody(request, KEY_FIELDS));
  if (name === undefined || name === "") throw invalid("name", "must not be blank");
  return { ...change, name };
}

export function parseKeyChange(request: Request): KeyChange {
  const body = parseJsonBody(request, [...KEY_FIELDS, "enabled"]);
  const { enabled } = body;
  if (enabled !== undefined && typeof enabled !== "boolean") throw invalid("enabled", "must be a boolean");
  return { ...changeOf(body), ...(enabled === undefined ? {} : { enabled }) };
}

function changeOf(body: Record<string, unknown>): KeyChange {
  const permissions = textsOf(body, "permissions");
  const platform = platformOf(body.platform);
  const scopeGuids = textsOf(body, "scopeGuids");
  const allowedIPs = textsOf(body, "allowedIPs");
  if (permissions?.some((name) => !PERMISSIONS.includes(name))) throw invalid("permissions", "is not known");
  if (permissions?.includes("PUBLIC_API") && permissions.includes("WEB_SDK")) {
    throw invalid("permissions", "PUBLIC_API and WEB_SDK exclude each other");
  }
  if (platform?.length && permissions?.length) throw invalid("platform", "excludes permissions");
  if (platform?.length && scopeGuids?.length) throw invalid("platform", "excludes scopes");
  if (allowedIPs?.some((ip) => isIP(ip.split("/")[0] ?? "") === 0))
    throw invalid("allowedIPs", "is no address");
  const [name, accountId] = [textOf(body, "name"), textOf(body, "accountId")];
  const [validFromMs, validToMs] = [timeOf(body, "validFrom"), timeOf(body, "validTo")];
  return {
    ...(name === undefined ? {} : { name }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(allowedIPs ? { allowedIPs } : {}),
    ...(validFromMs === undefined ? {} : { validFromMs }),
    ...(validToMs === undefined ? {} : { validToMs }),
    ...(permissions ? { permissions } : {}),
    ...(platform ? { platform } : {}),
    ...(scopeGuids ? { scopeGuids } : {}),
  };
}

export interface Sms {
  readonly destination: string;
  readonly text: string;
  readonly sender: string;
}

/** The required parts of a message, and the sender; the vendor's many options are taken as they are. */
export function parseMessages(request: Request): readonly Sms[] {
  const { messages } = parseJsonBody(request, ["messages", "options"]);
  if (!Array.isArray(messages) || messages.length === 0) throw invalid("messages", "must not be empty");
  return messages.flatMap((message: unknown) => {
    const { destinations, content, sender = "" } = objectOf(message, "messages");
    const { text } = objectOf(content, "messages.content");
    if (typeof text !== "string" || text === "") throw invalid("messages.content.text", "must not be blank");
    if (typeof sender !== "string") throw invalid("messages.sender", "must be a string");
    if (!Array.isArray(destinations) || destinations.length === 0) {
      throw invalid("messages.destinations", "must not be empty");
    }
    return destinations.map((destination: unknown) => {
      const { to } = objectOf(destination, "messages.destinations");
      if (typeof to !== "string" || !/^\+?\d{4,15}$/.test(to))
        throw invalid("messages.destinations.to", "is no number");
      return { destination: to.replace("+", ""), text, sender };
    });
  });
}

export interface LogQuery {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly limit: number;
  readonly useCursor: boolean;
  readonly cursor: string | undefined;
}

export function parseLogQuery({ query }: Request): LogQuery {
  const bare = Object.fromEntries(query);
  const limit = bare.limit === undefined ? 50 : Number(bare.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw invalid("limit", "must be 1 to 1000");
  const useCursor = booleanOf(bare, "useCursor") ?? false;
  if (bare.cursor !== undefined && !useCursor) throw invalid("cursor", "needs useCursor");
  return {
    sinceMs: timeOf(bare, "sentSince") ?? Number.NEGATIVE_INFINITY,
    untilMs: timeOf(bare, "sentUntil") ?? Number.POSITIVE_INFINITY,
    limit,
    useCursor,
    cursor: bare.cursor,
  };
}

export interface KeyQuery {
  readonly accountId: string | undefined;
  readonly name: string | undefined;
  readonly enabled: boolean | undefined;
  readonly page: number;
  readonly size: number;
}

export function parseKeyQuery({ query }: Request): KeyQuery {
  const bare = Object.fromEntries(query);
  const [page, size] = [Number(bare.page ?? 0), Number(bare.size ?? 100)];
  if (!Number.isInteger(page) || page < 0 || page > 100) throw invalid("page", "must be 0 to 100");
  if (!Number.isInteger(size) || size < 1 || size > 100) throw invalid("size", "must be 1 to 100");
  return { accountId: bare.accountId, name: bare.name, enabled: booleanOf(bare, "enabled"), page, size };
}

function booleanOf(bare: Record<string, string>, name: string): boolean | undefined {
  const text = bare[name];
  if (text !== undefined && text !== "true" && text !== "false") throw invalid(name, "must be true or false");
  return text === undefined ? undefined : text === "true";
}

function platformOf(value: unknown): readonly Platform[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid("platform", "must be an array");
  return value.map((item: unknown) => {
    const pair = objectOf(item, "platform");
    const [applicationId, entityId] = [textOf(pair, "applicationId"), textOf(pair, "entityId")];
    const action = ACTIONS.find((name) => name === pair.action) as Platform["action"] | undefined;
    if (applicationId === undefined) throw invalid("platform.applicationId", "must not be blank");
    if (pair.action !== undefined && !action) throw invalid("platform.action", "is not known");
    return { applicationId, ...(entityId ? { entityId } : {}), ...(action ? { action } : {}) };
  });
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(name, "must be an object");
  return value as Record<string, unknown>;
}

function textOf(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value !== undefined && typeof value !== "string") throw invalid(name, "must be a string");
  return value;
}

function textsOf(body: Record<string, unknown>, name: string): readonly string[] | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw invalid(name, "must be an array of strings");
  }
  return value as string[];
}

/** Without a zone: UTC, as the vendor says. */
function timeOf(body: Record<string, unknown>, name: string): number | undefined {
  const text = textOf(body, name);
  if (text === undefined) return undefined;
  const zone = ISO_DATE_TIME.exec(text);
  const ms = zone ? Date.parse(zone[2] ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid(name, "must be a date and time");
  return ms;
}

function invalid(property: string, violation: string): Refusal {
  return new Refusal(400, `${property} ${violation}`, { code: "E400" });
}
