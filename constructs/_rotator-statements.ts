import { policyParameterName } from "../contract/names.ts";
import type { Place } from "./_place.ts";
import { arnOf } from "./_place.ts";
import type { Statement } from "./_policy-document.ts";

/** What the rotator's role is about. */
export interface RotatorScope {
  readonly place: Place;
  readonly deployment: string;
  readonly functionName: string;
  readonly logGroupArn: string;
  readonly secretArns: readonly string[];
  /** The customer managed keys that its secrets are encrypted with. */
  readonly kmsKeyArns: readonly string[];
}

/** Lists what the rotator may do: exactly the calls that `core/aws` and `lambda` make, on what they make them on. */
export function buildRotatorStatements(scope: RotatorScope): Statement[] {
  const { place, deployment, functionName, logGroupArn, secretArns, kmsKeyArns } = scope;
  return [
    ...statementWhereAny(secretArns, {
      Sid: "RotateKeys",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
    }),
    ...statementWhereAny(kmsKeyArns, {
      Sid: "EncryptKeys",
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Condition: { StringEquals: { "kms:ViaService": `secretsmanager.${place.region}.${place.dnsSuffix}` } },
    }),
    // The service knows no narrower one: a list is of all secrets, by name and labels, never with values.
    { Sid: "ListKeys", Action: ["secretsmanager:ListSecrets"], Resource: ["*"] },
    {
      Sid: "ReadPolicies",
      Action: ["ssm:GetParameter"],
      Resource: [arnOf(place, "ssm", `parameter${policyParameterName(deployment, "*")}`)],
    },
    {
      Sid: "AskItself",
      Action: ["lambda:InvokeFunction"],
      Resource: [arnOf(place, "lambda", `function:${functionName}`)],
    },
    {
      Sid: "WriteLog",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [`${logGroupArn}:*`],
    },
  ];
}

/** A statement without a resource is none that IAM would take. */
function statementWhereAny(arns: readonly string[], statement: Omit<Statement, "Resource">): Statement[] {
  return arns.length === 0 ? [] : [{ ...statement, Resource: [...new Set(arns)] }];
}
