import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import { fieldNamesOf, type ProviderPolicy } from "../../../contract/provider-policy.ts";
import { PROVIDER_URLS, type ProviderUrlName, type ProviderUrls } from "../../../contract/provider-urls.ts";
import { providerFor } from "../../../core/providers/registry.ts";

const POLICIES: { readonly [Id in ProviderPolicy["id"]]: Extract<ProviderPolicy, { id: Id }> } = {
  startmessaging: { id: "startmessaging" },
  "twilio-api-key": { id: "twilio-api-key", adminSecret: "admin/twilio" },
  "twilio-auth-token": { id: "twilio-auth-token", outageSeconds: 60 },
  vonage: { id: "vonage" },
  infobip: { id: "infobip", adminSecret: "admin/infobip" },
  "aws-iam": { id: "aws-iam", userName: "otp" },
  sendgrid: { id: "sendgrid" },
  "hand-in": { id: "hand-in", vendor: "msg91" },
};

const names = Object.keys(PROVIDER_URLS) as ProviderUrlName[];
const urls = (of: (name: ProviderUrlName) => string) =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as ProviderUrls;
const own = urls((name) => PROVIDER_URLS[name].url);

describe.each(Object.values(POLICIES))("the adapter of $id", (policy) => {
  it("is the one that the policy names, and its keys have the fields that the policy's provider has", () => {
    const { id, capabilities } = providerFor(policy, own);
    expect(id).toBe(policy.id);
    expect(capabilities.fieldNames).toEqual(fieldNamesOf(policy));
  });
});

// Where AWS is, the SDK takes from its own variables.
describe.each(Object.values(POLICIES).filter(({ id }) => id !== "aws-iam"))(
  "the adapter of $id",
  (policy) => {
    it("refuses a base URL over which a key would travel in the clear", () => {
      expect(() =>
        providerFor(
          policy,
          urls(() => "http://gateway.example"),
        ),
      ).toThrow(ConfigError);
    });
  },
);
