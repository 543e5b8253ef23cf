import { startTwilioSandbox } from "../../sandbox/twilio.ts";
import type { Vendor } from "../vendor.ts";
import { sendMessage } from "./_twilio.ts";

export const twilioAuthToken: Vendor = {
  id: "twilio-auth-token",
  title: "Twilio (auth token)",
  cutover: "in-place",
  secretFields: ["authToken", "apiKeySecret"],
  refusal: "HTTP 401",
  start: async () => {
    const sandbox = await startTwilioSandbox();
    const { accountSid, authToken } = sandbox.createAccount();
    const { id, ...strangers } = sandbox.createKey({ id: accountSid }, { name: "billing report" });
    const fields = { accountSid, authToken };
    return {
      sandbox,
      firstKey: { id: sandbox.truth.keyIdOf?.(fields) ?? "", fields },
      strangersKey: { id, fields: strangers },
    };
  },
  /** A stranger's key is another kind of credential of the same account. */
  send: ({ accountSid = "", authToken = "", apiKeySid = accountSid, apiKeySecret = authToken }, send) =>
    sendMessage(send, { accountSid, user: apiKeySid, password: apiKeySecret }),
};
