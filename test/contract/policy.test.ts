import { expect, test } from "vitest";
import { ConfigError } from "../../contract/errors.ts";
import { parsePolicy } from "../../contract/policy.ts";

const GOOD = {
  version: 1,
  secret: "prod/otp",
  environment: "production",
  provider: { id: "startmessaging" },
  minOverlapSeconds: 600,
  quietForSeconds: 300,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
};

function problemsOf(policy: unknown): readonly string[] {
  try {
    parsePolicy(typeof policy === "string" ? policy : JSON.stringify(policy), "policy of prod/otp");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

test("reads a policy, with defaults for what it does not say", () => {
  const policy = parsePolicy(JSON.stringify(GOOD), "policy of prod/otp");
  expect(policy).toEqual({ ...GOOD, value: "json", minSample: 1 });
});

test("lists all mistakes at once, each with its path", () => {
  const bad = {
    ...GOOD,
    quietForSeconds: "5 minutes",
    atMaxOverlap: "keep",
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: -1 }],
  };
  expect(problemsOf(bad)).toEqual(["quietForSeconds", "atMaxOverlap", "consumers[0].cacheSeconds"]);
  expect(() => parsePolicy(JSON.stringify(bad), "policy of prod/otp")).toThrow(
    /policy of prod\/otp:\n {2}- quietForSeconds: .*\n {2}- atMaxOverlap: .*\n {2}- consumers\[0\]\.cacheSeconds: /,
  );
});

test("refuses a field that it does not know, so that a typo is not a default", () => {
  expect(() => parsePolicy(JSON.stringify({ ...GOOD, quietSeconds: 3 }), "policy")).toThrow(/quietSeconds/);
});

test("refuses an overlap that is shorter than the slowest consumer's cache, beside any other mistake", () => {
  expect(problemsOf({ ...GOOD, minOverlapSeconds: 300 })).toEqual(["minOverlapSeconds"]);
  expect(problemsOf({ ...GOOD, minOverlapSeconds: 300, environment: "" })).toEqual([
    "environment",
    "minOverlapSeconds",
  ]);
  expect(problemsOf({ ...GOOD, minOverlapSeconds: 301 })).toEqual([]);
});

test("refuses a maximum overlap below the minimum", () => {
  expect(problemsOf({ ...GOOD, maxOverlapSeconds: 599 })).toEqual(["maxOverlapSeconds"]);
});

test("says what to do about a policy that is not JSON", () => {
  expect(() => parsePolicy("{", "policy of prod/otp")).toThrow(
    "policy of prod/otp: is not JSON. Deploy the constructs again",
  );
});

test.each([null, 7, [], "text"])("refuses %j", (policy) => {
  expect(() => parsePolicy(JSON.stringify(policy), "policy")).toThrow(ConfigError);
});

test.each(["keyId", "provider", "account", "createdAt", "expiresAt", "__proto__"])(
  "refuses to put a key under %s, where dualkey says whose key it is and would write over it",
  (name) => {
    const policy = { ...GOOD, fields: { apiKey: name } };
    expect(problemsOf(policy)).toEqual(["fields.apiKey"]);
    expect(() => parsePolicy(JSON.stringify(policy), "policy")).toThrow(
      `fields.apiKey: is "${name}", where no key can stand: `,
    );
  },
);

test("refuses one name for two fields of a key", () => {
  expect(problemsOf({ ...GOOD, fields: { publicKey: "KEY", secretKey: "KEY" } })).toEqual(["fields"]);
});
