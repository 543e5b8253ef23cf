import { startInfobipSandbox } from "../../sandbox/infobip.ts";
import type { Vendor } from "../vendor.ts";
import { jsonRequest, makeCode, sendOnce } from "./_request.ts";

export const infobip: Vendor = {
  id: "infobip",
  title: "Infobip",
  cutover: "beside",
  secretFields: ["apiKey", "password"],
  refusal: "HTTP 401",
  start: async () => {
    const sandbox = await startInfobipSandbox();
    const account = sandbox.createAccount();
    const { username, password } = account;
    const { id, apiKey } = sandbox.createKey(account, { name: "billing report" });
    return {
      sandbox,
      strangersKey: { id, fields: { apiKey } },
      admin: { fields: { username, password } },
    };
  },
  send: ({ apiKey = "" }, { url, agent, phoneNumber }) => {
    const content = { text: `${makeCode()} is your code` };
    const message = { sender: "Acme", destinations: [{ to: phoneNumber.replace("+", "") }], content };
    const headers = { authorization: `App ${apiKey}` };
    return sendOnce(
      jsonRequest({ url: `${url}/sms/3/messages`, agent }, { headers, body: { messages: [message] } }),
    );
  },
};
