import { StartMessaging } from "../../../core/providers/startmessaging.ts";
import { startStartMessagingSandbox } from "../../../sandbox/startmessaging.ts";
import { fieldsOf, sendOtp } from "../providers/startmessaging-harness.ts";
import { describeRotation } from "./suite.ts";

describeRotation("startmessaging", { id: "startmessaging" }, async (now) => {
  const sandbox = await startStartMessagingSandbox({ now });
  sandbox.throttles.otpsPerNumberPer5Minutes = Number.POSITIVE_INFINITY;
  const account = sandbox.createAccount();
  const allowedIps = ["127.0.0.1", "203.0.113.5"];
  const makeKey = (label: string) => {
    const { id, apiKey } = sandbox.createKey(account, { label, allowedIps });
    return { id, fields: { apiKey } };
  };
  return {
    sandbox,
    provider: new StartMessaging({ baseUrl: sandbox.url, now, sleep: async () => undefined }),
    accountId: account.id,
    secretFields: ["apiKey"],
    stranger: makeKey("billing"),
    makeKey: () => makeKey("made by hand"),
    settings: { allowedIps },
    send: ({ apiKey = "" }) => sendOtp(sandbox, fieldsOf(apiKey)),
    fill: () => {
      while (sandbox.truth.keys().length < 100) makeKey("another");
    },
  };
});
