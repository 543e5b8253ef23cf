import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PROVIDER_URLS, type ProviderUrlName, type ProviderUrls } from "../../../contract/provider-urls.ts";
import type { KeyProvider } from "../../../core/cutover/ports.ts";
import { providerFor } from "../../../core/providers/registry.ts";
import { DESTINATIONS, type Destination, type Fields } from "./destinations.ts";
import { callAll, expectAtHome } from "./every-verb.ts";
import { type HostileVendor, lures, pageThatLeads, startHostileVendor } from "./hostile-vendor.ts";

let vendor: HostileVendor;
let elsewhere: HostileVendor;

beforeEach(async () => {
  [vendor, elsewhere] = [await startHostileVendor(), await startHostileVendor()];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([vendor.close(), elsewhere.close()]);
});

/** The adapter with its own base URLs at the vendor, and those of all others elsewhere. */
function adapterOf({ policy, urls, variables }: Destination): KeyProvider {
  const names = Object.keys(PROVIDER_URLS) as ProviderUrlName[];
  for (const variable of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
    vi.stubEnv(variable, elsewhere.url);
  for (const variable of variables) vi.stubEnv(variable, vendor.url);
  vi.stubEnv("AWS_REGION", "ap-south-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAROLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret-of-the-role");
  const at = names.map((name) => [name, urls.includes(name) ? vendor.url : elsewhere.url]);
  return providerFor(policy, Object.fromEntries(at) as ProviderUrls);
}

const LINKS: readonly (readonly [string, (host: string) => string])[] = [
  ["a whole URL", (host) => `http://${host}/v1/Keys`],
  ["a URL without a scheme", (host) => `//${host}/v1/Keys`],
  ["backslashes for slashes", (host) => `\\\\${host}\\v1\\Keys`],
  ["a user in front of the host", (host) => `@${host}/v1/Keys`],
  ["dots", () => "/../../../steal"],
  ["an encoded path", () => "/%2e%2e%2fsteal"],
  ["a path of another kind", () => "/2010-04-01/Accounts.json"],
  ["a script", () => "javascript:steal()"],
];

/** What nobody would take for an id. */
const STRANGE = [
  "../../steal",
  "..",
  ".",
  "%2e%2e%2fsteal",
  "a/b",
  "a?b=c",
  "a#b",
  "a;b",
  "a\\b",
  "/steal",
  "",
  " ",
  "x\r\nX-Injected: 1",
  "x HTTP/1.1\r\nX-Injected: 1\r\n\r\nGET /steal",
  "\u0000",
  "ключ",
];

const aimedAt = (host: string) => [
  ...STRANGE,
  `@${host}`,
  `//${host}/steal`,
  `http://${host}/`,
  `x@${host}:80`,
];

describe.each(DESTINATIONS)("where $name sends a credential", (destination) => {
  const each = (use: (credential: Fields | undefined) => Promise<void>) => async () => {
    for (const admin of destination.admin ?? [undefined]) await use(admin);
  };

  it("is its base URL from the environment: each request arrives there, and at a route that the vendor has", async () => {
    vendor.reply = pageThatAnswers("/next", destination.keyId);
    await each((admin) => callAll(adapterOf(destination), destination, admin ? { admin } : {}))();
    expect(vendor.received.length).toBeGreaterThan(0);
    expectAtHome(destination, { vendor, elsewhere });
  });

  it.each([300, 301, 302, 303, 307, 308])("is not where a redirect with status %i points", async (status) => {
    const { host } = new URL(elsewhere.url);
    for (const location of [`http://${host}/steal`, `//${host}/steal`, "/steal"]) {
      vendor.reply = () => ({ status, headers: { ...lures(elsewhere.url), location } });
      await each((admin) => callAll(adapterOf(destination), destination, admin ? { admin } : {}))();
    }
    expect(vendor.received.length).toBeGreaterThan(0);
    expectAtHome(destination, { vendor, elsewhere });
  });

  it.each(LINKS)("is not where a link to a next page leads that is %s", async (_, linkTo) => {
    vendor.reply = pageThatAnswers(linkTo(new URL(elsewhere.url).host), destination.keyId);
    await each((admin) => callAll(adapterOf(destination), destination, admin ? { admin } : {}))();
    expect(vendor.received.length).toBeGreaterThan(0);
    expectAtHome(destination, { vendor, elsewhere });
  });

  it("is no URL that stands in the secret's value, or in the admin credential's", async () => {
    const names = [
      "validationUrl",
      "baseUrl",
      "url",
      "endpoint",
      "host",
      "apiUrl",
      "region",
      "keyId",
      "account",
    ];
    const urls = Object.fromEntries(names.map((name) => [name, elsewhere.url]));
    vendor.reply = pageThatAnswers("/next", destination.keyId);
    await each((admin) =>
      callAll(adapterOf(destination), destination, {
        key: { ...urls, ...destination.key },
        ...(admin ? { admin: { ...urls, ...admin } } : {}),
      }),
    )();
    expect(vendor.received.length).toBeGreaterThan(0);
    expectAtHome(destination, { vendor, elsewhere });
  });

  it("cannot be changed by the id of a key, from the secret or from the vendor's own list", async () => {
    for (const keyId of aimedAt(new URL(elsewhere.url).host)) {
      vendor.reply = pageThatAnswers("/next", keyId);
      await callAll(adapterOf(destination), destination, { keyId });
    }
    expectAtHome(destination, { vendor, elsewhere });
  });

  it("cannot be changed by any field of a key, or of the admin credential", async () => {
    vendor.reply = pageThatAnswers("/next", destination.keyId);
    const strange = aimedAt(new URL(elsewhere.url).host);
    for (const text of strange) {
      for (const name of Object.keys(destination.key)) {
        await callAll(adapterOf(destination), destination, { key: { ...destination.key, [name]: text } });
      }
      for (const admin of destination.admin ?? []) {
        for (const name of Object.keys(admin)) {
          await callAll(adapterOf(destination), destination, { admin: { ...admin, [name]: text } });
        }
      }
    }
    expectAtHome(destination, { vendor, elsewhere });
  });
});

/** Pages whose links lead somewhere, counted by route, so that every list has an end. */
function pageThatAnswers(link: string, id: string): HostileVendor["reply"] {
  const asked = new Map<string, number>();
  return (request) => {
    const page = (asked.get(request.route) ?? 0) + 1;
    asked.set(request.route, page);
    return { status: 200, headers: lures(elsewhere.url), body: pageThatLeads(link, id, page)(request) };
  };
}
