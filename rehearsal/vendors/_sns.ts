import { createHash, createHmac } from "node:crypto";
import type { Login, Send } from "../vendor.ts";
import { type Answer, makeCode, type SendRequest, sendOnce } from "./_request.ts";

const REGION = "us-east-1";

/** Sends an SMS with SNS, as its SDK would: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export function publish(
  { url, agent, phoneNumber }: Send,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<Login> {
  const form = { Action: "Publish", Version: "2010-03-31", PhoneNumber: phoneNumber };
  const body = new URLSearchParams({ ...form, Message: `${makeCode()} is your code` }).toString();
  return sendOnce(signed({ url: `${url}/`, agent, method: "POST", body }, key), judge);
}

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signed(
  request: Omit<SendRequest, "headers"> & { readonly body: string },
  { accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string },
): SendRequest {
  const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "");
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    host: new URL(request.url).host,
    "x-amz-date": time,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const canonical = [request.method, "/", "", ...lines, "", names, hash(request.body)].join("\n");
  const scope = `${time.slice(0, 8)}/${REGION}/sns/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString("hex");
  const credential = `Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...request, headers: { ...headers, authorization: `AWS4-HMAC-SHA256 ${credential}` } };
}

/** An error has a name, and 403 has several. */
function judge({ status, text }: Answer): Login {
  if (status === 200) return { ok: true };
  return { ok: false, because: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? `HTTP ${status}` };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
