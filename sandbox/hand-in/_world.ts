import { basicAuthOf, parseJsonBody, Refusal, requireKnownQuery } from "../_gateway.ts";
import { randomText } from "./_keys.ts";
import { accountInPath, requireTexts, type Script, tokenOf } from "./_script.ts";

const PLIVO_ACCOUNT = /^\/v1\/Account\/([^/]+)\//;
const PLIVO_SMS = ["src", "dst", "text", "powerpack_uuid", "type", "url", "method", "log", "dlt_entity_id"];

/** Takes JSON alone (plivo.com/docs/account/api/overview). */
export const plivo: Script = {
  handleField: "authToken",
  accountId: (count) => `MA${String(count).padStart(18, "X")}`,
  newFields: (authId) => ({ authId, authToken: randomText(40) }),
  handleOf: (request) => basicAuthOf(request)?.password,
  fits: (request, { fields }) =>
    basicAuthOf(request)?.user === fields.authId && accountInPath(request, PLIVO_ACCOUNT) === fields.authId,
  dead: () => new Refusal(401, "Authentication failed"),
  suspended: () => new Refusal(403, "Account is suspended"),
  error: (_, { message: error = "Error" }) => ({ api_id: randomText(32), error }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/v1\/Account\/([^/]+)\/$/,
      handle: ({ params: [auth_id] }) => ({
        status: 200,
        body: { api_id: randomText(32), auth_id, account_type: "standard", cash_credits: "1.80900" },
      }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/v1\/Account\/([^/]+)\/Message\/$/,
      handle: ({ request }) => {
        const body = parseJsonBody(request, PLIVO_SMS);
        requireTexts(body, ["dst", "text"], (name) => new Refusal(400, `${name} parameter not present`));
        const message_uuid = [randomText(32)];
        return { status: 202, body: { api_id: randomText(32), message: "message(s) queued", message_uuid } };
      },
    },
  ],
};

const TELNYX_SMS = [
  ...["from", "to", "text", "messaging_profile_id", "type", "media_urls", "subject", "auto_detect"],
  ...["webhook_url", "webhook_failover_url", "use_profile_webhooks", "send_at", "encoding"],
];

export const telnyx: Script = {
  handleField: "apiKey",
  accountId: (count) => `account-${count}`,
  newFields: () => ({ apiKey: `KEY${randomText(32).toUpperCase()}_${randomText(22)}` }),
  handleOf: (request) => tokenOf(request, "Bearer"),
  dead: () => new Refusal(401, "Authentication failed", { code: "10009" }),
  suspended: () => new Refusal(403, "Authorization failed", { code: "10010" }),
  error: (_, { code = "10015", message: title = "Bad Request" }) => ({
    errors: [{ code, title, detail: title }],
  }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/v2\/balance$/,
      handle: () => ({
        status: 200,
        body: { data: { record_type: "balance", balance: "300.00", currency: "USD", pending: "10.00" } },
      }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/v2\/messages$/,
      handle: ({ request }) => {
        const body = parseJsonBody(request, TELNYX_SMS);
        const missing = () => new Refusal(422, "Missing required parameter", { code: "10004" });
        requireTexts(body, ["to", "text"], missing);
        return {
          status: 200,
          body: { data: { record_type: "message", id: randomText(32), direction: "outbound" } },
        };
      },
    },
  ],
};

const SINCH_ACCOUNT = /^\/xms\/v1\/([^/]+)\//;
const SINCH_SMS = [
  ...[
    "to",
    "from",
    "body",
    "type",
    "delivery_report",
    "send_at",
    "expire_at",
    "callback_url",
    "client_reference",
  ],
  ...["feedback_enabled", "flash_message", "max_number_of_message_parts", "truncate_concat", "parameters"],
  ...["from_ton", "from_npi", "udh"],
];

export const sinchSms: Script = {
  handleField: "apiToken",
  accountId: (count) => `jd63jf88477ll123ab4567cd8901${String(count).padStart(4, "0")}`,
  newFields: (servicePlanId) => ({ servicePlanId, apiToken: randomText(32) }),
  handleOf: (request) => tokenOf(request, "Bearer"),
  fits: (request, { fields }) => accountInPath(request, SINCH_ACCOUNT) === fields.servicePlanId,
  dead: () => new Refusal(401, "Unauthorized", { code: "unauthorized" }),
  suspended: () => new Refusal(403, "Forbidden", { code: "forbidden" }),
  error: (_, { code = "syntax_invalid_parameter_format", message: text = "Error" }) => ({ code, text }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/xms\/v1\/([^/]+)\/groups$/,
      handle: ({ request }) => {
        requireKnownQuery(request, ["page", "page_size"]);
        return { status: 200, body: { count: 0, page: 0, page_size: 0, groups: [] } };
      },
    },
    {
      name: "send",
      method: "POST",
      path: /^\/xms\/v1\/([^/]+)\/batches$/,
      handle: ({ request }) => {
        const body = parseJsonBody(request, SINCH_SMS);
        const missing = () => new Refusal(400, "Missing parameter", { code: "syntax_constraint_violation" });
        requireTexts(body, ["body"], missing);
        if (!Array.isArray(body.to) || body.to.length === 0) throw missing();
        return { status: 201, body: { id: randomText(26).toUpperCase(), to: body.to, canceled: false } };
      },
    },
  ],
};

const MESSAGEBIRD_SMS = [
  ...["originator", "recipients", "body", "type", "reference", "reportUrl", "validity", "gateway"],
  ...["typeDetails", "datacoding", "mclass", "scheduledDatetime"],
];

export const messageBird: Script = {
  handleField: "accessKey",
  accountId: (count) => `account-${count}`,
  newFields: () => ({ accessKey: randomText(25) }),
  handleOf: (request) => tokenOf(request, "AccessKey"),
  dead: () => new Refusal(401, "Request not allowed (incorrect access_key)", { code: "2" }),
  suspended: () => new Refusal(403, "Account is blocked", { code: "25" }),
  error: (_, { code = "9", message: description = "Error" }) => ({
    errors: [{ code: Number(code), description, parameter: code === "2" ? "access_key" : null }],
  }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/balance$/,
      handle: () => ({ status: 200, body: { payment: "prepaid", type: "credits", amount: 42.5 } }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/messages$/,
      handle: ({ request }) => {
        const body = parseJsonBody(request, MESSAGEBIRD_SMS);
        requireTexts(body, ["originator", "body"], (name) => new Refusal(422, `${name} is required`));
        if (!body.recipients) throw new Refusal(422, "no (correct) recipients found");
        return { status: 201, body: { id: randomText(32), originator: body.originator, direction: "mt" } };
      },
    },
  ],
};

const POSTMARK_EMAIL = [
  ...["From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "Headers"],
  ...["TrackOpens", "TrackLinks", "Attachments", "Metadata", "MessageStream"],
];

export const postmark: Script = {
  handleField: "serverToken",
  accountId: (count) => `server-${count}`,
  newFields: () => ({
    serverToken: [8, 4, 4, 4, 12].map((length) => randomText(length)).join("-"),
  }),
  handleOf: (request) => request.header("x-postmark-server-token"),
  dead: () => new Refusal(401, "Request does not contain a valid Server token.", { code: "10" }),
  suspended: () => new Refusal(422, "Account may not send", { code: "413" }),
  error: (status, { code = String(status), message: Message = "Error" }) => ({
    ErrorCode: Number(code),
    Message,
  }),
  routes: [
    {
      name: "probe",
      method: "GET",
      path: /^\/deliverystats$/,
      handle: () => ({ status: 200, body: { InactiveMails: 0, Bounces: [{ Name: "All", Count: 0 }] } }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/email$/,
      handle: ({ request, nowMs }) => {
        const body = parseJsonBody(request, POSTMARK_EMAIL);
        requireTexts(body, ["From", "To"], () => new Refusal(422, "Invalid email request", { code: "300" }));
        const SubmittedAt = new Date(nowMs).toISOString();
        return {
          status: 200,
          body: { To: body.To, SubmittedAt, MessageID: randomText(32), ErrorCode: 0, Message: "OK" },
        };
      },
    },
  ],
};
