import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretRotation } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation/index.js";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import { DEPLOYMENT_TAG, policyParameterName } from "../contract/names.ts";
import type { PolicyInput } from "../contract/policy.ts";
import { addKeyAlarm, addLeakAlarm } from "./_alarms.ts";
import type { ManagedKey } from "./_function-statements.ts";
import { HandIn } from "./_hand-in.ts";
import { toJson } from "./_json.ts";
import { buildReadStatements } from "./_key-statements.ts";
import { checkRotatedKey } from "./_rotated-key-checks.ts";
import { buildPolicy } from "./_rotated-key-policy.ts";
import { defaultsFor } from "./environment-defaults.ts";
import { type Grantee, Grantees } from "./grantee.ts";
import type { KeyRotation } from "./key-rotation.ts";
import type { RotatedKeyOptions } from "./rotated-key-options.ts";

/** A key that is rotated. */
export interface IRotatedKey {
  /** The name of the secret that holds the key. */
  readonly secretName: string;
  /** The secret's full ARN. */
  readonly secretArn: string;
  /** Lets a role read the key. */
  grantRead(grantee: Grantee): void;
  /** Lets a role hand a key in, and have it rotated in, without reading one. */
  grantHandIn(grantee: Grantee): void;
}

/** A key, and what rotates it. */
export interface RotatedKeyProps extends RotatedKeyOptions {
  readonly rotation: KeyRotation;
}

/**
 * One key of a third party, in a secret that is rotated: the secret (without a value: keys are never in Terraform's
 * plans or state), its schedule, its policy, and a second secret to hand keys in with, where people do.
 *
 * Versions and their labels are the functions' own: Terraform manages neither, so that no plan shows them.
 */
export class RotatedKey extends Construct implements IRotatedKey {
  readonly secretName: string;
  readonly secretArn: string;
  readonly kmsKeyArn: string | undefined;
  /** The name of the secret that people hand keys in with; undefined where they do not. */
  readonly handInSecretName: string | undefined;
  /** The name of the parameter that holds the key's policy. */
  readonly policyParameterName: string;
  /** @internal What the functions' roles need to know of the key. */
  readonly managed: ManagedKey;
  readonly #readers: Grantees;
  readonly #handIn: HandIn | undefined;

  constructor(scope: Construct, id: string, props: RotatedKeyProps) {
    super(scope, id);
    const { rotation, secretName, kmsKeyArn } = props;
    const { deployment, rotatorArn } = rotation;
    const defaults = defaultsFor(rotation.environment);
    const policy = buildPolicy(props, rotation.environment);
    const problems = checkRotatedKey(this, { props, policy });
    if (problems.length > 0) throw new ConfigError(`RotatedKey ${this.node.path}`, problems);

    const common = {
      recoveryWindowInDays: props.recoveryWindowDays ?? defaults.recoveryWindowDays,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
    };
    const vendor = policy.provider.id === "hand-in" ? policy.provider.vendor : policy.provider.id;
    const secret = new SecretsmanagerSecret(this, "Resource", {
      name: secretName,
      description: `A key of ${vendor}, rotated by dualkey`,
      tags: { [DEPLOYMENT_TAG]: deployment },
      ...common,
    });
    this.secretName = secretName;
    this.secretArn = secret.arn;
    this.kmsKeyArn = kmsKeyArn;
    this.policyParameterName = policyParameterName(deployment, secretName);
    const parameter = this.#writePolicy(policy as PolicyInput);
    this.#readers = new Grantees(this, "Readers", {
      where: `RotatedKey ${this.node.path}: grantRead`,
      namePrefix: "dualkey-read-",
      statements: buildReadStatements(this),
    });
    const { secretArn } = this;
    const key = { secretName, secretArn, kmsKeyArn, policyArn: parameter.arn, rotatorArn };
    this.#handIn = policy.handIn
      ? new HandIn(this, "HandIn", { name: policy.handIn, deployment, key, common })
      : undefined;
    this.handInSecretName = this.#handIn?.secretName;
    const handInSecretArn = this.#handIn?.secretArn;
    const consumers = props.consumers.map(({ access }) => access);
    this.managed = { secretArn, kmsKeyArn, handInSecretArn, ...props.provider.access, consumers };
    this.#addSchedule(rotation, {
      days: props.rotateEveryDays ?? defaults.rotateEveryDays,
      needs: [parameter, ...(this.#handIn ? [this.#handIn.secret] : [])],
    });
    const { alarmTopicArn: topicArn, sweepEveryMinutes: everyMinutes } = rotation;
    if (topicArn === undefined) return;
    addKeyAlarm(this, { secretName, topicArn });
    addLeakAlarm(this, { secretName, topicArn, everyMinutes });
  }

  /**
   * Lets a role read the key, and decrypt it where it is encrypted with a key of your own. Nothing else: the role cannot
   * list versions, nor change anything.
   *
   * @example
   * otp.grantRead(loginRole);
   */
  grantRead(grantee: Grantee): void {
    this.#readers.add(grantee);
  }

  /**
   * Lets a role hand a key in and start the rotation that takes it, as `npx dualkey hand-in` does. It reads no value,
   * neither the key's nor what was handed in.
   *
   * @example
   * otp.grantHandIn({ name: "on-call" });
   * @throws ConfigError where the key has no hand-in secret
   */
  grantHandIn(grantee: Grantee): void {
    if (this.#handIn === undefined) {
      const message = "is false, so there is no secret to hand a key in with. Set it to true";
      throw new ConfigError(`RotatedKey ${this.node.path}: grantHandIn`, [{ path: "handIn", message }]);
    }
    this.#handIn.grant(grantee);
  }

  /** Terraform rotates at once where nothing else is said, at every change of the schedule, too. */
  #addSchedule(
    rotation: KeyRotation,
    { days, needs }: { readonly days: number; readonly needs: readonly ITerraformDependable[] },
  ): void {
    new SecretsmanagerSecretRotation(this, "Schedule", {
      secretId: this.secretArn,
      rotationLambdaArn: rotation.rotatorArn,
      rotationRules: { automaticallyAfterDays: days },
      rotateImmediately: false,
      dependsOn: [...needs, ...rotation.register(this)],
    });
  }

  /** A standard parameter holds 4,096 characters; `Intelligent-Tiering` pays for more only where there is more. */
  #writePolicy(policy: PolicyInput): SsmParameter {
    return new SsmParameter(this, "Policy", {
      name: this.policyParameterName,
      description: `What dualkey does with the key in ${this.secretName}`,
      type: "String",
      tier: "Intelligent-Tiering",
      value: toJson(policy),
    });
  }
}
