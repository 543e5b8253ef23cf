import type { z } from "zod";
import { ProviderRejectedError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { Call, KeyIdentity, ProbeAnswer, Send } from "../cutover/ports.ts";
import { type HttpAnswer, isOk, probeWith, readAnswer, unreadable } from "./_answer.ts";
import { basicAuth, Http, type HttpOptions, type HttpRequest, queryOfLink } from "./_http.ts";
import * as shapes from "./_twilio-shapes.ts";

/** What all of Twilio's adapters take, beside their base URLs. */
export interface TwilioOptions extends Pick<HttpOptions, "attemptTimeoutMs" | "sleep"> {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/** Who a credential's fields log in as, and to which account. */
export interface Login {
  readonly accountSid: string;
  readonly user: Sensitive;
  readonly password: Sensitive;
}

/** Auth tokens and key secrets are 32 letters and digits; SIDs, which are no secrets, are 34. */
const KEY_PATTERN = /\b[0-9A-Za-z]{32}\b/g;
const ACCOUNT_SID = /^AC[0-9a-fA-F]{32}$/;
const KEY_SID = /^SK[0-9a-fA-F]{32}$/;

/** The vendor allows 1000, and a row may take 6 KB: a page must stay below what an answer may be long. */
const SENDS_PAGE = 300;

/** A connection to one of Twilio's hosts. @throws ConfigError where a credential may not be sent there */
export function twilioHttp(
  provider: string,
  { baseUrl, attemptTimeoutMs, sleep }: Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep">,
): Http {
  const options = { provider, baseUrl, keyPattern: KEY_PATTERN, readError: shapes.failureOf };
  return new Http({ ...options, attemptTimeoutMs, sleep });
}

/**
 * The fields that a login is made of: an auth token, an API key, or a main key under the names of AWS's own secrets of
 * type TwilioMainApiKey (https://docs.aws.amazon.com/secretsmanager/latest/userguide/mes-partner-TwilioMainApiKey.html).
 *
 * @throws ProviderRejectedError where there is none, or the account's SID is none: it becomes a part of the path
 */
export function loginOf(fields: KeyFields, { provider, whose }: { provider: string; whose: string }): Login {
  const accountSid = fields.accountSid?.reveal().trim() ?? "";
  const sid = fields.apiKeySid ?? fields.adminKeySid;
  const user = fields.authToken ? fields.accountSid : sid;
  const password = fields.authToken ?? fields.apiKeySecret ?? fields.adminKeySecret;
  if (!ACCOUNT_SID.test(accountSid)) {
    const text = `the accountSid of ${whose} is not AC and 32 hexadecimal digits. Correct the secret's value.`;
    throw new ProviderRejectedError(`${provider}: ${text}`);
  }
  const isUser = fields.authToken !== undefined || KEY_SID.test(user?.reveal().trim() ?? "");
  if (!user || !password || !isUser) {
    const text = `${whose} has neither an authToken nor a key's SID (SK and 32 hexadecimal digits) with its secret. Correct the secret's value.`;
    throw new ProviderRejectedError(`${provider}: ${text}`);
  }
  return { accountSid, user: trimmed(user), password: trimmed(password) };
}

/** Sends a request as somebody. @param login whose secret is taken out of all that is said of the request */
export function askAs(
  http: Http,
  { login, ...request }: Omit<HttpRequest, "headers" | "secrets" | "signal"> & { readonly login: Login },
  { signal }: Call,
): Promise<HttpAnswer> {
  const headers = { authorization: basicAuth(login.user, login.password) };
  return http.send({ ...request, headers, secrets: [login.password], signal });
}

/** What fields say of themselves; nothing where a SID is none, as it may be a secret that was put in its place. */
export function identityOf({ accountSid, apiKeySid }: KeyFields): KeyIdentity {
  const [account, keyId] = [accountSid?.reveal().trim() ?? "", apiKeySid?.reveal().trim() ?? ""];
  return {
    ...(ACCOUNT_SID.test(account) ? { account } : {}),
    ...(KEY_SID.test(keyId) ? { keyId } : {}),
  };
}

/** @throws ProviderRejectedError where an id is no key's: another text could lead to another route, whose 404 lies */
export function requireKeySid(keyId: string, provider: string): string {
  if (KEY_SID.test(keyId)) return keyId;
  const text =
    "the key id is not SK and 32 hexadecimal digits, so nothing was asked. Correct keyId in the secret's value.";
  throw new ProviderRejectedError(`${provider}: ${text}`);
}

/** The vendor's own 404, and not that of some proxy: what the request names is not there, and nothing was applied. */
export function isMissing({ status, json }: HttpAnswer): boolean {
  return status === 404 && shapes.failureOf(json).code === "20404";
}

/**
 * Asks for one message, which is free, and what AWS's own rotation does by default. A dead credential gets 401 with code
 * 20003, and so does one of a suspended account (https://www.twilio.com/docs/api/errors/20003): the control pair tells
 * them apart. The same code with "Policy evaluation failed" has been seen for a permission that lacks, and 70051 is said
 * of unknown keys and of lacking permissions alike: neither proves anything. A restricted key without the permission to
 * read messages can therefore not be probed.
 */
export function probeMessages(http: Http, login: () => Login, call: Call): Promise<ProbeAnswer> {
  return probeWith(call, async () => {
    const request = messagesOf(login(), { PageSize: "1" });
    const answer = await askAs(http, request, call);
    if (isOk(answer) && shapes.Messages.safeParse(answer.json).success) return { kind: "accepted" };
    const { code, message = "" } = shapes.failureOf(answer.json);
    const isRejected = answer.status === 401 && code === "20003" && !/policy/i.test(message);
    if (isRejected) return { kind: "rejected", because: answer.got };
    const hint = code === "70051" ? " (a restricted key needs /twilio/messaging/messages/read)" : "";
    return { kind: "unknown", because: answer.got + hint };
  });
}

/**
 * The parameters' names literally end in `>` and `<`, both ends included, and the vendor tells times to the second.
 * Unconfirmed: whether it finds a message without `date_sent` by its creation.
 */
export async function* listMessages(
  http: Http,
  { login, sinceMs, untilMs }: { login: Login; sinceMs: number; untilMs: number },
  call: Call,
): AsyncIterable<readonly Send[]> {
  const fromMs = Math.floor(sinceMs / 1000) * 1000;
  const query = { "DateSent>": iso(fromMs), "DateSent<": iso(untilMs), PageSize: String(SENDS_PAGE) };
  const first = await askAs(http, messagesOf(login, query), call);
  const next = (link: string) => askAs(http, messagesOf(login, queryOfLink(link)), call);
  for await (const { messages } of pagesOf(first, { shape: shapes.Messages, next })) {
    const sends = messages.map((row) => shapes.sendOf(row, fromMs)).filter((send) => send !== undefined);
    yield sends.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  }
}

/** Reads page after page, whichever form the link to the next one has. */
export async function* pagesOf<T extends Parameters<typeof shapes.nextOf>[0]>(
  first: HttpAnswer,
  {
    shape,
    next,
    advice,
  }: {
    shape: z.ZodType<T>;
    next: (link: string) => Promise<HttpAnswer>;
    advice?: (answer: HttpAnswer) => string | undefined;
  },
): AsyncGenerator<T> {
  const seen = new Set<string>();
  for (let answer = first; ; ) {
    const page = readAnswer(answer, shape, advice?.(answer));
    yield page;
    const link = shapes.nextOf(page);
    if (!link) return;
    if (seen.has(link)) throw unreadable(answer, "its next page was read already");
    seen.add(link);
    answer = await next(link);
  }
}

function messagesOf(login: Login, query: Readonly<Record<string, string>>) {
  const path = `/2010-04-01/Accounts/${login.accountSid}/Messages.json`;
  return { method: "GET", path, query, login } as const;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

function trimmed(text: Sensitive): Sensitive {
  return new Sensitive(text.reveal().trim());
}
