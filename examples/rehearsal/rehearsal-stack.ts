import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { type App, TerraformStack, TerraformVariable } from "cdktf";
import { Consumer, KeyRotation, type RotatedKeyOptions } from "../../constructs/index.ts";
import { REHEARSED, type Rehearsed, type RehearsedProvider } from "./rehearsed-providers.ts";

/** The stack's name: its folder in what is synthesized. */
export const REHEARSAL_STACK = "rehearsal";

/** How long runs and calls take in the rehearsal. It plays by these numbers, too, and so they stand here once. */
export const REHEARSAL_TIMING = {
  timeoutSeconds: 5,
  marginSeconds: 3,
  callSeconds: 1,
  listLagSeconds: 1,
  // The services' metrics are of high resolution here: what is played in seconds cannot wait for minutes.
  reportLagSeconds: 3,
  reportPeriodSeconds: 5,
};

/**
 * Builds the stack that `npm start` plays on: one key of a login service, with a policy in seconds.
 *
 * It is for the embedded AWS. What is `unsafe…` here is true there, where a listing is never late and a call takes
 * milliseconds; on AWS it would get a new key revoked.
 *
 * @param changed what a test wants of the key's options
 */
export function buildRehearsalStack(
  app: App,
  id: RehearsedProvider = "startmessaging",
  changed: Partial<RotatedKeyOptions> = {},
): TerraformStack {
  const { provider, urls = [], hasAdminSecret, options }: Rehearsed = REHEARSED[id];
  const stack = new TerraformStack(app, REHEARSAL_STACK);
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  const gatewayUrl = new TerraformVariable(stack, "gateway_url", {
    type: "string",
    description: "Where the sandbox gateway is: it takes any free port",
  });

  const rotation = new KeyRotation(stack, "keys", {
    environment: "rehearsal",
    // The shortest that EventBridge has. The embedded clock ticks faster, as whoever starts it says.
    sweepEveryMinutes: 1,
    logRetentionDays: 1,
    providerUrls: Object.fromEntries(urls.map((name) => [name, gatewayUrl.stringValue])),
    unsafeTiming: REHEARSAL_TIMING,
  });

  const admin = hasAdminSecret && new SecretsmanagerSecret(stack, "admin", { name: `rehearsal/admin/${id}` });
  rotation.addKey("otp", {
    secretName: `rehearsal/otp/${id.replace(":", "-")}`,
    provider: provider(admin ? admin.arn : ""),
    consumers: [Consumer.selfRefreshing({ name: "login", cacheSeconds: 3, staleSeconds: 0 })],
    rotateEveryDays: 90,
    minOverlapSeconds: 5,
    quietForSeconds: 3,
    maxOverlapSeconds: 120,
    atMaxOverlap: "hold",
    recoveryWindowDays: 0,
    ...options,
    ...changed,
  });
  return stack;
}
