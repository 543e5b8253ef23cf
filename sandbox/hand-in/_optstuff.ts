import { createHmac } from "node:crypto";
import { type Handled, Refusal } from "../_gateway.ts";
import type { Request } from "../_server.ts";
import { randomBase64url } from "./_keys.ts";
import type { HandInCaller, Refused, Reply, Script } from "./_script.ts";

/** For so long after a revocation its cache says that there is no such key; then the database says why. */
const TOMBSTONE_MS = 24 * 3_600_000;
const OPERATION = /^(w|h|s|q|f|fit|embed)(_[A-Za-z0-9.]+)?$/;

/** The order of the vendor's own route: key, path, operations, signature, project, source (`route.ts`, `validateRequest`). */
export function optStuff(allowedSources: readonly string[]): Script {
  const handle = (call: Handled<HandInCaller>): Reply => serve(call, allowedSources);
  const path = /^\/api\/v1\/([^/]+)\/(.+)$/;
  return {
    keyIdField: "publicKey",
    handleField: "publicKey",
    accountId: (count) => `project-${count}`,
    newFields: () => ({ publicKey: `pk_${randomBase64url(16)}`, secretKey: `sk_${randomBase64url(32)}` }),
    handleOf: ({ query }) => query.get("key") ?? undefined,
    fits: hasSignature,
    dead: refusalOf,
    error: (status, { message = status === 429 ? "Rate limit exceeded" : "Image processing failed" }) => ({
      error: message,
    }),
    routes: [
      { name: "send", method: "GET", path, handle },
      { name: "head", method: "HEAD", path, handle },
    ],
  };
}

function hasSignature({ query }: Request): boolean {
  return query.get("key") !== null && query.get("sig") !== null;
}

function refusalOf({ request, key, nowMs }: Refused): Refusal {
  if (!hasSignature(request)) return new Refusal(401, "Missing signature parameters");
  if (!key) return new Refusal(401, "Invalid API key");
  const { endedAtMs, expiresAtMs = Number.POSITIVE_INFINITY } = key;
  if (endedAtMs === undefined)
    return new Refusal(401, nowMs < expiresAtMs ? "Invalid API key" : "API key has expired");
  const isForgotten = nowMs >= endedAtMs + TOMBSTONE_MS;
  return new Refusal(401, isForgotten ? "API key has been revoked" : "Invalid API key");
}

function serve({ request, caller, params, nowMs }: Handled<HandInCaller>, allowed: readonly string[]): Reply {
  const [slug = "", rest = ""] = params;
  const [operations = "", ...image] = rest.split("/");
  if (image.length === 0) throw new Refusal(400, "Invalid path format");
  const unknown =
    operations === "_" ? undefined : operations.split(",").find((each) => !OPERATION.test(each));
  if (unknown !== undefined) throw new Refusal(400, `Unsupported operation: ${unknown}`);
  requireSignature(request, { payload: rest, secret: caller.key.fields.secretKey ?? "", nowMs });
  if (caller.key.account.isSuspended) throw new Refusal(404, "Project not found");
  if (slug !== caller.account) throw new Refusal(401, "API key does not belong to this project");
  const host = image[0]?.replace(/:\d+$/, "").toLowerCase() ?? "";
  if (!allowed.includes(host)) throw new Refusal(403, "Forbidden: Source domain not allowed");
  const headers = {
    "content-type": "image/webp",
    "cache-control": "public, s-maxage=31536000, max-age=31536000, immutable",
  };
  return {
    status: 200,
    headers,
    body: request.method === "HEAD" ? undefined : "RIFF: a placeholder, and no image",
  };
}

/** @throws Refusal with the vendor's words; the end is looked at before the signature */
function requireSignature(
  { query }: Request,
  { payload, secret, nowMs }: { readonly payload: string; readonly secret: string; readonly nowMs: number },
): void {
  const exp = query.get("exp");
  if (exp !== null && nowMs > Number(exp) * 1000) throw new Refusal(403, "Signature has expired");
  const text = exp === null ? payload : `${payload}?exp=${exp}`;
  const expected = createHmac("sha256", secret).update(text).digest("base64url").slice(0, 32);
  if (query.get("sig") !== expected) throw new Refusal(403, "Invalid signature");
}
