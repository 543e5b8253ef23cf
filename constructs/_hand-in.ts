import {
  SecretsmanagerSecret,
  type SecretsmanagerSecretConfig,
} from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { Construct } from "constructs";
import { HAND_IN_TAG } from "../contract/names.ts";
import { buildHandInStatements, type HandedInKey } from "./_key-statements.ts";
import { type Grantee, Grantees } from "./grantee.ts";

/** What a hand-in is made with. */
export interface HandInProps {
  readonly name: string;
  readonly deployment: string;
  /** The key that is handed in. */
  readonly key: Omit<HandedInKey, "handInSecretArn"> & { readonly secretName: string };
  /** What it has in common with the key's own secret. */
  readonly common: Pick<SecretsmanagerSecretConfig, "kmsKeyId" | "recoveryWindowInDays">;
}

/** The second secret of a key, which people may write and not read, and who may. */
export class HandIn extends Construct {
  readonly secretName: string;
  readonly secretArn: string;
  readonly secret: SecretsmanagerSecret;
  readonly #grantees: Grantees;

  constructor(scope: Construct, id: string, { name, deployment, key, common }: HandInProps) {
    super(scope, id);
    this.secret = new SecretsmanagerSecret(this, "Resource", {
      name,
      description: `Hand a key in here for ${key.secretName}: dualkey takes each value once`,
      // Tagged apart: it holds what people bring, and none of its versions is looked after as a key.
      tags: { [HAND_IN_TAG]: deployment },
      ...common,
    });
    this.secretName = name;
    this.secretArn = this.secret.arn;
    this.#grantees = new Grantees(this, "Grantees", {
      where: `RotatedKey ${scope.node.path}: grantHandIn`,
      namePrefix: "dualkey-hand-in-",
      statements: buildHandInStatements({ ...key, handInSecretArn: this.secretArn }),
    });
  }

  /** Lets a role hand a key in, and start its rotation. */
  grant(grantee: Grantee): void {
    this.#grantees.add(grantee);
  }
}
