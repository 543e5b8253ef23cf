import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Policy } from "../../contract/policy.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { deployRehearsal } from "../apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../aws/embedded-aws.ts";
import type { LogLine } from "../aws/lambda-fleet.ts";
import { SWEEP_SECONDS } from "../tempo.ts";

/** A key and its value, which is for requests and for searching what was written, never for printing. */
export interface GivenKey {
  readonly id: string;
  readonly apiKey: string;
}

/** The world that a scenario is played in: a vendor, and an AWS account to which the example's stack was deployed. */
export interface World {
  readonly aws: EmbeddedAws;
  readonly gateway: StartMessagingSandbox;
  readonly secretName: string;
  readonly secretArn: string;
  /** The policy of the secret, as it was deployed. */
  readonly policy: Policy;
  /** Made by hand in the vendor's console, and handed in. */
  readonly firstKey: GivenKey;
  /** In the same account, and nobody's business here (P8). */
  readonly strangersKey: GivenKey;
  /** Sends from one address per 10 seconds: the vendor's limit, and the one that was set for the load. */
  readonly throttle: { readonly vendor: number; readonly set: number };
  /** Everything that functions have written so far. */
  readonly functionLog: readonly LogLine[];
  /** Calls `listener` for every line that a function writes from now on. */
  onFunctionLog(listener: (line: LogLine) => void): void;
  close(): Promise<void>;
}

/**
 * Starts the vendor and the AWS account, deploys the example's stack to it, and puts the first key into the secret, as
 * a person would. The functions' bundle must have been built.
 */
export async function startWorld({ rate }: { readonly rate: number }): Promise<World> {
  const vendor = await startVendor(rate);
  const { gateway, firstKey } = vendor;
  const account = await startAccount();
  const { aws } = account;
  // Two rehearsals may run at once: each has a folder of its own for what it synthesizes.
  const outdir = await mkdtemp(join(tmpdir(), "dualkey-rehearsal-"));
  const close = async () => {
    await aws.close();
    await gateway.close();
    await rm(outdir, { recursive: true, force: true });
  };
  try {
    const clockEveryMs = SWEEP_SECONDS * 1000;
    const deployed = await deployRehearsal({ aws, gatewayUrl: gateway.url, clockEveryMs, outdir });
    const { secretName, secretArn, policy } = deployed;
    await handIn(aws, { secretName, firstKey });
    return { ...vendor, ...account, secretName, secretArn, policy, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startVendor(
  rate: number,
): Promise<Pick<World, "gateway" | "firstKey" | "strangersKey" | "throttle">> {
  const gateway = await startStartMessagingSandbox();
  const vendor = gateway.throttles.sendsPer10Seconds;
  // One machine plays all login services, and so all sends come from one address. Ten times of what is sent: a machine
  // that stood still for a moment catches up.
  const set = Math.max(vendor, Math.ceil(rate * 100));
  gateway.throttles.sendsPer10Seconds = set;
  const account = gateway.createAccount();
  const strangersKey = gateway.createKey(account, { label: "billing report" });
  const firstKey = gateway.createKey(account, { label: "made in the console" });
  return { gateway, firstKey, strangersKey, throttle: { vendor, set } };
}

async function startAccount(): Promise<Pick<World, "aws" | "functionLog" | "onFunctionLog">> {
  const functionLog: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  const aws = await startEmbeddedAws({
    rotationRetries: { firstDelayMs: 500 },
    onLog: (line) => {
      functionLog.push(line);
      for (const listener of listeners) listener(line);
    },
  });
  return { aws, functionLog, onFunctionLog: (listener) => void listeners.add(listener) };
}

async function handIn(
  aws: EmbeddedAws,
  { secretName, firstKey }: Pick<World, "secretName" | "firstKey">,
): Promise<void> {
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const SecretString = JSON.stringify({ apiKey: firstKey.apiKey });
  await secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString }));
  secrets.destroy();
}
