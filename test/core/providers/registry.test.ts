import { expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import { PROVIDER_IDS, providerFor } from "../../../core/providers/registry.ts";

it("gives each provider that a policy can name, at the vendor's own address unless the environment names another", () => {
  expect(PROVIDER_IDS.map((id) => providerFor(id, {}).id)).toEqual(PROVIDER_IDS);
  expect(() => providerFor("startmessaging", { baseUrl: "http://127.0.0.1:4010" })).not.toThrow();
});

it("refuses a base URL over which a key would travel in the clear", () => {
  expect(() => providerFor("startmessaging", { baseUrl: "http://gateway.example" })).toThrow(ConfigError);
});
