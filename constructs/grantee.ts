import { createHash } from "node:crypto";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import { allow, type Statement } from "./_policy-document.ts";

/** Who is granted something: a role, by its name or its ARN. Any `IamRole` or `DataAwsIamRole` is one. */
export type Grantee = { readonly name: string } | { readonly arn: string };

/** The key that readers read. */
export interface ReadableKey {
  readonly secretArn: string;
  readonly kmsKeyArn: string | undefined;
}

/** The roles that may read a key, each with a policy of its own. */
export class KeyReaders extends Construct {
  readonly #key: ReadableKey;

  constructor(scope: Construct, key: ReadableKey) {
    super(scope, "Readers");
    this.#key = key;
  }

  /** Adds a role; one that is there already stays as it is. */
  add(grantee: Grantee): void {
    const id = idOf(grantee, this.node.children.length);
    if (this.node.tryFindChild(id) !== undefined) return;
    new IamRolePolicy(this, id, {
      namePrefix: "dualkey-read-",
      role: roleNameOf(grantee, this.node.scope?.node.path ?? ""),
      policy: allow(statementsFor(this.#key)),
    });
  }
}

function statementsFor({ secretArn, kmsKeyArn }: ReadableKey): Statement[] {
  const read: Statement = {
    Sid: "ReadKey",
    Action: ["secretsmanager:GetSecretValue"],
    Resource: [secretArn],
  };
  if (kmsKeyArn === undefined) return [read];
  // The context binds it to this secret: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  const Condition = { StringEquals: { "kms:EncryptionContext:SecretARN": secretArn } };
  return [read, { Sid: "DecryptKey", Action: ["kms:Decrypt"], Resource: [kmsKeyArn], Condition }];
}

/** A construct's own id, or a hash of the name: the same in every synthesis, whatever else is granted. */
function idOf(grantee: Grantee, count: number): string {
  if (Construct.isConstruct(grantee)) return `Role${grantee.node.addr.slice(-8)}`;
  const text = "name" in grantee ? grantee.name : grantee.arn;
  if (Token.isUnresolved(text)) return `Role${count + 1}`;
  return `Role${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}

/** What stands after the last slash of a role's ARN is its name: a path may come before it. */
function roleNameOf(grantee: Grantee, path: string): string {
  if ("name" in grantee) return grantee.name;
  // A class, as CDKTF does not write the backslash of an escaped slash.
  if (Token.isUnresolved(grantee.arn)) return Fn.replace(grantee.arn, "/^.*[/]/", "");
  const name = /^arn:[^:]+:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(grantee.arn)?.[1];
  if (name !== undefined) return name;
  const message = `is "${grantee.arn}", which is no ARN of a role. Give a role, or its name or ARN`;
  throw new ConfigError(`RotatedKey ${path}: grantRead`, [{ path: "arn", message }]);
}
