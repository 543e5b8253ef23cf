import { startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import type { GivenKey, Vendor } from "../vendor.ts";
import { jsonRequest, makeCode, sendOnce } from "./_request.ts";

export const startMessaging: Vendor = {
  id: "startmessaging",
  title: "StartMessaging",
  cutover: "beside",
  secretFields: ["apiKey"],
  looksLike: /sk_live_[0-9a-f]{8,}/,
  refusal: "HTTP 401",
  start: async (rate) => {
    const sandbox = await startStartMessagingSandbox();
    const vendor = sandbox.throttles.sendsPer10Seconds;
    // One machine plays all login services, and so all sends come from one address. Ten times of what is sent: a
    // machine that stood still for a moment catches up.
    const set = Math.max(vendor, Math.ceil(rate * 100));
    sandbox.throttles.sendsPer10Seconds = set;
    const account = sandbox.createAccount();
    const makeKey = (label: string): GivenKey => {
      const { id, apiKey } = sandbox.createKey(account, { label });
      return { id, fields: { apiKey } };
    };
    const strangersKey = makeKey("billing report");
    const firstKey = makeKey("made in the console");
    return {
      sandbox,
      firstKey,
      strangersKey,
      account: account.id,
      limit: { vendor, set, perSeconds: 10 },
      givePast: (sends) => sandbox.addPastSends(firstKey, sends),
    };
  },
  send: ({ apiKey = "" }, { url, agent, phoneNumber }) => {
    const body = { phoneNumber, variables: { otp: makeCode() } };
    const headers = { "x-api-key": apiKey };
    return sendOnce(jsonRequest({ url: `${url}/otp/send`, agent }, { headers, body }));
  },
};
