import { z } from "zod";
import { basicAuth } from "../_http.ts";
import { errorAt, judgeBy, type Preset, type Verdict } from "./_preset.ts";

/** The gateways of India: MSG91, Exotel, Gupshup and Kaleyra. */

const SomeData = z.object({
  data: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]),
});

/**
 * MSG91. Its `balance.php` is no probe: the key would stand in the URL, and a wrong key has been seen to get a balance of
 * `0`. The OTP analytics of today are read instead, with the key in a header; nothing is sent, nothing is paid.
 *
 * Unconfirmed: the answers, which code that calls it says are 401 for a wrong key and 200 with `data` for a right one. An
 * address that is not on the key's allow list gets 418 (msg91.com/help/api): unknown.
 */
export const msg91: Preset = {
  readError: errorAt("code", "message"),
  probe: (fields, nowMs) => {
    const today = new Date(nowMs).toISOString().slice(0, 10);
    return {
      method: "GET",
      path: "/api/v5/report/analytics/p/otp",
      query: { startDate: today, endDate: today },
      headers: { authkey: fields.secret("authKey") },
    };
  },
  judge: judgeBy(SomeData),
};

/**
 * Exotel: the account's balance (developer.exotel.com, Account Balance API). 401 is a wrong key or token; an account that
 * is not active gets 403. "Always rely only on the HTTP status", says its support page.
 */
export const exotel: Preset = {
  keyIdField: "apiKey",
  accountField: "accountSid",
  ids: { accountSid: /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/ },
  readError: errorAt("RestException.Code", "RestException.Message"),
  probe: (fields) => ({
    method: "GET",
    path: `/v1/Accounts/${fields.id("accountSid")}/Balance.json`,
    headers: { authorization: basicAuth(fields.secret("apiKey"), fields.secret("apiToken")) },
  }),
  judge: judgeBy(z.object({ Account: z.record(z.string(), z.unknown()) })),
};

/**
 * Kaleyra: the status of a message that there is not, for the API has no call that reads less (developers.kaleyra.io, SMS
 * Status API).
 *
 * Unconfirmed: that a message which does not exist gets 200 with `data`, as one that does; any other answer than that and
 * a 401 is unknown.
 */
export const kaleyra: Preset = {
  accountField: "sid",
  ids: { sid: /^[A-Z]{2}[A-Za-z0-9_]{4,60}$/ },
  readError: errorAt("code", "message"),
  probe: (fields) => ({
    method: "GET",
    path: `/v1/${fields.id("sid")}/messages/status`,
    query: { message_ids: "00000000-0000-0000-0000-000000000000:1" },
    headers: { "api-key": fields.secret("apiKey") },
  }),
  judge: judgeBy(SomeData),
};

const Reply = z.object({
  // Of a success, the id is the message's; of an error, its number.
  response: z.object({ id: z.union([z.string(), z.number()]).transform(String), status: z.string() }),
});

const GUPSHUP_ERRORS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ["102", { kind: "rejected", because: "the error 102 (user id or password wrong)" }],
  ["103", { kind: "rejected", because: "the error 103 (no such user)" }],
  ["104", { kind: "unknown", because: "the error 104 (the user is disabled). Ask Gupshup's support" }],
  ["105", { kind: "accepted" }],
]);

/**
 * Gupshup Enterprise SMS: one route, always HTTP 200, its errors are numbered (docs.gupshup.io/docs/error-codes). None of
 * its methods only reads, so the probe asks for a message to a number that is none: nothing can be sent. The password is
 * in the form of a POST, never in the URL.
 *
 * Unconfirmed: that the user and password are looked at before the number, as the order of the codes suggests. Were it the
 * other way round, a wrong password would pass for a right one.
 */
export const gupshup: Preset = {
  keyIdField: "userId",
  ids: { userId: /^\d{4,20}$/ },
  readError: () => ({}),
  probe: (fields) => ({
    method: "POST",
    path: "/GatewayAPI/rest",
    headers: {},
    form: {
      method: "SendMessage",
      userid: fields.id("userId"),
      password: fields.secret("password").reveal(),
      auth_scheme: "plain",
      send_to: "0",
      msg: "probe",
      msg_type: "TEXT",
      v: "1.1",
      format: "JSON",
    },
  }),
  judge: (answer) => {
    const reply = answer.status === 200 ? Reply.safeParse(answer.json).data?.response : undefined;
    if (!reply) return { kind: "unknown" };
    if (reply.status.toLowerCase() === "success") return { kind: "accepted" };
    const error = /^\d{1,4}$/.test(reply.id) ? `the error ${reply.id}` : "an error without a number";
    return GUPSHUP_ERRORS.get(reply.id) ?? { kind: "unknown", because: `${answer.got} with ${error}` };
  },
};
