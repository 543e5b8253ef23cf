import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../../lambda/build.ts";
import type { DeployedRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import type { EmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { Vendor } from "../../../rehearsal/vendor.ts";
import { awsIam } from "../../../rehearsal/vendors/aws-iam.ts";
import { twilioApiKey } from "../../../rehearsal/vendors/twilio-api-key.ts";
import { deployVendor, rotate } from "./a-deployed-vendor.ts";
import { expectNoNeedlessStatement } from "./a-role.ts";

const removals: (() => void)[] = [];

beforeAll(() => buildFunctions(), 60_000);
afterAll(() => {
  for (const remove of removals) remove();
});

/** Where nobody can wait for what the vendor tells: an operator has the old key retired, and the clock does it. */
async function vouch(
  aws: EmbeddedAws,
  { responderName, secretName: secret }: DeployedRehearsal,
  { retireNow: reason }: Vendor,
): Promise<void> {
  if (reason === undefined) return;
  const Payload = JSON.stringify({ operation: "retire-now", secret, evenIfUsed: true, reason });
  const lambda = new LambdaClient(aws.clientConfig());
  const { FunctionError: failed } = await lambda.send(
    new InvokeCommand({ FunctionName: responderName, Payload }),
  );
  expect(failed).toBeUndefined();
}

describe("the rotator's role", () => {
  it.for<[string, Vendor]>([
    ["an IAM user's keys", awsIam],
    ["an admin credential", twilioApiKey],
  ])(
    "is enough for the whole life of a key, and no action of it is needless: %s",
    { timeout: 120_000 },
    async ([_, vendor], { onTestFinished }) => {
      const { aws, deployed, secrets, sandbox } = await deployVendor(vendor, {
        onTestFinished,
        onFileFinished: (remove) => removals.push(remove),
      });
      await rotate(aws, secrets, deployed.secretName);
      const first = aws.secrets.get(deployed.secretName)?.labelled("AWSCURRENT")?.id;
      await rotate(aws, secrets, deployed.secretName);
      await vouch(aws, deployed, vendor);
      // Its `live` comes off when it is proven dead.
      await aws.events.until(
        (event) =>
          event.kind === "label-moved" && event.label.startsWith("dualkey:live.") && event.from === first,
      );
      const ended = sandbox.truth.keys().filter(({ endedAtMs }) => endedAtMs !== undefined);
      expect(ended.length).toBeGreaterThan(0);
      expectNoNeedlessStatement(aws, deployed);
    },
  );
});
