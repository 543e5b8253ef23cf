import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import {
  ListSecretsCommand,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { DEPLOYMENT_TAG } from "../../contract/names.ts";
import { formatReconcileRequest } from "../../contract/requests.ts";
import type { Call, Version } from "../cutover/ports.ts";
import { type Operation, sending } from "./_consequence.ts";
import { labelsOfVersion } from "./_labels-of-version.ts";
import { nameOfSecret } from "./secret-name.ts";

/** A version as the list shows it: its labels, never what is in it. */
type ListedVersion = Pick<Version, "id" | "v8" | "isCurrent" | "isPending" | "labels">;

/** A secret as the list shows it, which may be minutes late. */
export interface ListedSecret {
  readonly arn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  readonly versions: readonly ListedVersion[];
  /** Labels that look like ours and were not understood. */
  readonly notUnderstood: readonly string[];
  readonly createdAtMs?: number;
  /** When anything about it changed last, by the clock of the list. */
  readonly lastChangedAtMs?: number;
}

/** All secrets of one deployment. */
export interface Fleet {
  /** Lists the secrets of the deployment, 100 a page. Those scheduled for deletion are left out. */
  secrets(call: Call): AsyncGenerator<ListedSecret>;
  /** Asks for a reconciliation of one secret, and does not wait for it. */
  reconcile(secret: Pick<ListedSecret, "arn" | "name">, call: Call): Promise<void>;
}

/** What a fleet needs. */
export interface FleetOptions {
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: LambdaClient;
  readonly deployment: string;
  /** The function that reconciles: its name or ARN. */
  readonly functionName: string;
}

/** Makes the secrets of a deployment a fleet: those with the tag `dualkey:deployment` of that value. */
export function createFleet(options: FleetOptions): Fleet {
  return {
    secrets: (call) => listSecrets(options, call),
    reconcile: ({ arn, name }, call) => invokeReconcile(options, { arn, name }, call),
  };
}

async function* listSecrets(
  { secretsManager: client, deployment }: FleetOptions,
  call: Call,
): AsyncGenerator<ListedSecret> {
  const operation: Operation = {
    name: "ListSecrets",
    service: "secretsmanager",
    effect: "none",
    subject: `deployment ${deployment}`,
  };
  let token: string | undefined;
  do {
    const page = new ListSecretsCommand({
      MaxResults: 100,
      NextToken: token,
      Filters: [
        { Key: "tag-key", Values: [DEPLOYMENT_TAG] },
        { Key: "tag-value", Values: [deployment] },
      ],
    });
    const listed = await sending(operation, page, (c) => client.send(c, { abortSignal: call.signal }));
    for (const entry of listed.SecretList ?? []) {
      if (isOfDeployment(entry, deployment) && entry.ARN !== undefined) yield listedSecret(entry, entry.ARN);
    }
    token = listed.NextToken;
  } while (token !== undefined);
}

/** The service's filters match prefixes, and a key and a value of two different tags: the exact test is ours. */
function isOfDeployment({ Tags: tags = [] }: SecretListEntry, deployment: string): boolean {
  return tags.some(({ Key: key, Value: value }) => key === DEPLOYMENT_TAG && value === deployment);
}

function listedSecret(entry: SecretListEntry, arn: string): ListedSecret {
  const read = Object.entries(entry.SecretVersionsToStages ?? {}).map(([id, stages]) => ({
    id,
    ...labelsOfVersion(id, stages),
  }));
  return {
    arn,
    name: entry.Name ?? nameOfSecret(arn),
    rotationEnabled: entry.RotationEnabled ?? false,
    versions: read.map(({ notUnderstood: _, ...version }) => version),
    notUnderstood: read.flatMap((version) => version.notUnderstood),
    ...(entry.CreatedDate === undefined ? {} : { createdAtMs: entry.CreatedDate.getTime() }),
    ...(entry.LastChangedDate === undefined ? {} : { lastChangedAtMs: entry.LastChangedDate.getTime() }),
  };
}

async function invokeReconcile(
  { lambda: client, functionName }: FleetOptions,
  { arn, name }: Pick<ListedSecret, "arn" | "name">,
  call: Call,
): Promise<void> {
  const operation: Operation = { name: "Invoke", service: "lambda", effect: "invoke", subject: name };
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: "Event",
    Payload: new TextEncoder().encode(JSON.stringify(formatReconcileRequest(arn))),
  });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}
