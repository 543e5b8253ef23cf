import { TwilioAuthToken } from "../../../core/providers/twilio-auth-token.ts";
import { describeKeyProvider } from "./contract.ts";
import { startAuthTokenHarness, urlsOf } from "./twilio-harness.ts";

const { capabilities } = new TwilioAuthToken({ urls: urlsOf("https://api.twilio.com") });
describeKeyProvider("twilio-auth-token", startAuthTokenHarness, capabilities);
