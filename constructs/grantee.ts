import { createHash } from "node:crypto";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import { allow, type Statement } from "./_policy-document.ts";

/** Who is granted something: a role, by its name or its ARN. Any `IamRole` or `DataAwsIamRole` is one. */
export type Grantee = { readonly name: string } | { readonly arn: string };

/** What is granted. */
export interface Grant {
  /** Who grants it, for messages: `RotatedKey stack/keys/otp: grantRead`. */
  readonly where: string;
  /** What the names of its policies begin with. */
  readonly namePrefix: string;
  readonly statements: readonly Statement[];
}

/** The roles that are granted one thing, each with a policy of its own. */
export class Grantees extends Construct {
  readonly #grant: Grant;

  constructor(scope: Construct, id: string, grant: Grant) {
    super(scope, id);
    this.#grant = grant;
  }

  /** Adds a role; one that is there already stays as it is. */
  add(grantee: Grantee): void {
    const id = idOf(grantee, this.node.children.length);
    if (this.node.tryFindChild(id) !== undefined) return;
    const { where, namePrefix, statements } = this.#grant;
    new IamRolePolicy(this, id, {
      namePrefix,
      role: roleNameOf(grantee, where),
      policy: allow(statements),
    });
  }
}

/** A construct's own id, or a hash of the name: the same in every synthesis, whatever else is granted. */
function idOf(grantee: Grantee, count: number): string {
  if (Construct.isConstruct(grantee)) return `Role${grantee.node.addr.slice(-8)}`;
  const text = "name" in grantee ? grantee.name : grantee.arn;
  if (Token.isUnresolved(text)) return `Role${count + 1}`;
  return `Role${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}

/** What stands after the last slash of a role's ARN is its name: a path may come before it. */
function roleNameOf(grantee: Grantee, where: string): string {
  if ("name" in grantee) return grantee.name;
  // A class, as CDKTF does not write the backslash of an escaped slash.
  if (Token.isUnresolved(grantee.arn)) return Fn.replace(grantee.arn, "/^.*[/]/", "");
  const name = /^arn:[^:]+:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(grantee.arn)?.[1];
  if (name !== undefined) return name;
  const message = `is "${grantee.arn}", which is no ARN of a role. Give a role, or its name or ARN`;
  throw new ConfigError(where, [{ path: "arn", message }]);
}
