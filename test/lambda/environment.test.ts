import { describe, expect, it } from "vitest";
import { ConfigError } from "../../contract/errors.ts";
import { readEnvironment } from "../../lambda/environment.ts";

const LEAST = { DUALKEY_DEPLOYMENT: "keys", AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator" };

describe("the function's environment", () => {
  it("needs no more than the deployment's name, and has defaults for all else", () => {
    expect(readEnvironment(LEAST)).toEqual({
      deployment: "keys",
      functionName: "dualkey-rotator",
      baseUrls: { startmessaging: undefined },
      timeoutMs: 120_000,
      marginMs: 180_000,
      callMs: 15_000,
      listLagMs: 600_000,
      sweepEveryMs: 300_000,
    });
  });

  it("takes every setting, and times in seconds", () => {
    const given = {
      ...LEAST,
      DUALKEY_STARTMESSAGING_URL: "http://127.0.0.1:4010",
      DUALKEY_TIMEOUT_SECONDS: "5",
      DUALKEY_MARGIN_SECONDS: "2",
      DUALKEY_CALL_SECONDS: "1",
      DUALKEY_LIST_LAG_SECONDS: "3",
      DUALKEY_SWEEP_SECONDS: "4",
    };
    expect(readEnvironment(given)).toMatchObject({
      baseUrls: { startmessaging: "http://127.0.0.1:4010" },
      timeoutMs: 5_000,
      marginMs: 2_000,
      callMs: 1_000,
      listLagMs: 3_000,
      sweepEveryMs: 4_000,
    });
  });

  it("gets one error for all its mistakes, each with its variable", () => {
    const mistaken = {
      AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator",
      DUALKEY_MARGIN_SECONDS: "-3",
      DUALKEY_CALL_SECONDS: "15s",
      DUALKEY_STARTMESSAGING_URL: "api.startmessaging.com",
    };
    let error: unknown;
    try {
      readEnvironment(mistaken);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map(({ path }) => path)).toEqual([
      "DUALKEY_DEPLOYMENT",
      "DUALKEY_STARTMESSAGING_URL",
      "DUALKEY_MARGIN_SECONDS",
      "DUALKEY_CALL_SECONDS",
    ]);
  });
});
