import type { Statement } from "./_policy-document.ts";

/** The key that a role reads. */
export interface ReadableKey {
  readonly secretArn: string;
  readonly kmsKeyArn: string | undefined;
}

/** Lists what it takes to read a key. */
export function buildReadStatements({ secretArn, kmsKeyArn }: ReadableKey): Statement[] {
  return [
    { Sid: "ReadKey", Action: ["secretsmanager:GetSecretValue"], Resource: [secretArn] },
    ...useKmsKey("DecryptKey", { secretArn, kmsKeyArn, Action: ["kms:Decrypt"] }),
  ];
}

/** The key that a person hands in. */
export interface HandedInKey extends ReadableKey {
  readonly handInSecretArn: string;
  readonly policyArn: string;
  readonly rotatorArn: string;
}

/** Lists what it takes to hand a key in and have it rotated in, as `dualkey hand-in` does: nothing reads a value. */
export function buildHandInStatements(key: HandedInKey): Statement[] {
  const { secretArn, handInSecretArn, kmsKeyArn, policyArn, rotatorArn } = key;
  return [
    { Sid: "HandIn", Action: ["secretsmanager:PutSecretValue"], Resource: [handInSecretArn] },
    // Both are asked for where a value is put:
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
    ...useKmsKey("EncryptHandIn", {
      secretArn: handInSecretArn,
      kmsKeyArn,
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    }),
    {
      Sid: "RotateKey",
      Action: ["secretsmanager:DescribeSecret", "secretsmanager:RotateSecret"],
      Resource: [secretArn],
    },
    // "You also need lambda:InvokeFunction permissions on the rotation function":
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    { Sid: "InvokeRotator", Action: ["lambda:InvokeFunction"], Resource: [rotatorArn] },
    { Sid: "ReadPolicy", Action: ["ssm:GetParameter"], Resource: [policyArn] },
  ];
}

/** The context binds it to one secret: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
function useKmsKey(
  Sid: string,
  { secretArn, kmsKeyArn, Action }: ReadableKey & { readonly Action: readonly string[] },
): Statement[] {
  if (kmsKeyArn === undefined) return [];
  const Condition = { StringEquals: { "kms:EncryptionContext:SecretARN": secretArn } };
  return [{ Sid, Action, Resource: [kmsKeyArn], Condition }];
}
