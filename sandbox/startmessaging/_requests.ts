import { isIP } from "node:net";
import type { Request } from "../_server.ts";
import { invalid, Refusal } from "./_answers.ts";
import { MESSAGE_STATUSES, type MessageStatus, type Place } from "./_messages.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const E164 = /^\+[1-9]\d{6,14}$/;
const OTP = /^\d{4,8}$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const MAX_ALLOWED_IPS = 20;
const MAX_LIMIT = 100;
const MAX_OFFSET = 50_000;
const SORT_FIELDS = ["created_at", "sent_at", "delivered_at", "status", "cost"];

export function requireUuid(text: string): string {
  if (!UUID.test(text)) throw new Refusal(400, "Validation failed (uuid is expected)");
  return text;
}

/**
 * The JSON object of a request. Stricter than the vendor, whose framework takes a body of another type for an empty
 * one: what would silently make a key without its settings is refused here.
 */
export function parseBody(request: Request): Record<string, unknown> {
  if (request.body === undefined) throw new Refusal(413, "request entity too large");
  if (request.body === "") return {};
  const type = request.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal(415, "Content-Type must be application/json", { code: "INVALID_INPUT" });
  }
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    throw new Refusal(400, "Request body is not valid JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Refusal(400, "Request body is not a JSON object");
  }
  return json as Record<string, unknown>;
}

/** Unknown fields, `expiresAt` among them, are dropped without a word, as the vendor does. */
export function parseNewKey(body: Record<string, unknown>): { label: string; allowedIps: string[] | null } {
  const { label, allowedIps } = body;
  const problems = problemsOfIps(allowedIps);
  if (label !== undefined && label !== null && typeof label !== "string")
    problems.unshift("label must be a string");
  if (problems.length > 0) throw invalid(problems);
  return { label: (label as string | null | undefined) ?? "", allowedIps: ipsOf(allowedIps) };
}

export function parseIpRules(body: Record<string, unknown>): string[] | null {
  const problems = problemsOfIps(body.allowedIps);
  if (problems.length > 0) throw invalid(problems);
  return ipsOf(body.allowedIps);
}

export function parseSend(body: Record<string, unknown>): { phoneNumber: string; otp: string } {
  const { phoneNumber, templateId, variables } = body;
  const problems: string[] = [];
  if (typeof phoneNumber !== "string" || !E164.test(phoneNumber)) {
    problems.push("Phone number must be in E.164 format");
  }
  if (
    templateId !== undefined &&
    templateId !== null &&
    !(typeof templateId === "string" && UUID.test(templateId))
  ) {
    problems.push("templateId must be a UUID");
  }
  const isObject = typeof variables === "object" && variables !== null && !Array.isArray(variables);
  const otp = isObject ? (variables as { otp?: unknown }).otp : undefined;
  if (!isObject) problems.push("variables must be an object");
  else if (typeof otp !== "string" || !OTP.test(otp)) problems.push("OTP must be a 4-8 digit numeric string");
  if (problems.length > 0) throw invalid(problems);
  return { phoneNumber: phoneNumber as string, otp: otp as string };
}

export interface MessageQuery {
  readonly limit: number;
  readonly page: number;
  /** In cursor mode: where the last page ended; `undefined` for the first page. */
  readonly cursor: { readonly before: Place | undefined } | undefined;
  readonly isAscending: boolean;
  readonly withCount: boolean;
  readonly filter: { fromMs?: number; toMs?: number; keyId?: string; status?: MessageStatus };
}

/** Empty numbers are the default; an empty filter is refused; cursor mode allows no sort. */
export function parseMessageQuery(query: URLSearchParams): MessageQuery {
  const problems: string[] = [];
  const limit = positiveInt(query.get("limit"), 20);
  const page = positiveInt(query.get("page"), 1);
  if (page === undefined) problems.push("page must not be less than 1");
  if (limit === undefined) problems.push("limit must not be less than 1");
  else if (limit > MAX_LIMIT) problems.push(`limit must not be greater than ${MAX_LIMIT}`);
  const sortBy = query.get("sortBy");
  if (sortBy !== null && !SORT_FIELDS.includes(sortBy)) {
    problems.push(`sortBy must be one of the following values: ${SORT_FIELDS.join(", ")}`);
  }
  const withCount = query.get("withCount");
  if (withCount !== null && !/^(true|false|1|0|yes|no|y|n)$/.test(withCount))
    problems.push("withCount is not a flag");
  const filter = filterOf(query, problems);
  if (problems.length > 0 || limit === undefined || page === undefined) throw invalid(problems);
  const cursor = query.get("cursor");
  if (cursor !== null && (sortBy !== null || query.has("sortOrder"))) {
    throw new Refusal(400, "sortBy and sortOrder cannot be combined with cursor");
  }
  if (cursor === null && (page - 1) * limit > MAX_OFFSET) {
    throw new Refusal(
      400,
      `Cannot page beyond ${MAX_OFFSET} rows with offset pagination. Use cursor pagination.`,
    );
  }
  return {
    limit,
    page,
    cursor: cursor === null ? undefined : { before: cursor === "" ? undefined : decodeCursor(cursor) },
    isAscending: query.get("sortOrder")?.trim().toUpperCase() === "ASC",
    withCount: withCount === null || /^(true|1|yes|y)$/.test(withCount),
    filter,
  };
}

export function encodeCursor({ createdAtMs, id }: Place): string {
  return Buffer.from(JSON.stringify({ createdAt: new Date(createdAtMs).toISOString(), id })).toString(
    "base64url",
  );
}

function decodeCursor(text: string): Place {
  let json: { createdAt?: unknown; id?: unknown } | null = null;
  try {
    json = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // refused below, as any other that this gateway did not write
  }
  const createdAtMs = typeof json?.createdAt === "string" ? Date.parse(json.createdAt) : Number.NaN;
  if (Number.isNaN(createdAtMs) || typeof json?.id !== "string" || !UUID.test(json.id)) {
    throw new Refusal(400, "Malformed cursor");
  }
  return { createdAtMs, id: json.id };
}

function filterOf(query: URLSearchParams, problems: string[]): MessageQuery["filter"] {
  const filter: { fromMs?: number; toMs?: number; keyId?: string; status?: MessageStatus } = {};
  const [start, end] = [query.get("startDate"), query.get("endDate")];
  if (start !== null) filter.fromMs = dateOf(start, "startDate", problems);
  if (end !== null) filter.toMs = dateOf(end, "endDate", problems);
  const keyId = query.get("apiKeyId");
  if (keyId !== null && !UUID.test(keyId)) problems.push("apiKeyId must be a UUID");
  else if (keyId !== null) filter.keyId = keyId;
  const status = query.get("status");
  const known = MESSAGE_STATUSES.find((name) => name === status);
  if (known) filter.status = known;
  else if (status !== null) {
    problems.push(`status must be one of the following values: ${MESSAGE_STATUSES.join(", ")}`);
  }
  return filter;
}

function dateOf(text: string, name: string, problems: string[]): number {
  const ms = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) problems.push(`${name} must be a valid ISO 8601 date string`);
  return ms;
}

function positiveInt(text: string | null, fallback: number): number | undefined {
  if (text === null || text.trim() === "") return fallback;
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 ? number : undefined;
}

function problemsOfIps(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return ["allowedIps must be an array"];
  const problems: string[] = [];
  if (!value.every((ip) => typeof ip === "string" && isIP(ip) !== 0)) {
    problems.push("each value in allowedIps must be an ip address");
  }
  if (value.length > MAX_ALLOWED_IPS)
    problems.push(`allowedIps must contain no more than ${MAX_ALLOWED_IPS} elements`);
  return problems;
}

function ipsOf(value: unknown): string[] | null {
  return Array.isArray(value) ? (value as string[]) : null;
}
