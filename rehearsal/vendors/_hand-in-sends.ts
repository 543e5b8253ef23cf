import { signUrl } from "../../client/sign-url.ts";
import type { HandInVendor } from "../../contract/provider-policy.ts";
import type { Login, Vendor } from "../vendor.ts";
import { type Answer, basic, formRequest, jsonRequest, makeCode, sendOnce } from "./_request.ts";

const text = () => `${makeCode()} is your code`;
const digits = (phoneNumber: string) => phoneNumber.replace("+", "");

/** How services send with the keys that people hand in: each vendor's own call, as its documentation has it. */
export const HAND_IN_SENDS: Readonly<Record<HandInVendor, Vendor["send"]>> = {
  msg91: ({ authKey = "" }, { url, agent, phoneNumber }) => {
    const body = { template_id: "login", recipients: [{ mobiles: digits(phoneNumber), otp: makeCode() }] };
    return sendOnce(
      jsonRequest({ url: `${url}/api/v5/flow`, agent }, { headers: { authkey: authKey }, body }),
    );
  },
  exotel: ({ accountSid = "", apiKey = "", apiToken = "" }, { url, agent, phoneNumber }) => {
    const body = { From: "ACME", To: phoneNumber, Body: text() };
    const to = { url: `${url}/v1/Accounts/${accountSid}/Sms/send.json`, agent };
    return sendOnce(formRequest(to, { headers: basic(apiKey, apiToken), body }));
  },
  plivo: ({ authId = "", authToken = "" }, { url, agent, phoneNumber }) => {
    const body = { src: "ACME", dst: digits(phoneNumber), text: text() };
    const to = { url: `${url}/v1/Account/${authId}/Message/`, agent };
    return sendOnce(jsonRequest(to, { headers: basic(authId, authToken), body }));
  },
  gupshup: ({ userId = "", password = "" }, { url, agent, phoneNumber }) => {
    const about = { method: "SendMessage", msg_type: "TEXT", auth_scheme: "plain", v: "1.1", format: "json" };
    const body = { ...about, userid: userId, password, send_to: digits(phoneNumber), msg: text() };
    return sendOnce(
      formRequest({ url: `${url}/GatewayAPI/rest`, agent }, { headers: {}, body }),
      judgeGupshup,
    );
  },
  kaleyra: ({ sid = "", apiKey = "" }, { url, agent, phoneNumber }) => {
    const body = { to: phoneNumber, sender: "ACME", type: "OTP", body: text() };
    const to = { url: `${url}/v1/${sid}/messages`, agent };
    return sendOnce(jsonRequest(to, { headers: { "api-key": apiKey }, body }));
  },
  telnyx: ({ apiKey = "" }, { url, agent, phoneNumber }) => {
    const body = { from: "ACME", to: phoneNumber, text: text() };
    const headers = { authorization: `Bearer ${apiKey}` };
    return sendOnce(jsonRequest({ url: `${url}/v2/messages`, agent }, { headers, body }));
  },
  "sinch-sms": ({ servicePlanId = "", apiToken = "" }, { url, agent, phoneNumber }) => {
    const body = { from: "ACME", to: [digits(phoneNumber)], body: text() };
    const to = { url: `${url}/xms/v1/${servicePlanId}/batches`, agent };
    return sendOnce(jsonRequest(to, { headers: { authorization: `Bearer ${apiToken}` }, body }));
  },
  messagebird: ({ accessKey = "" }, { url, agent, phoneNumber }) => {
    const body = { originator: "ACME", recipients: [digits(phoneNumber)], body: text() };
    const headers = { authorization: `AccessKey ${accessKey}` };
    return sendOnce(jsonRequest({ url: `${url}/messages`, agent }, { headers, body }));
  },
  postmark: ({ serverToken = "" }, { url, agent, phoneNumber }) => {
    const To = `user-${digits(phoneNumber)}@example.com`;
    const body = { From: "login@example.com", To, Subject: "Your code", TextBody: text() };
    const headers = { accept: "application/json", "x-postmark-server-token": serverToken };
    return sendOnce(jsonRequest({ url: `${url}/email`, agent }, { headers, body }));
  },
  /** A service signs with it: each login asks for a picture. */
  optstuff: (key, { url, agent, phoneNumber }) => {
    const image = `images.example.com/${digits(phoneNumber)}.png`;
    const signed = signUrl(key, { baseUrl: url, projectSlug: "shop", operations: "w_64", image });
    return sendOnce({ url: signed, agent, method: "GET", headers: {} });
  },
};

/** It answers 200 whatever it says. */
function judgeGupshup({ status, text: body }: Answer): Login {
  if (status !== 200) return { ok: false, because: `HTTP ${status}` };
  const { response } = JSON.parse(body) as { response: { status: string; id: string } };
  return response.status === "success" ? { ok: true } : { ok: false, because: `error ${response.id}` };
}
