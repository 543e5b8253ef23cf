import { ConfigError } from "../contract/errors.ts";
import { parsePolicy } from "../contract/policy.ts";
import {
  type DescribedSecret,
  formatStatus,
  type PolicyReading,
  type SecretStatus,
  statusOf,
} from "../contract/status.ts";
import type { Aws } from "./aws.ts";
import type { Failure } from "./failure.ts";
import type { StatusInputs } from "./inputs.ts";
import { shownInput } from "./read-input.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";
import { countFindings, summarize } from "./status-summary.ts";

/** What a status takes. */
export interface StatusParts {
  readonly aws: Pick<Aws, "describe" | "list" | "policies">;
  readonly run: Pick<Run, "region">;
  readonly now: () => number;
}

/** Reads where secrets and their keys are: labels, settings and policies, and no value. */
export async function status(inputs: StatusInputs, { aws, run, now }: StatusParts): Promise<Report> {
  const secrets =
    inputs.secret === undefined ? await aws.list(inputs.deployment) : [await aws.describe(inputs.secret)];
  const readings = await readPolicies(secrets, aws);
  const statuses = secrets
    .map((secret) => statusOf(secret, readings(secret), now()))
    .sort((a, b) => a.name.localeCompare(b.name));
  for (const line of statuses.flatMap(linesOf)) log(line);
  const failure = failureOf(statuses, inputs);
  const { alarms, notices } = countFindings(statuses);
  return {
    ...(failure === undefined ? {} : { failure }),
    outputs: {
      secrets: JSON.stringify(statuses.map(formatStatus)),
      alarms: String(alarms),
      notices: String(notices),
    },
    summary: summarize(statuses, { region: run.region, deployment: inputs.deployment, now: now() }),
  };
}

function linesOf({ name, phase, findings }: SecretStatus): string[] {
  return [
    `${name}: ${phase}`,
    ...findings.map(({ severity, message }) => `${name}: ${severity}: ${message}`),
  ];
}

/** Ten policies come with one call, so a deployment's are read together. */
async function readPolicies(
  secrets: readonly DescribedSecret[],
  aws: Pick<Aws, "policies">,
): Promise<(secret: DescribedSecret) => PolicyReading> {
  const deployments = new Set(secrets.flatMap(({ deployment }) => deployment ?? []));
  const texts = new Map<string, ReadonlyMap<string, string>>();
  for (const deployment of deployments) texts.set(deployment, await aws.policies(deployment));
  return ({ name, deployment }) => {
    // A secret that is not of dualkey has no policy to miss.
    if (deployment === undefined) return { kind: "not-read" };
    return readPolicy(texts.get(deployment)?.get(name), name);
  };
}

function readPolicy(text: string | undefined, name: string): PolicyReading {
  if (text === undefined) return { kind: "missing" };
  try {
    return { kind: "policy", policy: parsePolicy(text, `policy of ${name}`) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: "mistaken", because: mistakesOf(error) };
    throw error;
  }
}

function mistakesOf({ problems }: ConfigError): string {
  const mistakes = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return `its policy has mistakes, so nothing is done to it: ${mistakes.join("; ")}. Correct it in the constructs, and deploy`;
}

/** Nothing found is a mistake in the inputs where something was named; alarms are one where that was asked for. */
function failureOf(statuses: readonly SecretStatus[], inputs: StatusInputs): Failure | undefined {
  const [first] = statuses;
  if (inputs.deployment !== undefined && first === undefined) {
    return {
      title: "dualkey: nothing found",
      message: `input deployment: no secret here has the tag dualkey:deployment = ${shownInput(inputs.deployment)}. Check the name, the account of role-to-assume, and aws-region; a new secret is listed after some minutes`,
    };
  }
  if (
    inputs.secret !== undefined &&
    inputs.deployment !== undefined &&
    first?.deployment !== inputs.deployment
  ) {
    return {
      title: "dualkey: another deployment",
      message: `input deployment is ${shownInput(inputs.deployment)}, and ${inputs.secret} belongs to ${first?.deployment ?? "none"}. Correct the one or the other`,
    };
  }
  const { alarms } = countFindings(statuses);
  if (inputs.failOn === "never" || alarms === 0) return undefined;
  const named = statuses.filter(({ findings }) => findings.some(({ severity }) => severity === "alarm"));
  const message = `${alarms} alarm${alarms === 1 ? "" : "s"} (fail-on: alarm), in ${named.map(({ name }) => name).join(", ")}. What to do is in the summary`;
  return { title: "dualkey: alarms", message };
}
