import { randomBytes, randomUUID } from "node:crypto";
import {
  basicAuthOf,
  type Caller,
  type Handled,
  parseJsonBody,
  Refusal,
  type Route,
  VendorGateway,
  type VendorGatewayOptions,
} from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import { RecordLog } from "./_records.ts";
import { type Account, isGoodSecret, type Secret, SecretTable, trueKey } from "./_secrets.ts";

export interface VonageGatewayOptions extends VendorGatewayOptions {
  /** How many rows a page of a report has. @default 1000, as at the vendor */
  readonly recordsPerPage?: number;
}

interface VonageCaller extends Caller {
  readonly keyId: string;
  readonly account: string;
  readonly owner: Account;
}

type Call = Handled<VonageCaller>;

const PATH = { secrets: /^\/accounts\/([^/]+)\/secrets$/, secret: /^\/accounts\/([^/]+)\/secrets\/([^/]+)$/ };

/** Vonage's servers at api.nexmo.com: secrets, reports, and the Messages API. */
export class VonageGateway extends VendorGateway<VonageCaller> {
  readonly secrets = new SecretTable();
  readonly records: RecordLog;

  constructor({ recordsPerPage = 1000, ...options }: VonageGatewayOptions = {}) {
    super(options);
    this.records = new RecordLog(recordsPerPage);
  }

  protected readonly routes: readonly Route<VonageCaller>[] = [
    { name: "list-keys", method: "GET", path: PATH.secrets, handle: (call) => this.#list(call) },
    { name: "create-key", method: "POST", path: PATH.secrets, handle: (call) => this.#register(call) },
    { name: "get-key", method: "GET", path: PATH.secret, handle: (call) => this.#get(call) },
    { name: "delete-key", method: "DELETE", path: PATH.secret, handle: (call) => this.#revoke(call) },
    {
      name: "list-messages",
      method: "GET",
      path: /^\/v2\/reports\/records$/,
      handle: ({ request, caller, nowMs }) => ({
        status: 200,
        body: this.records.page(request, caller.account, nowMs),
      }),
    },
    { name: "send", method: "POST", path: /^\/v1\/messages$/, handle: (call) => this.#send(call) },
  ];

  protected identify(request: Request): Caller | undefined {
    const { user = "", password = "" } = basicAuthOf(request) ?? {};
    const secret = this.secrets.find(user, password);
    return secret && { keyId: secret.id, account: secret.account.id };
  }

  /** Unconfirmed: what a suspended account is told. Here it is what is hardest to tell from a dead secret. */
  protected authenticate(request: Request): VonageCaller {
    const { user = "", password = "" } = basicAuthOf(request) ?? {};
    const secret = this.secrets.find(user, password);
    if (!secret || !this.isKnown(secret) || secret.account.isSuspended) {
      throw new Refusal(401, "You did not provide correct credentials.");
    }
    return { keyId: secret.id, account: secret.account.id, owner: secret.account };
  }

  error(status: number, { code, message }: { readonly code?: string; readonly message?: string }): unknown {
    const known = code === undefined ? undefined : ERRORS[code];
    const detail = message ?? TITLES[status] ?? "Internal Server Error";
    return {
      type: `https://developer.nexmo.com/api-errors${known?.type ?? ""}${code === undefined ? "" : `#${code}`}`,
      title: known?.title ?? TITLES[status] ?? "Error",
      detail,
      instance: randomBytes(16).toString("hex"),
      ...(code === "validation" ? { invalid_parameters: [{ name: "secret", reason: detail }] } : {}),
    };
  }

  /** What is so, whatever the API shows. */
  truth() {
    return {
      keys: () => this.secrets.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      keyIdOf: ({ apiKey = "", apiSecret = "" }: Readonly<Record<string, string>>) =>
        this.secrets.find(apiKey, apiSecret)?.id,
      accepts: ({ apiKey = "", apiSecret = "" }: Readonly<Record<string, string>>) => {
        const secret = this.secrets.find(apiKey, apiSecret);
        return secret !== undefined && this.isKnown(secret) && !secret.account.isSuspended;
      },
    };
  }

  #list({ caller, params }: Call): Answer {
    requireOwn(caller, params);
    const secrets = this.secrets.live(caller.owner).map(secretRow);
    const href = `/accounts/${caller.account}/secrets`;
    return { status: 200, body: { _links: { self: { href } }, _embedded: { secrets } } };
  }

  #get({ caller, params }: Call): Answer {
    requireOwn(caller, params);
    return { status: 200, body: secretRow(this.#live(caller, params[1])) };
  }

  #register({ request, caller, params, nowMs }: Call): Answer {
    requireOwn(caller, params);
    const { secret: value } = parseJsonBody(request, ["secret"]);
    if (!isGoodSecret(value)) {
      throw new Refusal(400, "Does not meet complexity requirements", { code: "validation" });
    }
    const secret = this.secrets.add(caller.owner, value, nowMs);
    if (!secret) {
      const message = "This account has reached maximum number of '2' allowed secrets";
      throw new Refusal(400, message, { code: "maximum-secrets-allowed" });
    }
    this.journal.record({ atMs: nowMs, kind: "key-made", keyId: secret.id });
    return { status: 201, body: secretRow(secret) };
  }

  #revoke({ caller, params, nowMs }: Call): Answer {
    requireOwn(caller, params);
    const secret = this.#live(caller, params[1]);
    if (this.secrets.live(caller.owner).length === 1) {
      const message =
        "Can not delete the last secret. The account must always have at least 1 secret active at any time";
      throw new Refusal(403, message, { code: "delete-last-secret" });
    }
    secret.endedAtMs = nowMs;
    this.journal.record({ atMs: nowMs, kind: "key-ended", keyId: secret.id });
    return { status: 204, body: undefined };
  }

  #send({ request, caller, nowMs }: Call): Answer {
    const known = [
      "message_type",
      "channel",
      "to",
      "from",
      "text",
      "client_ref",
      "ttl",
      "sms",
      "webhook_url",
    ];
    const { message_type, channel, to, from, text } = parseJsonBody(request, [...known, "webhook_version"]);
    const isSms = message_type === "text" && channel === "sms";
    if (!isSms) throw new Refusal(422, "message_type and channel must be text and sms");
    if (typeof to !== "string" || !/^[1-9]\d{6,14}$/.test(to))
      throw new Refusal(422, "Invalid value for param to");
    if (typeof from !== "string" || from === "") throw new Refusal(422, "Invalid value for param from");
    if (typeof text !== "string" || text === "" || text.length > 1000) {
      throw new Refusal(422, "Invalid value for param text");
    }
    this.records.add({ accountId: caller.account, product: "MESSAGES", to, from, text, sentAtMs: nowMs });
    this.journal.record({ atMs: nowMs, kind: "send-accepted", keyId: caller.keyId });
    return { status: 202, body: { message_uuid: randomUUID() } };
  }

  #live({ owner }: VonageCaller, id = ""): Secret {
    const secret = this.secrets.live(owner).find((one) => one.id === id);
    if (!secret) throw new Refusal(404, `ID '${id}' could not be found`, { code: "invalid-id" });
    return secret;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  422: "Unprocessable entity",
  429: "Rate Limit Hit",
};

const SECRET_MANAGEMENT = "/account/secret-management";

/** The vendor's types of errors, by the end of their URL (account.yml; its title for two secrets is spelled so). */
const ERRORS: Readonly<Record<string, { readonly type: string; readonly title: string }>> = {
  "invalid-api-key": { type: "", title: "Invalid API Key" },
  "invalid-id": { type: "", title: "Invalid ID" },
  "invalid-filter": { type: "/reports", title: "Invalid filter" },
  validation: { type: SECRET_MANAGEMENT, title: "Bad Request" },
  "maximum-secrets-allowed": { type: SECRET_MANAGEMENT, title: "Maxmimum number of secrets already met" },
  "delete-last-secret": { type: SECRET_MANAGEMENT, title: "Secret Deletion Forbidden" },
};

/** A primary account may manage those under it, at the vendor; here each manages its own. */
function requireOwn({ account }: VonageCaller, [apiKey]: readonly string[]): void {
  if (apiKey === account) return;
  const message = `API key '${apiKey}' does not exist, or you do not have access`;
  throw new Refusal(404, message, { code: "invalid-api-key" });
}

function secretRow({ id, account, createdAtMs }: Secret): unknown {
  return {
    _links: { self: { href: `/accounts/${account.id}/secrets/${id}` } },
    id,
    created_at: new Date(createdAtMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
  };
}
