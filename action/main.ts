import { setTimeout } from "node:timers/promises";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { createAws } from "./aws.ts";
import { contain } from "./contain.ts";
import { explain } from "./failure.ts";
import { findKey } from "./find-key.ts";
import { readInputs } from "./inputs.ts";
import type { Issues } from "./issues.ts";
import { operate } from "./operate.ts";
import { createPostMortems } from "./post-mortem.ts";
import { rotate } from "./rotate.ts";
import { readRun } from "./run.ts";
import { type Report, report, reportFailure } from "./runner.ts";
import { status } from "./status.ts";

/** Without `throwOnRequestTimeout` the SDK only warns, and waits on. */
const PATIENCE = {
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
};

/** The responder answers within its timeout, 2 minutes. */
const PATIENCE_FOR_AN_ANSWER = {
  maxAttempts: 3,
  requestHandler: { ...PATIENCE.requestHandler, requestTimeout: 150_000 },
};

/** Inputs first, then the work, then what came of it: whatever happens, the job's page says what to do. */
async function main(signal: AbortSignal): Promise<void> {
  try {
    await report(await carryOut(signal));
  } catch (error) {
    await reportFailure(explain(error));
  }
}

async function carryOut(signal: AbortSignal): Promise<Report> {
  const inputs = readInputs(process.env);
  const run = readRun(process.env, inputs);
  // CloudTrail shows the user agent: that is how a call is traced back to the job that made it.
  const calling = { region: run.region, customUserAgent: run.userAgent, ...PATIENCE };
  const aws = createAws({
    secretsManager: new SecretsManagerClient(calling),
    ssm: new SSMClient(calling),
    lambda: new LambdaClient({ ...calling, ...PATIENCE_FOR_AN_ANSWER }),
    region: run.region,
  });
  await aws.checkCredentials();
  switch (inputs.operation) {
    case "rotate":
      return rotate(inputs, { aws, run, signal, now: Date.now, sleep });
    case "status":
      return status(inputs, { aws, run, now: Date.now });
    case "leak-response":
    case "revoke": {
      const postMortems = createPostMortems({ run, connect: connectGitHub, sleep });
      return contain(inputs, { aws, run, postMortems, signal, now: Date.now, sleep });
    }
    case "find-key":
      return findKey(inputs, { aws, run, signal, now: Date.now });
    default:
      return operate(inputs, { aws, run, signal, now: Date.now, sleep });
  }
}

/** GitHub's client takes a while to load, and a leaked key comes first. */
async function connectGitHub(token: string, repository: string): Promise<Issues> {
  const { connectIssues } = await import("./github-issues.ts");
  return connectIssues(token, repository);
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}

// A cancelled job sends SIGINT, then SIGTERM: the rotation goes on in AWS, and the summary says so.
const cancelled = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => cancelled.abort());

await main(cancelled.signal);
