import { HAND_IN_VENDORS } from "../../contract/hand-in-vendors.ts";
import type { ProviderId, ProviderPolicy } from "../../contract/provider-policy.ts";
import type { ProviderUrls } from "../../contract/provider-urls.ts";
import type { KeyProvider } from "../cutover/ports.ts";
import { AwsIam } from "./aws-iam.ts";
import { HandInProvider } from "./hand-in.ts";
import { Infobip } from "./infobip.ts";
import { SendGrid } from "./sendgrid.ts";
import { StartMessaging } from "./startmessaging.ts";
import { TwilioApiKey } from "./twilio-api-key.ts";
import { TwilioAuthToken } from "./twilio-auth-token.ts";
import { Vonage } from "./vonage.ts";

/** Makes the adapter of one provider, from where its API is and what the policy says of it. */
type Factory<Id extends ProviderId> = (
  urls: ProviderUrls,
  policy: Extract<ProviderPolicy, { id: Id }>,
) => KeyProvider;

/** Every provider that a policy can name. */
const PROVIDERS: { readonly [Id in ProviderId]: Factory<Id> } = {
  startmessaging: ({ startMessaging }) => new StartMessaging({ baseUrl: startMessaging }),
  "aws-iam": (_urls, { userName }) => AwsIam.fromEnvironment(userName),
  infobip: ({ infobip }, { account }) => new Infobip({ baseUrl: infobip, account }),
  "twilio-api-key": (urls, { restriction, keyType }) => new TwilioApiKey({ urls, restriction, keyType }),
  "twilio-auth-token": (urls) => new TwilioAuthToken({ urls }),
  vonage: ({ vonage }) => new Vonage({ baseUrl: vonage }),
  sendgrid: ({ sendGrid }, { account }) =>
    new SendGrid({ baseUrl: sendGrid, ...(account === undefined ? {} : { account }) }),
  "hand-in": (urls, policy) =>
    new HandInProvider({ baseUrl: urls[HAND_IN_VENDORS[policy.vendor].url], policy }),
};

/**
 * Gives the adapter of a provider.
 *
 * @param urls from the function's environment and from nowhere else
 * @throws ConfigError where a credential may not be sent to a base URL
 */
export function providerFor(policy: ProviderPolicy, urls: ProviderUrls): KeyProvider {
  const factory = PROVIDERS[policy.id] as Factory<ProviderId>;
  return factory(urls, policy);
}
