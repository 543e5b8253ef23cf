import {
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { deployRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { Vendor } from "../../../rehearsal/vendor.ts";
import { makeFolder } from "./a-synthesized-stack.ts";

/** How the stack is played, and where what a test leaves behind is taken away: at its end, and at that of its file. */
export interface Playing {
  /** Between two ticks of the clock. @default 500 */
  readonly clockEveryMs?: number;
  readonly onTestFinished: (done: () => Promise<void>) => void;
  readonly onFileFinished: (remove: () => void) => void;
}

/** The rehearsal's stack for a vendor at which dualkey makes the first key, too. The bundle must have been built. */
export async function deployVendor(
  vendor: Vendor,
  { onTestFinished, onFileFinished, clockEveryMs = 500 }: Playing,
) {
  const running = await vendor.start(1);
  onTestFinished(() => running.sandbox.close());
  const { identity, admin, sandbox } = running;
  const aws = await startEmbeddedAws({
    // One more chance than a slow machine needs: the stack's calls are given up after a second.
    rotationRetries: { firstDelayMs: 500, attempts: 8 },
    ...(identity === undefined ? {} : { identity }),
  });
  onTestFinished(() => aws.close());
  const deployed = await deployRehearsal({
    aws,
    provider: vendor.id,
    gatewayUrl: sandbox.url,
    clockEveryMs,
    outdir: makeFolder(onFileFinished),
  });
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const { provider } = deployed.policy;
  if ("adminSecret" in provider) {
    const SecretString = JSON.stringify(admin?.fields);
    await secrets.send(new PutSecretValueCommand({ SecretId: provider.adminSecret, SecretString }));
  }
  return { aws, deployed, secrets, sandbox };
}

/** Has a secret rotated to the end. */
export async function rotate(
  aws: EmbeddedAws,
  secrets: SecretsManagerClient,
  SecretId: string,
): Promise<void> {
  const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId }));
  const ended = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      event.versionId === VersionId,
  );
  expect(ended.kind).toBe("rotation-succeeded");
}
