import { createHash, createHmac } from "node:crypto";
import { type IncomingHttpHeaders, request as send } from "node:http";
import { text } from "node:stream/consumers";
import { AwsError } from "./aws-error.ts";
import type { ServiceRequest } from "./request.ts";

/** Where IAM and STS are served, and the credential there that stands for the roles of all functions. */
export interface IdentityService {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What IAM or STS answered: XML. */
export interface IdentityAnswer {
  readonly status: number;
  readonly body: string;
  readonly error?: string;
}

/**
 * IAM and STS, served elsewhere: a function's call is signed anew with the role's credential, and any other is handed on
 * as it came, signature and all.
 */
export class Identity {
  readonly #service: IdentityService | undefined;
  readonly #account: string;
  /** Whose an access key is: `GetAccessKeyLastUsed` names no user, and is about one. */
  readonly #owners = new Map<string, string>();

  constructor({
    service,
    account,
  }: { readonly service: IdentityService | undefined; readonly account: string }) {
    this.#service = service;
    this.#account = account;
  }

  /** The ARN of the user that a call is about. */
  resourceOf({ input }: Pick<ServiceRequest, "input">): string {
    const { UserName, AccessKeyId } = input;
    const user = UserName ?? this.#owners.get(String(AccessKeyId)) ?? "unknown";
    return `arn:aws:iam::${this.#account}:user/${user}`;
  }

  /** Has a call served. @param isRole whether a function makes it with its role */
  async serve(request: ServiceRequest, { isRole }: { readonly isRole: boolean }): Promise<IdentityAnswer> {
    const service = this.#service;
    if (!service) throw new AwsError("UnknownOperationException", `No ${request.service} here.`, 404);
    const headers = isRole ? signAs(service, request) : request.headers;
    const answer = await forward(service.url, { headers, body: request.body });
    this.#remember(request, answer.body);
    const error = /<Code>([^<]+)<\/Code>/.exec(answer.body)?.[1];
    return error === undefined ? answer : { ...answer, error };
  }

  #remember({ input: { UserName } }: ServiceRequest, body: string): void {
    if (typeof UserName !== "string") return;
    for (const [, id = ""] of body.matchAll(/<AccessKeyId>(\w+)</g)) this.#owners.set(id, UserName);
  }
}

async function forward(
  url: string,
  { headers, body }: { readonly headers: IncomingHttpHeaders; readonly body: string },
): Promise<IdentityAnswer> {
  return new Promise((resolve, reject) => {
    // The header `host` stays what was signed. A connection of its own: one that lies idle may be closed under a call.
    const outgoing = send(url, { method: "POST", headers, agent: false }, (response) => {
      text(response).then((said) => resolve({ status: response.statusCode ?? 500, body: said }), reject);
    });
    outgoing.once("error", reject).end(body);
  });
}

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signAs(
  { accessKeyId, secretAccessKey }: IdentityService,
  { headers, body }: ServiceRequest,
): IncomingHttpHeaders {
  const [, scope = "", names = ""] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
  const signed = names.split(";").map((name) => `${name}:${String(headers[name] ?? "").trim()}`);
  const canonical = ["POST", "/", "", ...signed, "", names, hash(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, toSign).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
