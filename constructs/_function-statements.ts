import { policyParameterName } from "../contract/names.ts";
import type { Place } from "./_place.ts";
import { arnOf } from "./_place.ts";
import type { Statement } from "./_policy-document.ts";

/** What a function's role is about. */
export interface FunctionScope {
  readonly place: Place;
  readonly deployment: string;
  readonly functionName: string;
  readonly logGroupArn: string;
  readonly secretArns: readonly string[];
  /** The customer managed keys that its secrets are encrypted with. */
  readonly kmsKeyArns: readonly string[];
}

/** Lists what the rotator may do: exactly the calls that `core/aws` and `lambda` make, on what they make them on. */
export function buildRotatorStatements(scope: FunctionScope): Statement[] {
  return [
    ...useSecrets(scope, {
      Sid: "RotateKeys",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
    }),
    ...useKmsKeys(scope, { Sid: "EncryptKeys", Action: ["kms:Decrypt", "kms:GenerateDataKey"] }),
    // The service knows no narrower one: a list is of all secrets, by name and labels, never with values.
    { Sid: "ListKeys", Action: ["secretsmanager:ListSecrets"], Resource: ["*"] },
    readPolicies(scope),
    {
      Sid: "AskItself",
      Action: ["lambda:InvokeFunction"],
      Resource: [arnOf(scope.place, "lambda", `function:${scope.functionName}`)],
    },
    writeLog(scope),
  ];
}

/**
 * Lists what the responder may do: what operators' requests come to. It stores no key, for none of them makes one; it
 * lists no secrets, for each request names one.
 */
export function buildResponderStatements(scope: FunctionScope): Statement[] {
  return [
    ...useSecrets(scope, {
      Sid: "SettleKeys",
      Action: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:UpdateSecretVersionStage",
      ],
    }),
    ...useKmsKeys(scope, { Sid: "DecryptKeys", Action: ["kms:Decrypt"] }),
    readPolicies(scope),
    writeLog(scope),
  ];
}

type Named = Omit<Statement, "Resource" | "Condition">;

function useSecrets({ secretArns }: FunctionScope, statement: Named): Statement[] {
  return statementWhereAny(secretArns, statement);
}

function useKmsKeys({ kmsKeyArns, place }: FunctionScope, statement: Named): Statement[] {
  const Condition = {
    StringEquals: { "kms:ViaService": `secretsmanager.${place.region}.${place.dnsSuffix}` },
  };
  return statementWhereAny(kmsKeyArns, { ...statement, Condition });
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

/** A statement without a resource is none that IAM would take. */
function statementWhereAny(arns: readonly string[], statement: Omit<Statement, "Resource">): Statement[] {
  return arns.length === 0 ? [] : [{ ...statement, Resource: [...new Set(arns)] }];
}
