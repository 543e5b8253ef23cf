import { basicAuthOf, parseFormBody, parseJsonBody, Refusal, requireKnownQuery } from "../_gateway.ts";
import type { Request } from "../_server.ts";
import { randomText } from "./_keys.ts";
import { accountInPath, requireTexts, type Script } from "./_script.ts";

const FLOW_FIELDS = [
  ...["template_id", "flow_id", "sender", "recipients", "short_url", "short_url_expiry"],
  ...["realTimeResponse", "route", "unicode", "schtime"],
];

/** Unconfirmed: the words of its 401, which are those that code which calls it has met. */
export const msg91: Script = {
  handleField: "authKey",
  accountId: (count) => `account-${count}`,
  newFields: () => ({ authKey: `${randomText(6)}A${randomText(23)}P1` }),
  handleOf: (request) => request.header("authkey"),
  dead: () => new Refusal(401, "AuthenticationFailure", { code: "401" }),
  suspended: () => new Refusal(403, "Banned user account", { code: "303" }),
  error: (status, { code = String(status), message = "Error" }) => ({ type: "error", code, message }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/api\/v5\/report\/analytics\/p\/otp$/,
      handle: ({ request }) => {
        requireKnownQuery(request, ["startDate", "endDate"]);
        return { status: 200, body: { data: [], total: {} } };
      },
    },
    {
      name: "send",
      method: "POST",
      path: /^\/api\/v5\/flow\/?$/,
      handle: ({ request }) => {
        const body = parseJsonBody(request, FLOW_FIELDS);
        const { template_id = body.flow_id, recipients } = body;
        if (typeof template_id !== "string") throw new Refusal(400, "template id missing", { code: "400" });
        const isList = Array.isArray(recipients) && recipients.length > 0;
        if (!isList || !recipients.every((each) => /^\d{10,15}$/.test(String(each?.mobiles ?? "")))) {
          throw new Refusal(400, "Invalid mobile number", { code: "202" });
        }
        return { status: 200, body: { type: "success", message: randomText(24) } };
      },
    },
  ],
};

const EXOTEL_ACCOUNT = /^\/v1\/Accounts\/([^/]+)\//;
const EXOTEL_SMS = [
  ...["From", "To", "Body", "EncodingType", "StatusCallback", "DltEntityId", "DltTemplateId"],
  ...["SmsType", "CustomField", "Priority", "ShortenUrl"],
];

/** Answers in JSON, as its present documentation shows them; older pages show XML where the path does not end in `.json`. */
export const exotel: Script = {
  keyIdField: "apiKey",
  handleField: "apiKey",
  accountId: (count) => `acme${count}`,
  newFields: (accountSid) => ({ accountSid, apiKey: randomText(40), apiToken: randomText(40) }),
  handleOf: (request) => basicAuthOf(request)?.user,
  fits: (request, { fields }) =>
    basicAuthOf(request)?.password === fields.apiToken &&
    accountInPath(request, EXOTEL_ACCOUNT) === fields.accountSid,
  dead: () => new Refusal(401, "Authentication failed. Invalid API Key or Token.", { code: "UNAUTHORIZED" }),
  suspended: () => new Refusal(403, "Account is not active"),
  error: (Status, { code: Code, message: Message = "Error" }) => ({
    RestException: { Status, Message, ...(Code === undefined ? {} : { Code }) },
  }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/v1\/Accounts\/([^/]+)\/Balance\.json$/,
      handle: ({ params: [AccountSid] }) => {
        const BalanceData = { Balance: "1543.75", Currency: "INR", PricingPlan: "Pay As You Go" };
        return { status: 200, body: { Account: { AccountSid, BalanceData } } };
      },
    },
    {
      name: "send",
      method: "POST",
      path: /^\/v1\/Accounts\/([^/]+)\/Sms\/send(?:\.json)?$/,
      handle: ({ request, params: [AccountSid] }) => {
        const form = parseFormBody(request, EXOTEL_SMS);
        requireTexts(form, ["From", "To", "Body"], () => new Refusal(400, "Invalid Parameters"));
        const SMSMessage = {
          Sid: randomText(32),
          AccountSid,
          From: form.From,
          To: form.To,
          Status: "queued",
        };
        return { status: 200, body: { SMSMessage } };
      },
    },
  ],
};

const KALEYRA_ACCOUNT = /^\/v1\/([^/]+)\//;
const KALEYRA_SMS = [
  ...["to", "sender", "type", "body", "source", "template_id", "template_params", "ref", "ref1", "ref2"],
  ...["callback", "prefix", "unicode", "flash", "channel"],
];

/** Unconfirmed: what it says of a message that does not exist, and the words of its 401. */
export const kaleyra: Script = {
  handleField: "apiKey",
  accountId: (count) => `HXIN17463${String(count).padStart(5, "0")}IN`,
  newFields: (sid) => ({ sid, apiKey: `A${randomText(32)}` }),
  handleOf: (request) => request.header("api-key"),
  fits: (request, { fields }) => accountInPath(request, KALEYRA_ACCOUNT) === fields.sid,
  dead: () => new Refusal(401, "Invalid API key or SID", { code: "E401" }),
  suspended: () => new Refusal(403, "Account is inactive", { code: "E403" }),
  error: (status, { code = `E${status}`, message = "Error" }) => ({ code, message }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/v1\/([^/]+)\/messages\/status$/,
      handle: ({ request }) => {
        requireKnownQuery(request, ["message_ids"]);
        if (!request.query.get("message_ids"))
          throw new Refusal(400, "message_ids is missing", { code: "E400" });
        return { status: 200, body: { data: [], error: {} } };
      },
    },
    {
      name: "send",
      method: "POST",
      path: /^\/v1\/([^/]+)\/messages$/,
      handle: ({ request }) => {
        const isJson = request.header("content-type")?.startsWith("application/json") === true;
        const body = isJson ? parseJsonBody(request, KALEYRA_SMS) : parseFormBody(request, KALEYRA_SMS);
        requireTexts(
          body,
          ["to", "sender", "type", "body"],
          (name) => new Refusal(400, `${name} is missing`),
        );
        const id = randomText(32);
        const data = [{ message_id: `${id}:0`, recipient: body.to }];
        return { status: 202, body: { id, type: body.type, totalCount: 1, data, error: {} } };
      },
    },
  ],
};

const GUPSHUP_FIELDS = [
  ...["method", "userid", "password", "auth_scheme", "send_to", "msg", "msg_type", "v", "format", "mask"],
  ...[
    "principalEntityId",
    "dltTemplateId",
    "override_dnd",
    "timestamp",
    "msg_id",
    "port",
    "linkTrackingEnabled",
  ],
];

/** One route, HTTP 200 whatever it says. Unconfirmed: that it looks at the password before the number. */
export const gupshup: Script = {
  keyIdField: "userId",
  handleField: "userId",
  accountId: (count) => `enterprise-${count}`,
  newFields: () => ({
    userId: `2000${String(Number.parseInt(randomText(6), 16)).padStart(8, "0")}`,
    password: randomText(12),
  }),
  handleOf: (request) => formOf(request).get("userid") ?? undefined,
  fits: (request, { fields }) => formOf(request).get("password") === fields.password,
  dead: ({ key }) =>
    key
      ? new Refusal(200, "Authentication failed due to invalid userId or password.", { code: "102" })
      : new Refusal(200, "Authentication failed as userid does not exist.", { code: "103" }),
  suspended: () => new Refusal(200, "The user is disabled.", { code: "104" }),
  error: (_, { code: id = "100", message: details = "Unknown error" }) => ({
    response: { id, phone: "", details, status: "error" },
  }),
  routes: [
    {
      name: "send",
      method: "POST",
      path: /^\/GatewayAPI\/rest$/,
      handle: ({ request }) => {
        const form = parseFormBody(request, GUPSHUP_FIELDS);
        const missing = (name: string) =>
          new Refusal(200, `The parameter "${name}" is required.`, { code: "101" });
        requireTexts(form, ["method", "send_to", "msg", "v"], missing);
        if (form.method?.toLowerCase() !== "sendmessage") {
          throw new Refusal(200, "The method is not supported.", { code: "106" });
        }
        const phone = form.send_to ?? "";
        const isNumber = /^\+?\d{10,15}$/.test(phone);
        const said = isNumber
          ? { id: `${randomText(19)}-${randomText(18)}`, phone, details: "", status: "success" }
          : {
              id: "105",
              phone: "",
              details: "The phone number is not a valid phone number.",
              status: "error",
            };
        return { status: 200, body: { response: said }, isSent: isNumber };
      },
    },
  ],
};

function formOf({ body = "" }: Request): URLSearchParams {
  return new URLSearchParams(body);
}
