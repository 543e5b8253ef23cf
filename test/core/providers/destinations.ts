import { HAND_IN_VENDORS } from "../../../contract/hand-in-vendors.ts";
import type { HandInVendor, ProviderPolicy } from "../../../contract/provider-policy.ts";
import { PROVIDER_URLS, type ProviderUrlName } from "../../../contract/provider-urls.ts";

export type Fields = Readonly<Record<string, string>>;

/** One adapter, and everywhere that it may send a credential to. */
export interface Destination {
  readonly name: string;
  readonly policy: ProviderPolicy;
  /** Which of the function's base URLs are its own. */
  readonly urls: readonly ProviderUrlName[];
  /** The variables that set them. */
  readonly variables: readonly string[];
  readonly key: Fields;
  /** Of a provider with an admin credential: one of each form. */
  readonly admin?: readonly Fields[];
  readonly keyId: string;
  /** Settings that a new key may have. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Every route of the vendor that the adapter knows. */
  readonly routes: RegExp;
}

const HEX = "0123456789abcdef0123456789abcdef";
const [AC, SK] = [`AC${HEX}`, `SK${HEX}`];
const TWILIO_MESSAGES = `GET /2010-04-01/Accounts/${AC}/Messages\\.json`;

function routes(...patterns: readonly string[]): RegExp {
  return new RegExp(`^(?:${patterns.join("|")})$`);
}

function beside(urls: readonly ProviderUrlName[]): Pick<Destination, "urls" | "variables"> {
  return { urls, variables: urls.map((name) => PROVIDER_URLS[name].variable) };
}

function handIn(vendor: HandInVendor, key: Fields, route: string): Destination {
  const policy: ProviderPolicy =
    vendor === "optstuff"
      ? { id: "hand-in", vendor, projectSlug: "shop", probeImage: "images.example.com/logo.png" }
      : { id: "hand-in", vendor };
  return {
    name: vendor,
    policy,
    ...beside([HAND_IN_VENDORS[vendor].url]),
    key,
    keyId: "key-1",
    routes: routes(route),
  };
}

/** Every adapter that a policy can name. */
export const DESTINATIONS: readonly Destination[] = [
  {
    name: "startmessaging",
    policy: { id: "startmessaging" },
    ...beside(["startMessaging"]),
    key: { apiKey: `sk_live_${HEX}01234567` },
    keyId: "00000000-0000-4000-8000-000000000001",
    settings: { allowedIps: null },
    routes: routes("GET /wallet", "(GET|POST) /api-keys", "DELETE /api-keys/[0-9a-f-]{36}", "GET /messages"),
  },
  {
    name: "twilio-api-key",
    policy: { id: "twilio-api-key", adminSecret: "admin/twilio" },
    ...beside(["twilioApi", "twilioIam"]),
    key: { accountSid: AC, apiKeySid: SK, apiKeySecret: HEX },
    admin: [
      { accountSid: AC, authToken: HEX },
      { accountSid: AC, apiKeySid: SK, apiKeySecret: HEX },
    ],
    keyId: SK,
    settings: { policy: null },
    routes: routes(
      "(GET|POST) /v1/Keys",
      "(GET|DELETE) /v1/Keys/SK[0-9a-f]{32}",
      `(GET|POST) /2010-04-01/Accounts/${AC}/Keys\\.json`,
      `(GET|DELETE) /2010-04-01/Accounts/${AC}/Keys/SK[0-9a-f]{32}\\.json`,
      TWILIO_MESSAGES,
    ),
  },
  {
    name: "twilio-auth-token",
    policy: { id: "twilio-auth-token", outageSeconds: 60 },
    ...beside(["twilioApi", "twilioAccounts"]),
    key: { accountSid: AC, authToken: HEX },
    keyId: `${AC}/token-1`,
    routes: routes("POST /v1/AuthTokens/(Secondary|Promote)", TWILIO_MESSAGES),
  },
  {
    name: "vonage",
    policy: { id: "vonage" },
    ...beside(["vonage"]),
    key: { apiKey: "abcd1234", apiSecret: "Sb1abcdefgh" },
    keyId: "00000000-0000-4000-8000-000000000001",
    routes: routes(
      "(GET|POST) /accounts/[A-Za-z0-9]{8}/secrets",
      "DELETE /accounts/[A-Za-z0-9]{8}/secrets/[\\w-]{1,64}",
      "GET /v2/reports/records",
    ),
  },
  {
    name: "infobip",
    policy: { id: "infobip", adminSecret: "admin/infobip" },
    ...beside(["infobip"]),
    key: { apiKey: `${HEX}-00000000-0000-0000-0000-000000000000` },
    admin: [
      { username: "admin", password: "password-of-admin" },
      { clientId: "client", clientSecret: "secret-of-client" },
    ],
    keyId: HEX.toUpperCase(),
    settings: { allowedIPs: [], permissions: ["PUBLIC_API"], platform: [], scopeGuids: null },
    routes: routes(
      "(GET|POST) /settings/2/api-keys",
      "(GET|PUT) /settings/2/api-keys/[\\w-]+",
      "GET /account/1/balance",
      "GET /sms/3/logs",
      "POST /auth/1/oauth2/token",
    ),
  },
  {
    name: "aws-iam",
    policy: { id: "aws-iam", userName: "otp" },
    urls: [],
    variables: ["AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS"],
    key: { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: HEX },
    keyId: "AKIAAAAAAAAAAAAAAAAA",
    // What is asked for stands in the form.
    routes: routes("POST /"),
  },
  {
    name: "sendgrid",
    policy: { id: "sendgrid" },
    ...beside(["sendGrid"]),
    key: { apiKey: `SG.abcdefghijklmnopqrstuv.${HEX}` },
    keyId: "abcdefghijklmnopqrstuv",
    settings: { scopes: ["mail.send"] },
    routes: routes(
      "(GET|POST) /v3/api_keys",
      "(GET|DELETE) /v3/api_keys/[\\w-]{1,64}",
      "GET /v3/scopes",
      "GET /v3/user/username",
    ),
  },
  handIn(
    "optstuff",
    { publicKey: "pk_AQEBAQEBAQEBAQEBAQEBAQ", secretKey: "sk_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE" },
    "GET /api/v1/shop/w_1/images\\.example\\.com/logo\\.png",
  ),
  handIn("msg91", { authKey: HEX }, "GET /api/v5/report/analytics/p/otp"),
  handIn(
    "exotel",
    { accountSid: "acme1", apiKey: HEX, apiToken: HEX },
    "GET /v1/Accounts/[A-Za-z0-9_-][A-Za-z0-9_.-]*/Balance\\.json",
  ),
  handIn("plivo", { authId: "MAXXXXXXXXXXXXXXXXXX", authToken: HEX }, "GET /v1/Account/[A-Z0-9]+/"),
  handIn("gupshup", { userId: "2000123456", password: "password" }, "POST /GatewayAPI/rest"),
  handIn("kaleyra", { sid: "HXIN1746300001IN", apiKey: `A${HEX}` }, "GET /v1/[A-Za-z0-9_]+/messages/status"),
  handIn("telnyx", { apiKey: "KEY0123456789ABCDEF0123_abc" }, "GET /v2/balance"),
  handIn("sinch-sms", { servicePlanId: HEX, apiToken: HEX }, "GET /xms/v1/[A-Za-z0-9_-]+/groups"),
  handIn("messagebird", { accessKey: "live_abcdefghijklmnop" }, "GET /balance"),
  handIn("postmark", { serverToken: "00000000-0000-4000-8000-000000000000" }, "GET /deliverystats"),
];
