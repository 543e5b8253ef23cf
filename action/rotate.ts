import { type DescribedSecret, statusOf } from "../contract/status.ts";
import type { Aws } from "./aws.ts";
import { AwsCallError } from "./failure.ts";
import { type Follow, type Followed, follow, placeOf } from "./follow.ts";
import type { RotateInputs } from "./inputs.ts";
import { shownInput } from "./read-input.ts";
import { type RotationEnd, reportRotation, retiringKeys } from "./rotation-report.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";

/** What a rotation takes. */
export interface RotateParts {
  readonly aws: Pick<Aws, "describe" | "rotate">;
  readonly run: Run;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: Follow["sleep"];
}

/**
 * Rotates one secret: looks whether it can be rotated, asks the service for it, and follows the labels.
 *
 * What would be refused later is refused before anything is asked for, since a rotation that is given up leaves
 * AWSPENDING behind. A rotation that this attempt of the job has started already is followed, not started again.
 */
export async function rotate(inputs: RotateInputs, parts: RotateParts): Promise<Report> {
  const { aws, run, now } = parts;
  const startMs = now();
  const before = await aws.describe(inputs.secret);
  const token = run.tokenFor(before.arn);
  const end = await carryThrough(before, token, inputs, parts);
  return reportRotation(end, { inputs, run, before, token, startMs, now: now() });
}

async function carryThrough(
  before: DescribedSecret,
  token: string,
  inputs: RotateInputs,
  parts: RotateParts,
): Promise<RotationEnd> {
  const { aws, signal, now, sleep } = parts;
  if (placeOf(before, token) === "absent") {
    const refusal = signal.aborted ? "the job was cancelled before a rotation was started" : undefined;
    const because = refusal ?? refusalOf(before, inputs, now()) ?? (await start(before, token, parts));
    if (because !== undefined) return { end: "refused", because, secret: before, atMs: now() };
  } else {
    log(`${before.name}: this attempt of the job has started the rotation already: following it`);
  }
  const untilMs = now() + inputs.waitSeconds * 1000;
  const describe = () => aws.describe(before.arn);
  const followed: Followed = await follow(before, { token, untilMs, describe, signal, now, sleep });
  const isUnawaited = inputs.waitSeconds === 0 && followed.end === "time-over";
  return isUnawaited ? { ...followed, end: "started" } : followed;
}

/** @returns why the service does not start it, if it does not */
async function start(
  { arn, name }: DescribedSecret,
  token: string,
  { aws }: RotateParts,
): Promise<string | undefined> {
  log(`${name}: asking for a rotation, as version ${token}`);
  try {
    await aws.rotate(arn, token);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    // Somebody else's rotation came in between.
    if (error.code === "InvalidRequestException") return error.message;
    if (!error.isTransient) throw error;
    // It may have been started: the labels will show it.
    log(error.message);
  }
  return undefined;
}

/** Why a rotation must not be started as things are, if so: what is the case, and what to do. */
export function refusalOf(
  secret: DescribedSecret,
  { deployment }: Pick<RotateInputs, "deployment">,
  now: number,
): string | undefined {
  const { name } = secret;
  if (secret.deployment === undefined) {
    return `input secret: ${name} is not one of dualkey's, for it has no tag dualkey:deployment. Deploy the constructs, or name another secret`;
  }
  if (deployment !== undefined && deployment !== secret.deployment) {
    return `input deployment is ${shownInput(deployment)}, and ${name} belongs to ${secret.deployment}. Correct the one or the other`;
  }
  if (secret.isDeleted) {
    return `${name} is scheduled for deletion. Restore it: aws secretsmanager restore-secret --secret-id ${name}`;
  }
  if (!secret.rotationEnabled || secret.rotatorArn === undefined) {
    return `${name} has rotation switched off, or never had it. Deploy the constructs, which turn it on`;
  }
  const pending = secret.versions.find(
    ({ stages }) => stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT"),
  );
  if (pending) {
    return (
      `${name}: a rotation is in progress already, or was given up: AWSPENDING is on version ${pending.id}. ` +
      "dualkey ends one that was given up within about ten minutes: run the job again then"
    );
  }
  const status = statusOf(secret, { kind: "not-read" }, now);
  if (status.pausedAtMs !== undefined) {
    return `${name} is paused since ${new Date(status.pausedAtMs).toISOString()}, and its rotations wait. Run operation resume when the change freeze is over, then this job again`;
  }
  const [retiring] = retiringKeys(status);
  if (retiring) {
    return (
      `${name}: the previous key (version ${retiring.versionId}) is still retiring, and works. ` +
      "Run the job again when it is revoked, which dualkey does when evidence shows that all consumers have moved"
    );
  }
  const blocking = status.findings.find(
    ({ code }) => code === "label-not-understood" || code === "labels-short",
  );
  if (blocking) return `${name}: ${blocking.message}`;
  return undefined;
}
