import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConfigError, type KeyOptions, KeyUnavailableError, keyFor } from "../../client/index.ts";
import { materialOf, NAME, TestClock, TestSecret } from "./a-secret.ts";

const MATERIAL = materialOf("v1");

function aSecret(): { secret: TestSecret; failure: (options?: KeyOptions) => Promise<unknown> } {
  const secret = new TestSecret();
  const failure = (options: KeyOptions = {}) =>
    keyFor(NAME, { client: secret.client, clock: new TestClock(), ...options })
      .get()
      .catch((error: unknown) => error);
  return { secret, failure };
}

const all = (error: unknown) => inspect(error, { depth: 20, showHidden: true });

describe("the value", () => {
  it.each([MATERIAL, `["${MATERIAL}"]`, `"${MATERIAL}"`, "null", ""])(
    "says what to do where it is no JSON object, and does not show it",
    async (text) => {
      const { secret, failure } = aSecret();
      secret.text = text;
      const error = await failure();
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(
        /secret prod\/otp\/startmessaging: the value is not a JSON object .* value: "raw"/,
      );
      expect(all(error)).not.toContain(MATERIAL);
    },
  );

  it("comes whole where the key stands in it as a raw text", async () => {
    const { secret } = aSecret();
    secret.text = MATERIAL;
    expect(await keyFor(NAME, { client: secret.client, value: "raw" }).get()).toEqual({ value: MATERIAL });
  });

  it("may not be empty where it is raw", async () => {
    const { secret, failure } = aSecret();
    secret.text = " \n";
    expect(String(await failure({ value: "raw" }))).toContain("the value is empty. Put the key there");
  });

  it("gives its texts, whatever else is in it", async () => {
    const { secret } = aSecret();
    secret.text = JSON.stringify({ apiKey: "k", n: 1, list: ["x"], none: null });
    expect(await keyFor(NAME, { client: secret.client }).get()).toEqual({ apiKey: "k" });
  });
});

describe("an error of Secrets Manager", () => {
  it.each([
    ["AccessDeniedException", 400, "Allow this role secretsmanager:GetSecretValue"],
    ["ResourceNotFoundException", 400, "Check the name and the region"],
    ["SomethingNew", 400, "The next call asks again"],
  ])("%s says what to do", async (name, httpStatusCode, advice) => {
    const { secret, failure } = aSecret();
    secret.mode = "down";
    const about = { name, $fault: "client", $metadata: { httpStatusCode, requestId: "r-7" } };
    secret.error = Object.assign(new Error("User: arn:aws:sts::1:x is not allowed"), about);
    const error = (await failure()) as KeyUnavailableError;
    expect(error).toBeInstanceOf(KeyUnavailableError);
    expect(error.message).toContain(
      `secret ${NAME}: Secrets Manager gave no key, ${name} (HTTP 400). ${advice}`,
    );
    expect(error.cause).toMatchObject({
      name,
      requestId: "r-7",
      message: "User: arn:aws:sts::1:x is not allowed",
    });
  });

  it("says which way the network has failed, and what to look at", async () => {
    const { secret, failure } = aSecret();
    secret.mode = "down";
    secret.error = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    expect(String(await failure())).toContain(
      "gave no key, ECONNREFUSED. Check that it can be reached from here",
    );
  });

  it("shows nothing of an answer that could not be read, which holds the key", async () => {
    const { secret, failure } = aSecret();
    secret.mode = "down";
    const body = `{"SecretString":"${MATERIAL}`;
    secret.error = Object.defineProperties(
      Object.assign(new SyntaxError(`Unexpected end of JSON input in ${body}`), {
        $metadata: { httpStatusCode: 200, requestId: "r-7" },
        cause: new Error(body),
      }),
      { $responseBodyText: { value: body }, $response: { value: { body } } },
    );
    const error = await failure();
    expect(String(error)).toContain("SyntaxError");
    expect(all(error)).not.toContain(MATERIAL);
  });
});

describe("the options", () => {
  it("are refused with all that is wrong with them", () => {
    const options = {
      cacheSeconds: Number.NaN,
      staleSeconds: -1,
      value: "yaml",
      report: "csv",
      consumer: "",
    };
    const make = () => keyFor(NAME, options as unknown as KeyOptions);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/cacheSeconds: is NaN. Use 0 or more/);
    expect(make).toThrow(/staleSeconds: is -1/);
    expect(make).toThrow(/value: is yaml. Use "json" or "raw"/);
    expect(make).toThrow(/report: is csv/);
    expect(make).toThrow(/consumer: is no name for CloudWatch/);
  });

  it("need a name to report under", () => {
    expect(() => keyFor(NAME, { report: "emf" })).toThrow(
      /consumer: is missing. Give the name that the policy has/,
    );
    expect(() => keyFor(NAME, { report: "none" })).not.toThrow();
  });
});

it("shows no key of a handle", async () => {
  const { secret } = aSecret();
  const handle = keyFor(NAME, { client: secret.client });
  await handle.get();
  expect(all(handle)).not.toContain(MATERIAL);
  expect(JSON.stringify(handle)).toBe("{}");
});
