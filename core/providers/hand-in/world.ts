import { z } from "zod";
import { Sensitive } from "../../../contract/sensitive.ts";
import { basicAuth } from "../_http.ts";
import { errorAt, type Fields, judgeBy, type Preset } from "./_preset.ts";

/** The gateways of everywhere else: Plivo, Telnyx, Sinch, MessageBird and Postmark. */

/** Plivo: the account itself (plivo.com/docs/account/api). Anything in `auth_id` would do: it is the vendor's yes. */
export const plivo: Preset = {
  accountField: "authId",
  ids: { authId: /^[MS]A[A-Z0-9]{10,30}$/ },
  readError: errorAt("", "error"),
  probe: (fields) => ({
    method: "GET",
    path: `/v1/Account/${fields.id("authId")}/`,
    headers: { authorization: basicAuth(fields.secret("authId"), fields.secret("authToken")) },
  }),
  judge: judgeBy(z.object({ auth_id: z.string().min(1) })),
};

/**
 * Telnyx: the balance, which its documentation names as the first request to check a key with. A 401 that is about the key
 * has the code 10009; 403 is about what the key may do.
 */
export const telnyx: Preset = {
  keyPattern: /KEY[0-9A-F]{16,}_\w+/g,
  readError: errorAt("errors.0.code", "errors.0.title"),
  probe: (fields) => ({
    method: "GET",
    path: "/v2/balance",
    headers: { authorization: prefixed("Bearer", fields, "apiKey") },
  }),
  judge: judgeBy(
    z.object({ data: z.record(z.string(), z.unknown()) }),
    z.object({
      errors: z.tuple([z.object({ code: z.coerce.string().pipe(z.literal("10009")) })], z.unknown()),
    }),
  ),
};

const Groups = z
  .object({ count: z.number().nullish(), page: z.number().nullish(), groups: z.array(z.unknown()).nullish() })
  .refine(
    ({ count, page, groups }) =>
      typeof count === "number" || typeof page === "number" || Array.isArray(groups),
  );

/**
 * Sinch SMS: one group of the service plan, where a batch would hold the text of messages (developers.sinch.com, List
 * Groups). A token of another region gets 401, too: the base URL says which region is asked.
 */
export const sinchSms: Preset = {
  accountField: "servicePlanId",
  ids: { servicePlanId: /^[A-Za-z0-9_-]{6,64}$/ },
  readError: errorAt("code", "text"),
  probe: (fields) => ({
    method: "GET",
    path: `/xms/v1/${fields.id("servicePlanId")}/groups`,
    query: { page: "0", page_size: "1" },
    headers: { authorization: prefixed("Bearer", fields, "apiToken") },
  }),
  judge: judgeBy(Groups),
};

/** MessageBird: the balance. Its no is the error 2, "incorrect access_key", as its own clients' tests have it. */
export const messageBird: Preset = {
  readError: errorAt("errors.0.code", "errors.0.description"),
  probe: (fields) => ({
    method: "GET",
    path: "/balance",
    headers: { authorization: prefixed("AccessKey", fields, "accessKey") },
  }),
  judge: judgeBy(
    z.object({ payment: z.string() }),
    z.object({
      errors: z.array(z.object({ code: z.number() })).refine((all) => all.some(({ code }) => code === 2)),
    }),
  ),
};

/**
 * Postmark: the server's delivery statistics (Bounce API). `GET /server` would do as well, and has every token of the
 * server in its answer. A wrong token is the error 10 (postmarkapp.com/developer/api/overview, Error codes).
 */
export const postmark: Preset = {
  readError: errorAt("ErrorCode", "Message"),
  probe: (fields) => ({
    method: "GET",
    path: "/deliverystats",
    headers: { "x-postmark-server-token": fields.secret("serverToken") },
  }),
  judge: judgeBy(z.object({ InactiveMails: z.number() }), z.object({ ErrorCode: z.literal(10) })),
};

function prefixed(scheme: string, fields: Fields, name: string): Sensitive {
  return new Sensitive(`${scheme} ${fields.secret(name).reveal()}`);
}
