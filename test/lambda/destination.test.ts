import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigError } from "../../contract/errors.ts";
import { DEPLOYMENT_TAG, policyParameterName } from "../../contract/names.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { PROVIDER_URLS } from "../../contract/provider-urls.ts";
import { parseResponderRequest, parseRotatorRequest } from "../../contract/requests.ts";
import { composeRotator } from "../../lambda/compose.ts";
import { readEnvironment } from "../../lambda/environment.ts";
import { createRotator } from "../../lambda/rotator.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { DESTINATIONS, type Destination } from "../core/providers/destinations.ts";
import { callAll, expectAtHome } from "../core/providers/every-verb.ts";
import { type HostileVendor, pageThatLeads, startHostileVendor } from "../core/providers/hostile-vendor.ts";
import { aStep } from "./a-rotator.ts";

const NAME = "prod/otp";
/** Names under which somebody might write a URL down. */
const URL_NAMES = [
  "url",
  "baseUrl",
  "endpoint",
  "host",
  "apiUrl",
  "validationUrl",
  "providerUrls",
  "environment",
];

let aws: EmbeddedAws;
let vendor: HostileVendor;
let elsewhere: HostileVendor;

beforeEach(async () => {
  [aws, vendor, elsewhere] = await Promise.all([
    startEmbeddedAws(),
    startHostileVendor(),
    startHostileVendor(),
  ]);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([aws.close(), vendor.close(), elsewhere.close()]);
});

/** A policy as it may be written, with a URL in each text that says something else. */
function policyOf({ policy: provider }: Destination) {
  return {
    version: 1,
    secret: NAME,
    environment: elsewhere.url,
    provider: { ...provider, account: elsewhere.url },
    minOverlapSeconds: 600,
    quietForSeconds: 120,
    maxOverlapSeconds: 900,
    atMaxOverlap: "hold",
    consumers: [{ kind: "self-refreshing", name: elsewhere.url, cacheSeconds: 300 }],
  };
}

/** Puts the policy, the secret and its tags there, with a URL wherever one can stand. */
async function deploy(destination: Destination): Promise<string> {
  const [secrets, parameters] = [
    new SecretsManagerClient(aws.clientConfig()),
    new SSMClient(aws.clientConfig()),
  ];
  const urls = Object.fromEntries(URL_NAMES.map((name) => [name, elsewhere.url]));
  const { policy, variables, key, admin } = destination;
  const Value = JSON.stringify(policyOf(destination));
  await parameters.send(
    new PutParameterCommand({ Name: policyParameterName("keys", NAME), Type: "String", Value }),
  );
  const tags = {
    [DEPLOYMENT_TAG]: "keys",
    ...urls,
    ...Object.fromEntries(variables.map((name) => [name, elsewhere.url])),
  };
  const { ARN = "" } = await secrets.send(
    new CreateSecretCommand({
      Name: NAME,
      SecretString: JSON.stringify({ ...urls, ...key }),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  if ("adminSecret" in policy) {
    const SecretString = JSON.stringify({ ...urls, ...admin?.[0] });
    await secrets.send(new CreateSecretCommand({ Name: policy.adminSecret, SecretString }));
  }
  return ARN;
}

/** The function's environment: this provider is at the vendor, all others are elsewhere. */
function environmentOf({ variables }: Destination) {
  vi.stubEnv("AWS_REGION", aws.region);
  vi.stubEnv("AWS_ENDPOINT_URL", aws.endpoint);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAROLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret-of-the-role");
  for (const variable of variables) vi.stubEnv(variable, vendor.url);
  const all = Object.values(PROVIDER_URLS).map(({ variable }) => [variable, elsewhere.url]);
  const own = variables.map((variable) => [variable, vendor.url]);
  const rest = { DUALKEY_DEPLOYMENT: "keys", AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator" };
  return readEnvironment({ ...rest, ...Object.fromEntries([...all, ...own]) });
}

describe.each(DESTINATIONS)("a function that looks after a key of $name", (destination) => {
  it("calls the base URL of its environment and no other, whatever policy, tags and values say", async () => {
    const secret = await deploy(destination);
    const environment = environmentOf(destination);
    let page = 0;
    vendor.reply = (request) => ({
      status: 200,
      body: pageThatLeads(elsewhere.url, destination.keyId, ++page)(request),
    });
    const rotator = createRotator({
      compose: () => composeRotator(environment),
      telemetry: { log: () => undefined, count: () => undefined, flush: () => undefined },
      run: async (_, ports, { signal = new AbortController().signal }) => {
        const { versions } = await ports.secrets.read({ signal });
        const content = versions[0]?.content;
        const admin = await ports.admin?.({ signal });
        const revealed = (fields: object) =>
          Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.reveal()]));
        await callAll(ports.provider, destination, {
          key: content?.kind === "key" ? revealed(content.key.fields) : {},
          ...(admin ? { admin: revealed(admin) } : {}),
        });
        return { kind: "done" };
      },
    });
    await rotator({ reconcile: { secret } }, { getRemainingTimeInMillis: () => 120_000 });
    expect(vendor.received.length).toBeGreaterThan(0);
    expectAtHome(destination, { vendor, elsewhere });
  });

  it.each(URL_NAMES)("has no policy with a field %s", (name) => {
    const policy = policyOf(destination);
    const inProvider = { ...policy, provider: { ...policy.provider, [name]: elsewhere.url } };
    expect(() => parsePolicy(JSON.stringify(inProvider), NAME)).toThrow(ConfigError);
    if (name in policy) return;
    const atTop = { ...policy, [name]: elsewhere.url };
    expect(() => parsePolicy(JSON.stringify(atTop), NAME)).toThrow(ConfigError);
  });
});

describe.each(URL_NAMES)("an event with a field %s", (name) => {
  const url = "http://127.0.0.1:9/";

  it("is not understood by the rotator, in a step or in a reconciliation", () => {
    expect(parseRotatorRequest(aStep())).toMatchObject({ kind: "step" });
    expect(() => parseRotatorRequest({ ...aStep(), [name]: url })).toThrow(ConfigError);
    for (const event of [
      { reconcile: { secret: NAME, [name]: url } },
      { reconcile: { secret: NAME }, [name]: url },
    ]) {
      expect(() => parseRotatorRequest(event)).toThrow(ConfigError);
    }
  });

  it("is not understood by the responder", () => {
    const request = { operation: "reconcile", secret: NAME, reason: "the clock is off" };
    expect(parseResponderRequest(request)).toMatchObject({ secret: NAME });
    expect(() => parseResponderRequest({ ...request, [name]: url })).toThrow(ConfigError);
    expect(() => parseResponderRequest({ ...request, secret: url })).toThrow(ConfigError);
  });

  it("starts a sweep where the clock sends it, and tells it nothing", () => {
    const tick = {
      source: "aws.events",
      "detail-type": "Scheduled Event",
      detail: { [name]: url },
      [name]: url,
    };
    expect(parseRotatorRequest(tick)).toEqual({ kind: "sweep" });
  });
});
