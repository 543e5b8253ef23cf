import { TwilioApiKey } from "../../../core/providers/twilio-api-key.ts";
import { describeKeyProvider } from "./contract.ts";
import { startApiKeyHarness, urlsOf } from "./twilio-harness.ts";

const { capabilities } = new TwilioApiKey({ urls: urlsOf("https://api.twilio.com") });
describeKeyProvider("twilio-api-key", startApiKeyHarness, capabilities);
