import { describe, expect, it } from "vitest";
import { ConfigError } from "../../contract/errors.ts";
import { PROVIDER_URLS } from "../../contract/provider-urls.ts";
import { readEnvironment } from "../../lambda/environment.ts";

const LEAST = { DUALKEY_DEPLOYMENT: "keys", AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator" };

describe("the function's environment", () => {
  it("needs no more than the deployment's name, and has defaults for all else", () => {
    const { providerUrls, ...environment } = readEnvironment(LEAST);
    expect(environment).toEqual({
      deployment: "keys",
      functionName: "dualkey-rotator",
      timeoutMs: 120_000,
      marginMs: 180_000,
      callMs: 15_000,
      listLagMs: 600_000,
      sweepEveryMs: 300_000,
      reportLagMs: 180_000,
      reportPeriodMs: 60_000,
      hasEvents: true,
    });
    expect(providerUrls).toMatchObject({
      startMessaging: "https://api.startmessaging.com",
      twilioIam: "https://iam.twilio.com",
      sendGrid: "https://api.sendgrid.com",
    });
    for (const url of Object.values(providerUrls)) expect(url).toMatch(/^https:/);
  });

  it("knows a variable for every vendor's address, and none for two", () => {
    const variables = Object.values(PROVIDER_URLS).map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(variables.length);
    const given = Object.fromEntries(variables.map((name, index) => [name, `https://host-${index}.example`]));
    const { providerUrls } = readEnvironment({ ...LEAST, ...given });
    expect(Object.values(providerUrls)).toEqual(Object.values(given));
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
      DUALKEY_REPORT_LAG_SECONDS: "6",
      DUALKEY_REPORT_PERIOD_SECONDS: "5",
      DUALKEY_LAST_USED_SECONDS: "7",
      DUALKEY_EVENTS: "off",
      DUALKEY_RECORDS_BUCKET: "dualkey-records-1",
    };
    expect(readEnvironment(given)).toMatchObject({
      providerUrls: { startMessaging: "http://127.0.0.1:4010", vonage: "https://api.nexmo.com" },
      timeoutMs: 5_000,
      marginMs: 2_000,
      callMs: 1_000,
      listLagMs: 3_000,
      sweepEveryMs: 4_000,
      reportLagMs: 6_000,
      reportPeriodMs: 5_000,
      lastUsedResolutionSeconds: 7,
      hasEvents: false,
      recordsBucket: "dualkey-records-1",
    });
  });

  it("gets one error for all its mistakes, each with its variable", () => {
    const mistaken = {
      AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator",
      DUALKEY_MARGIN_SECONDS: "-3",
      DUALKEY_CALL_SECONDS: "15s",
      DUALKEY_LAST_USED_SECONDS: "0",
      DUALKEY_EVENTS: "no",
      DUALKEY_RECORDS_BUCKET: "",
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
      "DUALKEY_MARGIN_SECONDS",
      "DUALKEY_CALL_SECONDS",
      "DUALKEY_LAST_USED_SECONDS",
      "DUALKEY_EVENTS",
      "DUALKEY_RECORDS_BUCKET",
      "DUALKEY_STARTMESSAGING_URL",
    ]);
  });
});
