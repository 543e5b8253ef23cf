import { randomInt } from "node:crypto";
import { type Agent, request } from "node:http";
import type { Login } from "./login-service.ts";

/** A login that has no answer by then has failed, for its user is gone: milliseconds. */
const PATIENCE_MS = 10_000;

export interface Send {
  readonly url: string;
  readonly agent: Agent;
  readonly phoneNumber: string;
  readonly apiKey: string;
}

/** Sends one OTP. Once: what is not accepted has failed. */
export function sendOtp({ url, agent, phoneNumber, apiKey }: Send): Promise<Login> {
  const otp = String(randomInt(100_000, 1_000_000));
  const body = JSON.stringify({ phoneNumber, variables: { otp } });
  return new Promise((resolve) => {
    const fail = (because: string) => resolve({ ok: false, because });
    const sent = request(`${url}/otp/send`, {
      method: "POST",
      agent,
      timeout: PATIENCE_MS,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "login-service",
        "x-api-key": apiKey,
      },
    });
    sent.on("response", (response) => {
      response.resume();
      response.on("error", () => fail("the connection broke"));
      response.on("end", () => {
        if (response.statusCode === 201) resolve({ ok: true });
        else fail(`HTTP ${response.statusCode}`);
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer in ${PATIENCE_MS / 1000} s`)));
    sent.on("error", (error) => fail(error.message));
    sent.end(body);
  });
}
