import { startSendGridSandbox } from "../../sandbox/sendgrid.ts";
import type { GivenKey, Vendor } from "../vendor.ts";
import { jsonRequest, makeCode, sendOnce } from "./_request.ts";

export const sendGrid: Vendor = {
  id: "sendgrid",
  title: "SendGrid",
  cutover: "beside",
  secretFields: ["apiKey"],
  looksLike: /SG\.[\w-]{16,}\.[\w-]{8,}/,
  refusal: "HTTP 401",
  start: async () => {
    const sandbox = await startSendGridSandbox();
    const account = sandbox.createAccount();
    const makeKey = (name: string, scopes: readonly string[]): GivenKey => {
      const { id, apiKey } = sandbox.createKey(account, { name, scopes });
      return { id, fields: { apiKey } };
    };
    return {
      sandbox,
      strangersKey: makeKey("newsletter", ["mail.send"]),
      // A key makes keys where it may: without the last three, nothing could be rotated.
      firstKey: makeKey("made in the console", ["mail.send", ...KEY_SCOPES]),
      keyIdOf: ({ apiKey = "" }) => apiKey.split(".")[1],
    };
  },
  send: ({ apiKey = "" }, { url, agent, phoneNumber }) => {
    const body = {
      personalizations: [{ to: [{ email: `${phoneNumber.replace("+", "user-")}@example.com` }] }],
      from: { email: "login@example.com" },
      subject: "Your code",
      content: [{ type: "text/plain", value: `${makeCode()} is your code` }],
    };
    const headers = { authorization: `Bearer ${apiKey}` };
    return sendOnce(jsonRequest({ url: `${url}/v3/mail/send`, agent }, { headers, body }));
  },
};

const KEY_SCOPES = ["api_keys.create", "api_keys.read", "api_keys.delete"];
