import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { Call, Content, SecretOutline, SecretView, Version } from "../cutover/ports.ts";
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

/** Looks at a secret's labels: in one call, so that they are of one moment; and beside it, at when its versions were made. */
export async function outlineSecret(
  reader: Pick<SecretReader, "client" | "secretId" | "now">,
  call: Call,
): Promise<SecretOutline> {
  const readAtMs = reader.now();
  const [described, created] = await Promise.all([
    describeSecret(reader, call),
    listCreationTimes(reader, call),
  ]);
  const { ARN: arn = reader.secretId, Name: name = nameOfSecret(reader.secretId) } = described;
  const stagesById = Object.entries(described.VersionIdsToStages ?? {});
  // Not listed yet: no later than the secret's last change. Too late is safe, it makes a version too young to touch.
  const bornAtMs = (id: string) => created.get(id) ?? described.LastChangedDate?.getTime() ?? readAtMs;
  const read = stagesById.map(([id, stages]) => {
    return { id, createdAtMs: bornAtMs(id), ...labelsOfVersion(id, stages) };
  });
  return {
    arn,
    name,
    rotationEnabled: described.RotationEnabled ?? false,
    isDeleted: described.DeletedDate !== undefined,
    versions: read.map(({ notUnderstood: _, ...version }) => version),
    labelCount: stagesById.reduce((count, [, stages]) => count + stages.length, 0),
    notUnderstood: read.flatMap(({ notUnderstood }) => notUnderstood),
    readAtMs,
  };
}

/** Adds what is in the versions, and when they were made. */
export async function fillOutline(
  reader: SecretReader,
  outline: SecretOutline,
  call: Call,
): Promise<SecretView> {
  const { arn, name, isDeleted } = outline;
  const versions = outline.versions.map(async (version): Promise<Version> => {
    const about = { arn, name, id: version.id, labels: version.labels };
    const content = isDeleted ? DELETED : await contentOf(reader, about, call);
    return { ...version, content };
  });
  return { ...outline, versions: await Promise.all(versions) };
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
  { client, secretId }: Pick<SecretReader, "client" | "secretId">,
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
