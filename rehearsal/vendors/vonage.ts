import { startVonageSandbox } from "../../sandbox/vonage.ts";
import type { Vendor } from "../vendor.ts";
import { basic, jsonRequest, makeCode, sendOnce } from "./_request.ts";

export const vonage: Vendor = {
  id: "vonage",
  title: "Vonage",
  cutover: "beside",
  secretFields: ["apiSecret"],
  refusal: "HTTP 401",
  start: async () => {
    const sandbox = await startVonageSandbox();
    const { id, ...fields } = sandbox.createKey(sandbox.createAccount());
    // No stranger's key: an account has two secrets at the most.
    return { sandbox, firstKey: { id, fields } };
  },
  send: ({ apiKey = "", apiSecret = "" }, { url, agent, phoneNumber }) => {
    const text = `${makeCode()} is your code`;
    const to = phoneNumber.replace("+", "");
    const body = { message_type: "text", channel: "sms", to, from: "Acme", text };
    const headers = basic(apiKey, apiSecret);
    return sendOnce(jsonRequest({ url: `${url}/v1/messages`, agent }, { headers, body }));
  },
};
