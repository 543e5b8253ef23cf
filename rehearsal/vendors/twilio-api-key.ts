import { startTwilioSandbox } from "../../sandbox/twilio.ts";
import type { Vendor } from "../vendor.ts";
import { sendMessage } from "./_twilio.ts";

export const twilioApiKey: Vendor = {
  id: "twilio-api-key",
  title: "Twilio",
  cutover: "beside",
  secretFields: ["apiKeySecret", "authToken"],
  refusal: "HTTP 401",
  start: async () => {
    const sandbox = await startTwilioSandbox();
    const { accountSid, authToken } = sandbox.createAccount();
    const adminFields = { accountSid, authToken };
    const { id, ...strangers } = sandbox.createKey({ id: accountSid }, { name: "billing report" });
    return {
      sandbox,
      strangersKey: { id, fields: strangers },
      admin: { fields: adminFields, keyId: sandbox.truth.keyIdOf?.(adminFields) },
    };
  },
  send: ({ accountSid = "", apiKeySid = "", apiKeySecret = "" }, send) =>
    sendMessage(send, { accountSid, user: apiKeySid, password: apiKeySecret }),
};
