import { randomInt } from "node:crypto";
import { type Agent, request } from "node:http";
import type { Login } from "../vendor.ts";

/** A login that has no answer by then has failed, for its user is gone: milliseconds. */
const PATIENCE_MS = 10_000;

/** One request of a login service. */
export interface SendRequest {
  readonly agent: Agent;
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the vendor has answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A one-time code, as a login service makes it. */
export function makeCode(): string {
  return String(randomInt(100_000, 1_000_000));
}

/** A request with a JSON body. */
export function jsonRequest(
  { url, agent }: { readonly url: string; readonly agent: Agent },
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: unknown },
): SendRequest {
  const type = { "content-type": "application/json" };
  return { url, agent, method: "POST", headers: { ...type, ...headers }, body: JSON.stringify(body) };
}

/** A request with the body of a form. */
export function formRequest(
  { url, agent }: { readonly url: string; readonly agent: Agent },
  {
    headers,
    body,
  }: { readonly headers: Readonly<Record<string, string>>; readonly body: Record<string, string> },
): SendRequest {
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const text = new URLSearchParams(body).toString();
  return { url, agent, method: "POST", headers: { ...type, ...headers }, body: text };
}

/** The header of HTTP Basic authentication. */
export function basic(user: string, password: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** Sends once. @param judge what an answer comes to @default a status of 2xx is a yes, any other a no by its number */
export function sendOnce(asked: SendRequest, judge: (answer: Answer) => Login = byStatus): Promise<Login> {
  const { agent, method, url, body } = asked;
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const headers = { "user-agent": "login-service", ...length, ...asked.headers };
  return new Promise((resolve) => {
    const fail = (because: string) => resolve({ ok: false, because });
    const sent = request(url, { method, agent, timeout: PATIENCE_MS, headers });
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => fail("the connection broke"));
      response.on("end", () => {
        resolve(judge({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer in ${PATIENCE_MS / 1000} s`)));
    sent.on("error", (error) => fail(error.message));
    sent.end(body);
  });
}

function byStatus({ status }: Answer): Login {
  return status >= 200 && status < 300 ? { ok: true } : { ok: false, because: `HTTP ${status}` };
}
