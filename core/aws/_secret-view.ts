import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { Call, Content, SecretView, Version } from "../cutover/ports.ts";
import { type Operation, sending } from "./_consequence.ts";
import { labelsOfVersion } from "./_labels-of-version.ts";
import { findContent, type Reading, withIdLabel } from "./_version-content.ts";
import { nameOfSecret } from "./secret-name.ts";

/** What reading a secret takes. */
export interface SecretReader extends Reading {
  readonly client: SecretsManagerClient;
  readonly secretId: string;
  readonly now: () => number;
  /** Contents that can never change, by version id. */
  readonly cache: Map<string, Content>;
}

/**
 * Looks at a secret: its labels in one call, so that they are of one moment; then when its versions were made, and
 * what is in them.
 */
export async function readSecret(reader: SecretReader, call: Call): Promise<SecretView> {
  const readAtMs = reader.now();
  const described = await describeSecret(reader, call);
  const created = await listCreationTimes(reader, call);
  const { ARN: arn = reader.secretId, Name: name = nameOfSecret(reader.secretId) } = described;
  const isDeleted = described.DeletedDate !== undefined;
  const versions: Version[] = [];
  const notUnderstood: string[] = [];
  const stagesById = Object.entries(described.VersionIdsToStages ?? {});
  for (const [id, stages] of stagesById) {
    const { notUnderstood: texts, ...read } = labelsOfVersion(id, stages);
    const content = isDeleted
      ? DELETED
      : await contentOf(reader, { arn, name, id, labels: read.labels }, call);
    // Not listed yet: no later than the secret's last change. Too late is safe, it makes a version too young to touch.
    const createdAtMs = created.get(id) ?? described.LastChangedDate?.getTime() ?? readAtMs;
    versions.push({ id, createdAtMs, ...read, content });
    notUnderstood.push(...texts);
  }
  return {
    arn,
    name,
    rotationEnabled: described.RotationEnabled ?? false,
    isDeleted,
    versions,
    labelCount: stagesById.reduce((count, [, stages]) => count + stages.length, 0),
    notUnderstood,
    readAtMs,
  };
}

/** The service gives no value of a secret that is scheduled for deletion. */
const DELETED: Content = {
  kind: "unreadable",
  because: "the secret is scheduled for deletion. Restore it",
};

/** Asks for the secret's labels and settings. */
export function describeSecret(
  { client, secretId }: Pick<SecretReader, "client" | "secretId">,
  call: Call,
): Promise<DescribeSecretCommandOutput> {
  const command = new DescribeSecretCommand({ SecretId: secretId });
  return sending(looking("DescribeSecret", secretId), command, (c) =>
    client.send(c, { abortSignal: call.signal }),
  );
}

async function contentOf(
  reader: SecretReader,
  version: Pick<Version, "id" | "labels"> & Pick<SecretView, "arn" | "name">,
  call: Call,
): Promise<Content> {
  const { id: versionId, ...wanted } = version;
  let content = reader.cache.get(versionId);
  if (content === undefined) {
    const found = await findContent({ ...wanted, versionId, client: reader.client }, reader, call);
    if (found.isFinal) reader.cache.set(versionId, found.content);
    content = found.content;
  }
  return withIdLabel(content, version.labels);
}

async function listCreationTimes(
  { client, secretId }: SecretReader,
  call: Call,
): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  let token: string | undefined;
  do {
    const page = new ListSecretVersionIdsCommand({ SecretId: secretId, MaxResults: 100, NextToken: token });
    const operation = looking("ListSecretVersionIds", secretId);
    const listed = await sending(operation, page, (c) => client.send(c, { abortSignal: call.signal }));
    for (const { VersionId: id, CreatedDate: date } of listed.Versions ?? []) {
      if (id !== undefined && date !== undefined) times.set(id, date.getTime());
    }
    token = listed.NextToken;
  } while (token !== undefined);
  return times;
}

function looking(name: string, secretId: string): Operation {
  return { name, service: "secretsmanager", effect: "none", subject: nameOfSecret(secretId) };
}
