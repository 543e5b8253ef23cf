import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { PromiseBrokenError, StaleStateError } from "../../contract/errors.ts";
import { formatLabel, type Label, v8Of } from "../../contract/labels.ts";
import { formatSecretValue, type HeldKey } from "../../contract/secret-value.ts";
import type { Call, Content, SecretOutline, SecretStore } from "../cutover/ports.ts";
import { checkNotAborted, type Operation, sending } from "./_consequence.ts";
import { describeSecret, fillOutline, outlineSecret } from "./_secret-view.ts";
import type { Reading } from "./_version-content.ts";
import { nameOfSecret } from "./secret-name.ts";

/** What a store needs: the SDK's client, which secret, and how its values are written. */
export interface SecretStoreOptions extends Reading {
  /** A look at the labels that has begun (`beginLook`): the first look takes it, or one of its own where it fails. */
  readonly begun?: Promise<SecretOutline> | undefined;
  readonly client: SecretsManagerClient;
  /** The secret's full ARN (its name will do, too). */
  readonly secretId: string;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes a secret in AWS Secrets Manager the store of a rotation.
 *
 * All writes are safe to repeat, and the SDK repeats them on its own (`maxAttempts` of the client): a put by its token,
 * a label's move since it is a compare-and-swap. What a repeat changes is the meaning of the answer. A move whose first
 * answer is lost finds itself done and reports StaleStateError, and the caller's next look shows it; a put finds its
 * own content and succeeds; and a refusal after a try that may have been applied is reported as OutcomeUnknownError.
 *
 * A put of the content that a version holds already "is ignored", labels included (ClientRequestToken in
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html): it brings back no label
 * that has come off meanwhile.
 *
 * Values are kept in memory by version id for the life of the store, so make one per invocation.
 */
export function createSecretStore(options: SecretStoreOptions): SecretStore {
  const cache = new Map<string, Content>();
  let { begun } = options;
  const outline = async (call: Call): Promise<SecretOutline> => {
    const first = begun;
    begun = undefined;
    return (await first?.catch(() => undefined)) ?? outlineSecret(options, call);
  };
  const move = (change: LabelMove, call: Call) => moveLabel(options, change, call);
  return {
    read: async (call) => fillOutline({ ...options, cache }, await outline(call), call),
    outline,
    fill: (outline, call) => fillOutline({ ...options, cache }, outline, call),
    store: (request, call) => put(options, request, call),
    attach: ({ versionId, label }, call) => attach(options, { versionId, stage: formatLabel(label) }, call),
    detach: ({ versionId, label }, call) => move({ stage: formatLabel(label), from: versionId }, call),
    promote: (request, call) => move({ stage: "AWSCURRENT", ...request }, call),
    dropPending: ({ versionId }, call) => move({ stage: "AWSPENDING", from: versionId }, call),
  };
}

/** Begins to look at a secret's labels, which takes no policy. Give it to the store that is made when there is one. */
export function beginLook(
  options: Pick<SecretStoreOptions, "client" | "secretId" | "now">,
  call: Call,
): Promise<SecretOutline> {
  return outlineSecret(options, call);
}

interface LabelMove {
  readonly stage: string;
  readonly from?: string;
  readonly to?: string;
}

async function put(
  { client, secretId, shape }: SecretStoreOptions,
  { versionId, key, labels, stage = "AWSPENDING" }: Parameters<SecretStore["store"]>[0],
  call: Call,
): Promise<void> {
  const operation = writing("PutSecretValue", "store", secretId);
  checkNotAborted(operation, call.signal);
  const all = shape.value === "raw" ? [...labels, ...idLabelFor(versionId, key)] : labels;
  const command = new PutSecretValueCommand({
    SecretId: secretId,
    ClientRequestToken: versionId,
    SecretString: formatSecretValue(key, shape).reveal(),
    VersionStages: [...(stage === "none" ? [] : [stage]), ...all.map(formatLabel)],
  });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

/** A raw value has no place for the key's id: it comes as a label in the same call, so that one is never without the other. */
function idLabelFor(versionId: string, { keyId, provider, account }: HeldKey): Label[] {
  if (keyId === undefined) return [];
  if (provider === undefined || account === undefined) {
    throw new PromiseBrokenError(
      `P2: key ${keyId} is to be stored as a raw value without its provider and account, and could never be retired. This is a bug of dualkey.`,
    );
  }
  return [{ kind: "id", v8: v8Of(versionId), keyId, provider, account }];
}

async function moveLabel(
  { client, secretId }: SecretStoreOptions,
  { stage, from, to }: LabelMove,
  call: Call,
): Promise<void> {
  const operation = writing("UpdateSecretVersionStage", "label", secretId);
  checkNotAborted(operation, call.signal);
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: stage,
    RemoveFromVersionId: from,
    MoveToVersionId: to,
  });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

/**
 * Attaches a label. The service's page does not say what it answers where the version has the label already, so a
 * refusal is followed by a look. The look may be stale: then the caller is told to look again, which is never wrong.
 */
async function attach(
  options: SecretStoreOptions,
  { versionId, stage }: { readonly versionId: string; readonly stage: string },
  call: Call,
): Promise<void> {
  try {
    await moveLabel(options, { stage, to: versionId }, call);
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
    const { VersionIdsToStages: stages } = await describeSecret(options, call);
    if (!stages?.[versionId]?.includes(stage)) throw error;
  }
}

function writing(name: string, effect: "store" | "label", secretId: string): Operation {
  return { name, service: "secretsmanager", effect, subject: nameOfSecret(secretId) };
}
