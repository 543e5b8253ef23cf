import {
  SecretsmanagerSecret,
  type SecretsmanagerSecretConfig,
} from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretRotation } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation/index.js";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import { DEPLOYMENT_TAG, HAND_IN_TAG, policyParameterName } from "../contract/names.ts";
import type { PolicyInput } from "../contract/policy.ts";
import { addKeyAlarm } from "./_alarms.ts";
import type { ManagedKey } from "./_function-statements.ts";
import { toJson } from "./_json.ts";
import { buildHandInStatements, buildReadStatements } from "./_key-statements.ts";
import { checkRotatedKey } from "./_rotated-key-checks.ts";
import { buildPolicy } from "./_rotated-key-policy.ts";
import type { Consumer } from "./consumer.ts";
import { defaultsFor } from "./environment-defaults.ts";
import { type Grantee, Grantees } from "./grantee.ts";
import type { KeyProvider } from "./key-provider.ts";
import type { KeyRotation } from "./key-rotation.ts";

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

/** What is wanted for one key. */
export interface RotatedKeyOptions {
  /** The name of the secret: letters, digits, and `_ . - /`, for the key's policy is a parameter of that name. */
  readonly secretName: string;
  /** The third party whose key it is. */
  readonly provider: KeyProvider;
  /** Everything that reads the secret to call the provider. One that is missing here may lose its key under its hands. */
  readonly consumers: readonly Consumer[];
  /**
   * How often the key is replaced, in days. The first time is that long after the deployment, never during it.
   *
   * @default 6 in development, else 83: before its end of life after 7, or 90, days
   */
  readonly rotateEveryDays?: number;
  /**
   * How long the replaced key works on at the least.
   *
   * @default the slowest consumer's cache and a minute
   */
  readonly minOverlapSeconds?: number;
  /**
   * For how long nobody has used the replaced key before it is revoked.
   *
   * @default 60 in development, else 600
   */
  readonly quietForSeconds?: number;
  /**
   * After this, `atMaxOverlap` says what happens where nobody knows whether the replaced key is used.
   *
   * @default an hour in development, else a day; at the least minOverlapSeconds and quietForSeconds together
   */
  readonly maxOverlapSeconds?: number;
  /**
   * `hold` keeps the replaced key and raises an alarm; `revoke` revokes it, unless it is seen to be used.
   *
   * @default "revoke" in development, else "hold"
   */
  readonly atMaxOverlap?: "hold" | "revoke";
  /**
   * How many uses of the new key must be seen before silence on the old one counts.
   *
   * @default 1
   */
  readonly minSample?: number;
  /**
   * How the key stands in the secret: JSON, or the bare text of a key with one field.
   *
   * @default "json"
   */
  readonly value?: "json" | "raw";
  /**
   * The consumers' names of the provider's fields: `{ apiKey: "SM_KEY" }`.
   *
   * @default the provider's own
   */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * Whether people hand keys in: a second secret, `<secretName>/hand-in`, which they may write and not read.
   *
   * @default true where a person makes the first key: at a vendor without an API for keys, or where it takes a key to
   * make one. `false` fits a key that is in the secret already, put there by hand
   */
  readonly handIn?: boolean;
  /**
   * The customer managed KMS key that encrypts the secret, and its hand-in secret. Its key policy must let IAM policies of the account grant its use.
   *
   * @default the account's key for Secrets Manager, which costs nothing
   */
  readonly kmsKeyArn?: string;
  /**
   * For how many days the secrets can be restored after their resources are destroyed: 7 to 30, or 0 for not at all.
   *
   * @default 7 in development, else 30
   */
  readonly recoveryWindowDays?: number;
}

/** A key, and what rotates it. */
export interface RotatedKeyProps extends RotatedKeyOptions {
  readonly rotation: KeyRotation;
}

/**
 * One key of a third party, in a secret that is rotated: the secret (without a value: keys are never in Terraform's
 * plans or state), its schedule, and its policy.
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
  readonly #handers: Grantees | undefined;

  constructor(scope: Construct, id: string, props: RotatedKeyProps) {
    super(scope, id);
    const { rotation, secretName, kmsKeyArn } = props;
    const defaults = defaultsFor(rotation.environment);
    const policy = buildPolicy(props, rotation.environment);
    const problems = checkRotatedKey(this, { props, policy });
    if (problems.length > 0) throw new ConfigError(`RotatedKey ${this.node.path}`, problems);

    const common = {
      recoveryWindowInDays: props.recoveryWindowDays ?? defaults.recoveryWindowDays,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
    };
    const secret = new SecretsmanagerSecret(this, "Resource", {
      name: secretName,
      description: `A ${policy.provider.id} key, rotated by dualkey`,
      tags: { [DEPLOYMENT_TAG]: rotation.deployment },
      ...common,
    });
    this.secretName = secretName;
    this.secretArn = secret.arn;
    this.kmsKeyArn = kmsKeyArn;
    this.handInSecretName = policy.handIn;
    this.policyParameterName = policyParameterName(rotation.deployment, secretName);
    const parameter = this.#writePolicy(policy as PolicyInput);
    const handIn = this.#addHandIn(policy.handIn, { ...common, deployment: rotation.deployment });
    this.managed = {
      secretArn: secret.arn,
      kmsKeyArn,
      handInSecretArn: handIn?.arn,
      ...props.provider.access,
    };
    this.#readers = new Grantees(this, "Readers", {
      method: "grantRead",
      namePrefix: "dualkey-read-",
      statements: buildReadStatements(this),
    });
    this.#handers = handIn && this.#addHanders({ handInSecretArn: handIn.arn, parameter, rotation });
    // Terraform rotates at once where nothing else is said, at every change of the schedule, too.
    new SecretsmanagerSecretRotation(this, "Schedule", {
      secretId: secret.id,
      rotationLambdaArn: rotation.rotatorArn,
      rotationRules: { automaticallyAfterDays: props.rotateEveryDays ?? defaults.rotateEveryDays },
      rotateImmediately: false,
      dependsOn: [parameter, ...(handIn === undefined ? [] : [handIn]), ...rotation.register(this)],
    });
    const { alarmTopicArn } = rotation;
    if (alarmTopicArn !== undefined) addKeyAlarm(this, { secretName, topicArn: alarmTopicArn });
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
    if (this.#handers === undefined) {
      const message = "is false, so there is no secret to hand a key in with. Set it to true";
      throw new ConfigError(`RotatedKey ${this.node.path}: grantHandIn`, [{ path: "handIn", message }]);
    }
    this.#handers.add(grantee);
  }

  /** Tagged apart: it holds what people bring, and none of its versions is looked after as a key. */
  #addHandIn(
    name: string | undefined,
    { deployment, ...common }: { readonly deployment: string } & Partial<SecretsmanagerSecretConfig>,
  ): SecretsmanagerSecret | undefined {
    if (name === undefined) return undefined;
    return new SecretsmanagerSecret(this, "HandIn", {
      name,
      description: `Hand a key in here for ${this.secretName}: dualkey takes each value once`,
      tags: { [HAND_IN_TAG]: deployment },
      ...common,
    });
  }

  #addHanders(parts: {
    readonly handInSecretArn: string;
    readonly parameter: SsmParameter;
    readonly rotation: KeyRotation;
  }): Grantees {
    const { handInSecretArn, parameter, rotation } = parts;
    const { secretArn, kmsKeyArn } = this;
    return new Grantees(this, "Handers", {
      method: "grantHandIn",
      namePrefix: "dualkey-hand-in-",
      statements: buildHandInStatements({
        secretArn,
        kmsKeyArn,
        handInSecretArn,
        policyArn: parameter.arn,
        rotatorArn: rotation.rotatorArn,
      }),
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
