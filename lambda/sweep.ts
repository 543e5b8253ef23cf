import { createHash } from "node:crypto";
import type { Fleet, ListedSecret } from "../core/aws/fleet.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { owes } from "../core/cutover/owes.ts";
import type { Call } from "../core/cutover/ports.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a sweep needs. */
export interface Sweeping {
  readonly fleet: Fleet;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly fenceMs: number;
  readonly listLagMs: number;
  readonly sweepEveryMs: number;
}

/** What a sweep did. */
export interface SweepSummary {
  readonly listed: number;
  readonly owing: number;
  readonly failed: number;
}

/** How many invocations are under way at once: enough for hundreds of secrets in seconds, and below Lambda's throttle. */
const AT_ONCE = 10;
const DAY_MS = 86_400_000;

/**
 * Asks for one reconciliation of each secret of the deployment whose labels owe something.
 *
 * One secret's failure stops no other, and a page that cannot be read stops none that was read before it: the next
 * tick is the retry.
 *
 * @throws the error of the listing, after all secrets that it did give were seen to
 */
export async function sweep(sweeping: Sweeping, call: Call): Promise<SweepSummary> {
  const { fleet, now, telemetry } = sweeping;
  let listed = 0;
  const owing: ListedSecret[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const secret of fleet.secrets(call)) {
      listed += 1;
      if (owes(secret, now(), timesOf(secret, sweeping))) owing.push(secret);
    }
  } catch (error) {
    failure = { error };
  }
  let failed = 0;
  for (let start = 0; start < owing.length; start += AT_ONCE) {
    const batch = owing.slice(start, start + AT_ONCE);
    const answers = await Promise.all(batch.map((secret) => reconcile(secret, sweeping, call)));
    failed += answers.filter((answer) => answer === "failed").length;
  }
  if (owing.length > 0) telemetry.count("SecretsOwing", owing.length);
  if (failed > 0) telemetry.count("InvocationsFailed", failed);
  if (failure !== undefined) throw failure.error;
  return { listed, owing: owing.length, failed };
}

async function reconcile(
  secret: ListedSecret,
  { fleet, telemetry }: Sweeping,
  call: Call,
): Promise<"asked" | "failed"> {
  try {
    await fleet.reconcile(secret, call);
    return "asked";
  } catch (error) {
    telemetry.log("error", "a secret's reconciliation could not be asked for; the next sweep asks again", {
      secret: secret.name,
      error: describeError(error),
    });
    return "failed";
  }
}

function timesOf({ arn }: ListedSecret, { fenceMs, listLagMs, sweepEveryMs }: Sweeping) {
  return { fenceMs, listLagMs, everyMs: sweepEveryMs, auditAtMs: auditAtMs(arn) };
}

/** Spreads the daily looks over the day, so that a fleet of idle secrets does not wake at once. */
function auditAtMs(arn: string): number {
  return createHash("sha256").update(arn).digest().readUInt32BE(0) % DAY_MS;
}
