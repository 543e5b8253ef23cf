import { TwilioAuthToken } from "../../../core/providers/twilio-auth-token.ts";
import { startTwilioSandbox } from "../../../sandbox/twilio.ts";
import { urlsOf } from "../providers/twilio-harness.ts";
import { describeRotation } from "./suite.ts";

describeRotation("twilio-auth-token", { id: "twilio-auth-token", outageSeconds: 60 }, async (now) => {
  const sandbox = await startTwilioSandbox({ now });
  const { id: accountId, ...token } = sandbox.createAccount();
  const { id, ...fields } = sandbox.createKey({ id: accountId }, { name: "billing" });
  return {
    sandbox,
    provider: new TwilioAuthToken({ urls: urlsOf(sandbox.url), now, sleep: async () => undefined }),
    accountId,
    secretFields: ["authToken", "apiKeySecret"],
    stranger: { id, fields },
    // The account's own: nobody makes a second one by hand.
    makeKey: () => ({ id: `${accountId}/token-1`, fields: token }),
  };
});
