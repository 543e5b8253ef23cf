import { type SecretsManagerClient, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { StaleStateError } from "../../contract/errors.ts";
import { parseHandedIn } from "../../contract/handed-in.ts";
import { formatLabel } from "../../contract/labels.ts";
import type { Call, HandIn, Offer } from "../cutover/ports.ts";
import { checkNotAborted, isNamed, type Operation, sending } from "./_consequence.ts";
import { describeSecret } from "./_secret-view.ts";
import { type Reading, readValue } from "./_version-content.ts";
import { nameOfSecret } from "./secret-name.ts";

/** What a hand-in needs: the SDK's client, which secret, and what a key in it looks like. */
export interface HandInOptions extends Reading {
  readonly client: SecretsManagerClient;
  /** The name or the ARN of the hand-in secret. */
  readonly secretId: string;
}

/** No other label of ours is ever on a hand-in secret, and it is on one version: the one that was taken last. */
const TAKEN = formatLabel({ kind: "taken" });

/**
 * Makes a secret in AWS Secrets Manager the hand-in of a key.
 *
 * What is offered is its newest value (AWSCURRENT), once: `dualkey:taken` moves to it when a rotation has it.
 */
export function createHandIn(options: HandInOptions): HandIn {
  return {
    name: nameOfSecret(options.secretId),
    look: (call) => look(options, call),
    take: ({ versionId }, call) => take(options, versionId, call),
  };
}

async function look(options: HandInOptions, call: Call): Promise<Offer> {
  const name = nameOfSecret(options.secretId);
  const described = await describeOrMiss(options, call);
  if (described === undefined) {
    return unreadable("does not exist. Deploy the constructs, which make it");
  }
  if (described.DeletedDate !== undefined) {
    const command = `aws secretsmanager restore-secret --secret-id ${name}`;
    return unreadable(`is scheduled for deletion. Restore it: ${command}`);
  }
  const stages = described.VersionIdsToStages ?? {};
  const versionId = holderOf("AWSCURRENT", stages);
  if (versionId === undefined || stages[versionId]?.includes(TAKEN)) return { kind: "none" };
  const read = await readValue({ client: options.client, secretId: options.secretId, versionId, name }, call);
  if (read.kind === "undecryptable") {
    return unreadable("is not decrypted by its KMS key. Enable the key");
  }
  // The labels show a version whose value is not there to be read: one of the two reads is stale.
  if (read.kind === "missing") {
    return unreadable("does not show its value yet. Look again");
  }
  const parsed = parseHandedIn(read.text, options);
  return parsed.kind === "key" ? { kind: "key", versionId, key: parsed.key } : unreadable(parsed.because);
}

/**
 * Moves the label: a compare-and-swap on the version that has it. Where a newer value has been taken already, there is
 * nothing left to do, for only the newest is ever offered; to move the label back would offer that one again.
 */
async function take(options: HandInOptions, versionId: string, call: Call): Promise<void> {
  const stages = await stagesOf(options, call);
  const holder = holderOf(TAKEN, stages);
  if (holder !== undefined && (holder === versionId || holder === holderOf("AWSCURRENT", stages))) return;
  const { client, secretId } = options;
  const operation = writing(secretId);
  checkNotAborted(operation, call.signal);
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: TAKEN,
    RemoveFromVersionId: holder,
    MoveToVersionId: versionId,
  });
  try {
    await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
  } catch (error) {
    // Another run may have been as quick, or the answer to an earlier try of this call was lost.
    if (!(error instanceof StaleStateError)) throw error;
    if (holderOf(TAKEN, await stagesOf(options, call)) !== versionId) throw error;
  }
}

type Stages = Readonly<Record<string, readonly string[]>>;

async function stagesOf(options: HandInOptions, call: Call): Promise<Stages> {
  return (await describeSecret(options, call)).VersionIdsToStages ?? {};
}

async function describeOrMiss(options: HandInOptions, call: Call) {
  try {
    return await describeSecret(options, call);
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

function holderOf(stage: string, stages: Stages): string | undefined {
  return Object.keys(stages).find((id) => stages[id]?.includes(stage));
}

/** @param because follows on the secret's name, and says what to do */
function unreadable(because: string): Offer {
  return { kind: "unreadable", because };
}

function writing(secretId: string): Operation {
  return {
    name: "UpdateSecretVersionStage",
    service: "secretsmanager",
    effect: "label",
    subject: nameOfSecret(secretId),
  };
}
