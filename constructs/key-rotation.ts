import { AssetType, TerraformAsset, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import type { ProviderUrlName } from "../contract/provider-urls.ts";
import { addClockAlarm } from "./_alarms.ts";
import { locateBundle } from "./_bundle.ts";
import type { FunctionProps } from "./_bundled-function.ts";
import { Clock } from "./_clock.ts";
import { checkKeyRotation } from "./_key-rotation-checks.ts";
import { askForPlace } from "./_place.ts";
import { Records } from "./_records.ts";
import { buildRespondStatements } from "./_respond-statements.ts";
import { Responder } from "./_responder.ts";
import { findTooMany } from "./_role-size.ts";
import { Rotator } from "./_rotator.ts";
import { buildFunctionEnvironment, type RotatorTiming, timingOf } from "./_timing.ts";
import { defaultsFor } from "./environment-defaults.ts";
import { type Grantee, Grantees } from "./grantee.ts";
import { RotatedKey } from "./rotated-key.ts";
import type { RotatedKeyOptions } from "./rotated-key-options.ts";

/** What keys are added to. */
export interface IKeyRotation {
  /** The environment whose keys these are. */
  readonly environment: string;
  /** The name of this deployment: secrets are found by it. */
  readonly deployment: string;
  /** The function that rotates. */
  readonly rotatorArn: string;
  /** The function that carries out what operators ask for. */
  readonly responderArn: string;
  /** Lets a role ask that function. */
  grantRespond(grantee: Grantee): void;
}

/** Where the providers' APIs are: a region's, an account's own, or a sandbox's. One that is left out is the vendor's own. */
export type ProviderUrls = { readonly [Name in ProviderUrlName]?: string };

/** How keys are rotated. */
export interface KeyRotationProps {
  /**
   * The environment whose keys these are. Defaults depend on it: `development` has its own, and any other name is
   * treated as `production` is.
   */
  readonly environment: string;
  /**
   * The name of this deployment, which no other deployment in the same account and region has.
   *
   * @default the environment
   */
  readonly deployment?: string;
  /**
   * The SNS topic that hears of it when a key calls for a person, or when the clock stops.
   *
   * @default nobody hears of it
   */
  readonly alarmTopicArn?: string;
  /**
   * How many runs of the rotator there may be at once. Lambda takes this from what the account has for all functions.
   *
   * @default 10: so many reconciliations does a sweep ask for at once
   */
  readonly reservedConcurrency?: number;
  /**
   * How many operators' requests there may be at once. Lambda takes this from what the account has for all functions.
   *
   * @default 2: one that hangs keeps no other waiting
   */
  readonly responderReservedConcurrency?: number;
  /**
   * How often the rotator looks after what keys owe, in minutes.
   *
   * @default 5
   */
  readonly sweepEveryMinutes?: number;
  /**
   * How long the logs of both functions are kept, in days: one of the periods that CloudWatch Logs knows.
   *
   * @default 14 in development, else 365
   */
  readonly logRetentionDays?: number;
  /**
   * Where the providers' APIs are. Keys are sent there.
   *
   * @default each provider's own address
   */
  readonly providerUrls?: ProviderUrls;
  /**
   * Whether each phase of a key is told on the account's default bus of EventBridge, for pipelines of your own: that it was
   * promoted, retired, or rolled back. `Consumer.reporting` has no other way to hear of a cutover.
   *
   * @default true
   */
  readonly events?: boolean;
  /**
   * How long runs and calls may take. The fence is made of these: where they say less than the truth, a key that a run
   * is about to store is taken for an orphan and revoked. For rehearsals against an embedded AWS.
   *
   * @default what AWS needs: 120 s for a run, and 180 s on top of it
   */
  readonly unsafeTiming?: RotatorTiming;
}

/**
 * One deployment of dualkey: the rotator and its clock, the responder, their permissions, and the bucket of records.
 *
 * @example
 * const rotation = new KeyRotation(this, "keys", { environment: "production" });
 */
export class KeyRotation extends Construct implements IKeyRotation {
  readonly environment: string;
  readonly deployment: string;
  readonly alarmTopicArn: string | undefined;
  readonly rotatorArn: string;
  readonly rotatorName: string;
  readonly responderArn: string;
  readonly responderName: string;
  readonly recordsBucketName: string;
  readonly #rotator: Rotator;
  /** @internal How often what is owed is looked after, in minutes. */
  readonly sweepEveryMinutes: number;
  readonly #responder: Responder;
  readonly #operators: Grantees;
  readonly #keys: RotatedKey[] = [];

  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const problems = checkKeyRotation(props);
    if (problems.length > 0) throw new ConfigError(`KeyRotation ${this.node.path}`, problems);
    const { environment, deployment = environment, sweepEveryMinutes = 5 } = props;
    this.environment = environment;
    this.deployment = deployment;
    this.alarmTopicArn = props.alarmTopicArn;
    this.sweepEveryMinutes = sweepEveryMinutes;
    const records = new Records(this, "Records");
    this.recordsBucketName = records.bucketName;
    const functions = propsOfFunctions(this, props, records);
    this.#rotator = new Rotator(this, "Rotator", {
      ...functions,
      reservedConcurrency: props.reservedConcurrency ?? 10,
    });
    this.rotatorArn = this.#rotator.functionArn;
    this.rotatorName = this.#rotator.functionName;
    this.#responder = new Responder(this, "Responder", {
      ...functions,
      reservedConcurrency: props.responderReservedConcurrency ?? 2,
    });
    this.responderArn = this.#responder.functionArn;
    this.responderName = this.#responder.functionName;
    const { place } = functions;
    this.#operators = new Grantees(this, "Operators", {
      where: `KeyRotation ${this.node.path}: grantRespond`,
      namePrefix: "dualkey-respond-",
      statements: buildRespondStatements({ place, deployment, responderArn: this.responderArn }),
    });
    new Clock(this, "Clock", { deployment, rotator: this.#rotator, everyMinutes: sweepEveryMinutes });
    if (props.alarmTopicArn !== undefined) {
      const about = { functionName: this.rotatorName, everyMinutes: sweepEveryMinutes };
      addClockAlarm(this, { ...about, topicArn: props.alarmTopicArn });
    }
    this.node.addValidation({ validate: () => this.#validate() });
  }

  /**
   * Adds a key: a short way to write `new RotatedKey(this, id, { rotation, … })`.
   *
   * @example
   * const otp = rotation.addKey("otp", {
   *   secretName: "prod/otp/startmessaging",
   *   provider: KeyProvider.startMessaging(),
   *   consumers: [Consumer.selfRefreshing({ cacheSeconds: 300 })],
   * });
   */
  addKey(id: string, options: RotatedKeyOptions): RotatedKey {
    return new RotatedKey(this, id, { ...options, rotation: this });
  }

  /**
   * Lets a role ask the responder: for an answer to a leak, a rollback, a freeze. And lets it see what came of that: labels and
   * policies of this deployment. It reads no value.
   *
   * @example
   * rotation.grantRespond(GitHubRole.for(this, "responder", { repository: "acme/infra", environment: "emergency" }));
   */
  grantRespond(grantee: Grantee): void {
    this.#operators.add(grantee);
  }

  /**
   * Has the functions look after a key; a key calls this itself.
   *
   * @returns what must be there before its rotation is switched on
   * @internal
   */
  register(key: RotatedKey): Rotator["ready"] {
    this.#keys.push(key);
    this.#rotator.addKey(key.managed);
    this.#responder.addKey(key.managed);
    return this.#rotator.ready;
  }

  /** What only the whole tree shows. */
  #validate(): string[] {
    return [...this.#findTwins(), ...findSameNames(this.#keys), ...findTooMany(this.#keys)];
  }

  #findTwins(): string[] {
    const all = TerraformStack.of(this).node.findAll();
    const twin = all.find(
      (one) => one instanceof KeyRotation && one !== this && one.deployment === this.deployment,
    );
    if (twin === undefined || Token.isUnresolved(this.deployment)) return [];
    return [
      `deployment: is "${this.deployment}", as that of ${twin.node.path} is. Give each KeyRotation a deployment of its own`,
    ];
  }
}

/** What both functions have in common: their bundle, and their times, for the fence of each counts on the other's runs. */
function propsOfFunctions(
  scope: Construct,
  props: KeyRotationProps,
  records: Records,
): Omit<FunctionProps, "reservedConcurrency"> {
  const { environment, deployment = environment, sweepEveryMinutes = 5, providerUrls: urls } = props;
  const { events = true } = props;
  const timing = timingOf(props.unsafeTiming);
  return {
    place: askForPlace(scope),
    deployment,
    code: new TerraformAsset(scope, "Bundle", { path: locateBundle(), type: AssetType.FILE }),
    timeoutSeconds: timing.timeoutSeconds,
    logRetentionDays: props.logRetentionDays ?? defaultsFor(environment).logRetentionDays,
    events,
    recordsBucketArn: records.bucketArn,
    environment: buildFunctionEnvironment({
      deployment,
      timing,
      sweepEveryMinutes,
      events,
      urls,
      recordsBucket: records.bucketName,
    }),
  };
}

/** A key's hand-in secret is a secret, too, and may have the name of another key's. */
function findSameNames(keys: readonly RotatedKey[]): string[] {
  const used = keys.flatMap(({ secretName, handInSecretName, node: { path } }) => [
    { name: secretName, path },
    ...(handInSecretName === undefined ? [] : [{ name: handInSecretName, path: `the hand-in of ${path}` }]),
  ]);
  const names = new Set(used.map(({ name }) => name).filter((name) => !Token.isUnresolved(name)));
  return [...names].flatMap((name) => {
    const same = used.filter((one) => one.name === name);
    if (same.length === 1) return [];
    const paths = same.map(({ path }) => path).join(", ");
    return `secretName: is "${name}" for ${paths}. Give each key a secret of its own`;
  });
}
