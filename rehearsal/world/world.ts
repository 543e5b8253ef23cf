import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Policy } from "../../contract/policy.ts";
import { deployRehearsal } from "../apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../aws/embedded-aws.ts";
import type { LogLine } from "../aws/lambda-fleet.ts";
import { ordinarySends } from "../leak/history.ts";
import { SWEEP_SECONDS } from "../tempo.ts";
import type { Fields, GivenKey, PlayedVendor, Vendor } from "../vendor.ts";
import { awaitFirstKey } from "./await-first-key.ts";
import { handIn } from "./person.ts";
import { putInLedger } from "./put-in-ledger.ts";
import { putSecret } from "./put-secret.ts";
import { askForRotation } from "./rotate.ts";

/** The world that a scenario is played in: a vendor, and an AWS account to which the example's stack was deployed. */
export interface World {
  readonly aws: EmbeddedAws;
  readonly vendor: PlayedVendor;
  readonly secretName: string;
  readonly secretArn: string;
  readonly responderName: string;
  /** The bucket that incidents are kept in. */
  readonly recordsBucket: string;
  /** The policy of the secret, as it was deployed. */
  readonly policy: Policy;
  /** The key that is there when logins begin, and that is to be replaced. */
  readonly firstKey: GivenKey;
  /** The ids of keys that a person has made in the vendor's console, for this secret. */
  readonly madeByHand: Set<string>;
  /** Everything that functions have written so far. */
  readonly functionLog: readonly LogLine[];
  /** Calls `listener` for every line that a function writes from now on. */
  onFunctionLog(listener: (line: LogLine) => void): void;
  close(): Promise<void>;
}

/** What a world is started with. */
export interface WorldOptions {
  readonly vendor: Vendor;
  /** Logins per second. */
  readonly rate: number;
  /** Whether the account has sent for weeks, as far as its fake can be given a past. @default false */
  readonly hasPast?: boolean;
  /** Whether the first key stands in the secret as a rotation leaves one, where that is known. @default a person put it there */
  readonly isInLedger?: boolean;
  /** How often the clock ticks: milliseconds. @default every second */
  readonly clockEveryMs?: number;
}

/**
 * Starts the vendor and the AWS account, deploys the example's stack to it, and sees to it that a first key is in the
 * secret: put there by a person, or made by a first rotation. The functions' bundle must have been built.
 */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { rate, hasPast = false, isInLedger = false, clockEveryMs = SWEEP_SECONDS * 1000 } = options;
  const { start, ...facts } = options.vendor;
  const vendor: PlayedVendor = { ...facts, ...(await start(rate)) };
  if (hasPast) vendor.givePast?.(ordinarySends(Date.now()));
  const account = await startAccount(vendor);
  const { aws } = account;
  // Two rehearsals may run at once: each has a folder of its own for what it synthesizes.
  const outdir = await mkdtemp(join(tmpdir(), "dualkey-rehearsal-"));
  const close = async () => {
    await aws.close();
    await vendor.sandbox.close();
    await rm(outdir, { recursive: true, force: true });
  };
  try {
    const { secretName, secretArn, responderName, policy, resources } = await deployRehearsal({
      aws,
      provider: vendor.id,
      gatewayUrl: vendor.sandbox.url,
      clockEveryMs,
      outdir,
    });
    if (vendor.admin) await putAdminSecret(aws, { policy, fields: vendor.admin.fields });
    const madeByHand = new Set(vendor.firstKey ? [vendor.firstKey.id] : []);
    const { functionLog } = account;
    const about = { aws, vendor, secretName, policy, functionLog };
    const firstKey = await provideFirstKey(about, { isInLedger });
    const bucket = resources.find(({ type }) => type === "aws_s3_bucket")?.attributes.bucket;
    const deployed = { secretName, secretArn, responderName, policy, recordsBucket: String(bucket) };
    return { ...account, ...deployed, vendor, firstKey, madeByHand, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A person puts the first key into the secret, or hands it in; or it is dualkey who makes it. */
async function provideFirstKey(
  world: Pick<World, "aws" | "vendor" | "secretName" | "policy" | "functionLog">,
  { isInLedger }: Required<Pick<WorldOptions, "isInLedger">>,
): Promise<GivenKey> {
  const { aws, vendor, secretName } = world;
  const { firstKey, cutover, account } = vendor;
  if (firstKey !== undefined && account !== undefined && isInLedger) {
    await putInLedger(world, { ...firstKey, account });
    return firstKey;
  }
  if (firstKey !== undefined && cutover !== "by-hand") {
    await putSecret(aws, { secretId: secretName, fields: firstKey.fields });
    return firstKey;
  }
  return awaitFirstKey(world, () => (firstKey ? handIn(world, firstKey) : askForRotation(world)));
}

async function startAccount({
  identity,
}: PlayedVendor): Promise<Pick<World, "aws" | "functionLog" | "onFunctionLog">> {
  const functionLog: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  const aws = await startEmbeddedAws({
    ...(identity === undefined ? {} : { identity }),
    rotationRetries: { firstDelayMs: 500 },
    onLog: (line) => {
      functionLog.push(line);
      for (const listener of listeners) listener(line);
    },
  });
  return { aws, functionLog, onFunctionLog: (listener) => void listeners.add(listener) };
}

/** The credential that makes keys stands in a secret of its own, which the policy names. */
async function putAdminSecret(
  aws: EmbeddedAws,
  { policy, fields }: { readonly policy: Policy; readonly fields: Fields },
): Promise<void> {
  if (!("adminSecret" in policy.provider)) {
    throw new Error(
      `rehearsal: the policy of ${policy.secret} names no admin secret. Name one in the example`,
    );
  }
  await putSecret(aws, { secretId: policy.provider.adminSecret, fields });
}
