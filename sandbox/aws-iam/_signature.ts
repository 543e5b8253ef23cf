import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Request } from "../_server.ts";

/** What a request says of who signed it (Signature Version 4). */
export interface Signed {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly date: string;
  readonly headers: readonly string[];
  readonly signature: string;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** `undefined` where the request is not signed, or not in this way. */
export function signedOf(request: Request): Signed | undefined {
  const found = HEADER.exec(request.header("authorization") ?? "");
  if (!found) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = "", headers = "", signature = ""] = found;
  return { accessKeyId, date, region, service, headers: headers.split(";"), signature };
}

/**
 * Whether a request was signed with this secret.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedWith(secret: string, signed: Signed, request: Request): boolean {
  const { date, region, service, headers, signature } = signed;
  const query = [...request.query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const canonical = [
    request.method,
    request.path,
    query.join("&"),
    ...headers.map((name) => `${name}:${(request.header(name) ?? "").trim().replace(/\s+/g, " ")}`),
    "",
    headers.join(";"),
    hash(request.body ?? ""),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", request.header("x-amz-date") ?? "", scope, hash(canonical)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, "hex"));
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
