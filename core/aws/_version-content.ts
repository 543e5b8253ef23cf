import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ConfigError } from "../../contract/errors.ts";
import { type Label, v8Of } from "../../contract/labels.ts";
import { type HeldKey, parseSecretValue, type ValueShape } from "../../contract/secret-value.ts";
import type { Call, Content } from "../cutover/ports.ts";
import { isNamed, type Operation, sending } from "./_consequence.ts";

/** How a value is to be read. */
export interface Reading {
  /** The provider's own names of a key's fields. */
  readonly fieldNames: readonly string[];
  readonly shape: ValueShape;
}

/** A version whose content is wanted. */
export interface Wanted {
  readonly client: SecretsManagerClient;
  readonly arn: string;
  readonly name: string;
  readonly versionId: string;
  readonly labels: readonly Label[];
}

/** What was found, and whether it can ever be otherwise: a value never changes once it is there. */
export interface Found {
  readonly content: Content;
  readonly isFinal: boolean;
}

/**
 * Reads the content of one version, by its id and never by a label, which may move between two calls.
 *
 * No value is `empty` only on a version without `live`: that label and the value are written in one call, so where
 * one is seen without the other the read is stale, and to take its key for nobody's would get it revoked (P2, P8).
 */
export async function findContent(wanted: Wanted, reading: Reading, call: Call): Promise<Found> {
  const { client, arn, name, versionId, labels } = wanted;
  const read = await readValue({ client, secretId: arn, versionId, name }, call);
  switch (read.kind) {
    case "value":
      return {
        content: parse(read.text, { ...reading, where: `version ${v8Of(versionId)}` }),
        isFinal: true,
      };
    case "missing": {
      const isStale = labels.some((label) => label.kind === "live");
      return {
        content: isStale ? unreadable("its value cannot be seen yet. Look again") : { kind: "empty" },
        isFinal: false,
      };
    }
    case "undecryptable": {
      const because = "its KMS key does not decrypt it. Enable the key, or remove the version's labels";
      return { content: unreadable(because), isFinal: false };
    }
  }
}

/** What there is to read of one version. `text` is absent where the value is binary. */
type ReadValue =
  | { readonly kind: "value"; readonly text: string | undefined }
  | { readonly kind: "missing" }
  | { readonly kind: "undecryptable" };

/** Reads the value of one version, by its id. */
export async function readValue(
  wanted: Pick<Wanted, "client" | "name" | "versionId"> & { readonly secretId: string },
  call: Call,
): Promise<ReadValue> {
  const { client, secretId, versionId, name: subject } = wanted;
  const operation: Operation = { name: "GetSecretValue", service: "secretsmanager", effect: "none", subject };
  const command = new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId });
  try {
    const value = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    return { kind: "value", text: value.SecretString };
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return { kind: "missing" };
    if (isNamed(error, "DecryptionFailure")) return { kind: "undecryptable" };
    throw error;
  }
}

/** Completes a key by its version's `id` label, where the value itself does not say. */
export function withIdLabel(content: Content, labels: readonly Label[]): Content {
  const id = labels.find((label) => label.kind === "id");
  if (content.kind !== "key" || id === undefined) return content;
  const { keyId, provider, account } = id;
  const key: HeldKey = { keyId, provider, account, ...content.key };
  return { kind: "key", key };
}

function parse(text: string | undefined, reading: Reading & { readonly where: string }): Content {
  if (text === undefined) return unreadable("its value is binary. Put the key as text (SecretString)");
  try {
    return { kind: "key", key: parseSecretValue(text, reading) };
  } catch (error) {
    if (error instanceof ConfigError) return unreadable(error.message);
    throw error;
  }
}

function unreadable(because: string): Content {
  return { kind: "unreadable", because };
}
