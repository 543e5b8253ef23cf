import { ConfigError } from "../contract/errors.ts";
import { HAND_IN_VENDORS, type HandInFacts } from "../contract/hand-in-vendors.ts";
import { policyParameterName } from "../contract/names.ts";
import { type Policy, parsePolicy } from "../contract/policy.ts";
import type { Aws, KeySecret } from "./aws.ts";
import { CommandError } from "./failure.ts";
import { readKey } from "./key-input.ts";
import type { Terminal } from "./terminal.ts";

/** What the command is asked to do. */
export interface HandInRequest {
  /** The key's secret: its name or ARN. */
  readonly secret: string;
  /** @default what the secret's tag `dualkey:deployment` says */
  readonly deployment: string | undefined;
  /** Whether to start the rotation that takes the key. */
  readonly rotate: boolean;
}

/**
 * Hands a key in: asks for it, puts it into the hand-in secret, and starts the rotation that takes it. Everything that
 * can be wrong is found out before anybody is asked for a key.
 *
 * @throws CommandError that says what is the case and what to do
 */
export async function handIn(request: HandInRequest, aws: Aws, terminal: Terminal): Promise<void> {
  const secret = await aws.describe(request.secret);
  const deployment = request.deployment ?? secret.deployment;
  checkSecret(secret, request);
  const policy = await readPolicy(secret.name, deployment, aws);
  const { handIn: handInName } = policy;
  if (handInName === undefined) {
    throw new CommandError(
      `${secret.name}: has no hand-in secret. Set handIn: true in its RotatedKey, deploy it, and run this again`,
    );
  }
  for (const line of whatIsNeeded(secret, { aws, deployment, policy })) terminal.note(line);
  const value = await readKey(policy, terminal);
  await aws.put(handInName, value);
  terminal.say(`Handed in to ${handInName}.`);
  if (!request.rotate) {
    terminal.say(`The next rotation takes it. Start one: ${rotateCommand(secret, aws)}`);
    return;
  }
  await startRotation(secret, aws);
  for (const line of whatHappensNext(secret, { aws, deployment, policy })) terminal.say(line);
}

interface About {
  readonly aws: Aws;
  readonly deployment: string | undefined;
  readonly policy: Policy;
}

function* whatIsNeeded(secret: KeySecret, { aws, deployment, policy }: About): Generator<string> {
  const vendor = vendorOf(policy);
  const title = vendor?.title ?? policy.provider.id;
  yield `${secret.name}: a key of ${title}, in ${aws.region}, deployment ${deployment}`;
  if (!secret.hasKey) yield "It has no key yet: this is its first.";
  if (vendor === undefined) return;
  yield `How to make one, at ${vendor.dashboardUrl}: ${vendor.howToMake}`;
  for (const note of vendor.notes ?? []) yield `  ${note}`;
}

/** What a person has to know of a vendor without an API for keys. */
function vendorOf({ provider }: Policy): HandInFacts | undefined {
  return provider.id === "hand-in" ? HAND_IN_VENDORS[provider.vendor] : undefined;
}

function checkSecret(secret: KeySecret, { rotate }: HandInRequest): void {
  const say = (message: string) => new CommandError(`${secret.name}: ${message}`);
  if (secret.isHandIn) {
    throw say("is a hand-in secret itself. Give the name of the key's secret, without /hand-in");
  }
  if (secret.isDeleted) {
    const command = `aws secretsmanager restore-secret --secret-id ${secret.name}`;
    throw say(`is scheduled for deletion. Restore it first: ${command}`);
  }
  if (rotate && !secret.rotationEnabled) {
    throw say("has no rotation, so nothing would take the key. Deploy the constructs, which turn it on");
  }
}

async function readPolicy(secretName: string, deployment: string | undefined, aws: Aws): Promise<Policy> {
  if (deployment === undefined) {
    throw new CommandError(
      `${secretName}: has no tag dualkey:deployment, so it may be no secret of dualkey's. Check the name; or say which deployment it is of, with --deployment or DUALKEY_DEPLOYMENT`,
    );
  }
  const parameter = policyParameterName(deployment, secretName);
  const text = await aws.parameter(parameter);
  if (text === undefined) {
    throw new CommandError(
      `${secretName}: has no policy: there is no SSM parameter ${parameter}. Check --deployment, or add the key to a KeyRotation and deploy it`,
    );
  }
  try {
    return parsePolicy(text, `policy ${parameter}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = `${error.message}\nDeploy the constructs again, or update dualkey: another release may have written it`;
    throw new CommandError(message, { cause: error });
  }
}

/** The key is handed in by now: whatever fails, a later rotation takes it. */
async function startRotation(secret: KeySecret, aws: Aws): Promise<void> {
  try {
    await aws.rotate(secret);
  } catch (error) {
    const why = secret.isRotating
      ? "a rotation was under way already. It may take the key at its next try; if the key is not current in ten minutes, start another"
      : `${error instanceof Error ? error.message : "the rotation did not start."} Then start it`;
    const message = `the key is handed in, and no rotation of it was started: ${why}: ${rotateCommand(secret, aws)}`;
    throw new CommandError(message, { cause: error, exitCode: 3 });
  }
}

function* whatHappensNext(secret: KeySecret, { aws, deployment, policy }: About): Generator<string> {
  yield "Its rotation has started: the key is tried at the vendor, and becomes current when it works there.";
  const vendor = vendorOf(policy);
  if (secret.hasKey && vendor !== undefined) {
    yield `When consumers have moved to it, an alarm asks you to revoke the old key at ${vendor.title}: ${vendor.howToRevoke}`;
  }
  yield "";
  yield "See what comes of it:";
  yield `  aws secretsmanager describe-secret --secret-id ${secret.name} --region ${aws.region}`;
  yield `  aws logs tail /aws/lambda/dualkey-${deployment}-rotator --follow --region ${aws.region}`;
}

function rotateCommand({ name }: KeySecret, { region }: Aws): string {
  return `aws secretsmanager rotate-secret --secret-id ${name} --region ${region}`;
}
