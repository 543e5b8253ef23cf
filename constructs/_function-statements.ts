import { policyParameterName } from "../contract/names.ts";
import { buildAnnounceStatement, buildConsumerStatements } from "./_consumer-statements.ts";
import type { Place } from "./_place.ts";
import { arnOf } from "./_place.ts";
import { type Statement, statementOn } from "./_policy-document.ts";
import { buildRecordStatements } from "./_record-statements.ts";
import type { ConsumerAccess } from "./consumer.ts";

/** What a function's role is about. */
export interface FunctionScope {
  readonly place: Place;
  readonly deployment: string;
  readonly functionName: string;
  readonly logGroupArn: string;
  readonly recordsBucketArn: string;
  /** Whether phases are announced. */
  readonly events: boolean;
  readonly keys: readonly ManagedKey[];
}

/** A key that a function looks after, as far as its role needs to know it. */
export interface ManagedKey {
  readonly secretArn: string;
  /** The customer managed key that its secret is encrypted with, and its hand-in secret. */
  readonly kmsKeyArn?: string | undefined;
  readonly handInSecretArn?: string | undefined;
  readonly adminSecretArn?: string | undefined;
  readonly adminKmsKeyArn?: string | undefined;
  /** The IAM user whose access keys it is one of. */
  readonly user?: { readonly name: string; readonly path: string } | undefined;
  readonly consumers: readonly ConsumerAccess[];
}

/** Lists what the rotator may do: exactly the calls that `core` and `lambda` make, on what they make them on. */
export function buildRotatorStatements(scope: FunctionScope): Statement[] {
  return [
    ...buildKeyStatements(scope),
    {
      Sid: "AskItself",
      Action: ["lambda:InvokeFunction"],
      Resource: [arnOf(scope.place, "lambda", `function:${scope.functionName}`)],
    },
    writeLog(scope),
  ];
}

/**
 * Lists what the responder may do: all that the rotator may do to keys, since an answer to a leak makes one, stores it and ends another;
 * but it invokes nothing.
 */
export function buildResponderStatements(scope: FunctionScope): Statement[] {
  return [...buildKeyStatements(scope), writeLog(scope)];
}

function buildKeyStatements(scope: FunctionScope): Statement[] {
  const { keys } = scope;
  return [
    ...statementOn(secretsOf(keys), {
      Sid: "RotateKeys",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
    }),
    ...takeHandIns(keys),
    ...readAdminCredentials(keys),
    ...useKmsKeys(scope, kmsKeysOf(keys), {
      Sid: "EncryptKeys",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    }),
    ...useKmsKeys(scope, adminKmsKeysOf(keys), { Sid: "DecryptAdminCredentials", Action: ["kms:Decrypt"] }),
    ...manageAccessKeys(scope),
    ...moveConsumers(scope),
    // The service knows no narrower one: a list is of all secrets, by name and labels, never with values. The rotator sweeps
    // them; the responder looks among them for the one whose key has leaked.
    { Sid: "ListKeys", Action: ["secretsmanager:ListSecrets"], Resource: ["*"] },
    readPolicies(scope),
    ...buildRecordStatements(scope.recordsBucketArn),
  ];
}

/**
 * All of them can be allowed for one user alone, `GetAccessKeyLastUsed` included, which names no user in its request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html
 */
const ACCESS_KEYS = [
  "iam:CreateAccessKey",
  "iam:DeleteAccessKey",
  "iam:GetAccessKeyLastUsed",
  "iam:ListAccessKeys",
  "iam:UpdateAccessKey",
];

type Named = Omit<Statement, "Resource" | "Condition">;

/** It writes no values there: people do. */
function takeHandIns(keys: readonly ManagedKey[]): Statement[] {
  const handIns = keys.flatMap(({ handInSecretArn }) => handInSecretArn ?? []);
  return statementOn(handIns, {
    Sid: "TakeHandIns",
    Action: [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ],
  });
}

function readAdminCredentials(keys: readonly ManagedKey[]): Statement[] {
  const admins = keys.flatMap(({ adminSecretArn }) => adminSecretArn ?? []);
  return statementOn(admins, { Sid: "ReadAdminCredentials", Action: ["secretsmanager:GetSecretValue"] });
}

function manageAccessKeys({ keys, place }: FunctionScope): Statement[] {
  const { partition, account } = place;
  const users = keys.flatMap(({ user }) =>
    user === undefined ? [] : `arn:${partition}:iam::${account}:user${user.path}${user.name}`,
  );
  return statementOn(users, { Sid: "ManageAccessKeys", Action: ACCESS_KEYS });
}

/** Consumers are rolled after a rollback and before a retirement, whoever asks for them. */
function moveConsumers({ keys, place, events }: FunctionScope): Statement[] {
  const consumers = keys.flatMap((key) => key.consumers);
  const isAnnounced = events && keys.length > 0;
  return [
    ...buildConsumerStatements(consumers, place),
    ...(isAnnounced ? [buildAnnounceStatement(place)] : []),
  ];
}

function useKmsKeys({ place }: FunctionScope, kmsKeyArns: readonly string[], statement: Named): Statement[] {
  const Condition = {
    StringEquals: { "kms:ViaService": `secretsmanager.${place.region}.${place.dnsSuffix}` },
  };
  return statementOn(kmsKeyArns, { ...statement, Condition });
}

function readPolicies({ place, deployment }: FunctionScope): Statement {
  const pattern = `parameter${policyParameterName(deployment, "*")}`;
  return { Sid: "ReadPolicies", Action: ["ssm:GetParameter"], Resource: [arnOf(place, "ssm", pattern)] };
}

function writeLog({ logGroupArn }: FunctionScope): Statement {
  return {
    Sid: "WriteLog",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: [`${logGroupArn}:*`],
  };
}

function secretsOf(keys: readonly ManagedKey[]): string[] {
  return keys.map(({ secretArn }) => secretArn);
}

function kmsKeysOf(keys: readonly ManagedKey[]): string[] {
  return keys.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []);
}

function adminKmsKeysOf(keys: readonly ManagedKey[]): string[] {
  return keys.flatMap(({ adminKmsKeyArn }) => adminKmsKeyArn ?? []);
}
