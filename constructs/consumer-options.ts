/** What any consumer may say of itself. */
export interface ConsumerOptions {
  /**
   * What messages call the consumer, and what it calls itself in its reports.
   *
   * @default its place in the list: "consumer-1"
   */
  readonly name?: string;
  /**
   * Whether it reports its sends and rejections by version, under its name, as `dualkey/client` does where it is told to.
   *
   * @default false
   */
  readonly reports?: boolean;
}

/** A service that reads its key again by itself. */
export interface SelfRefreshingOptions extends ConsumerOptions {
  /** How long the service may go on with a key that it has read. */
  readonly cacheSeconds: number;
  /**
   * For how much longer it goes on with it while Secrets Manager does not answer. 0 for a cache that does not. The overlap
   * must be longer than both times together.
   *
   * @default 3600, as `dualkey/client` does where it is told nothing else
   */
  readonly staleSeconds?: number;
}

/** A service of ECS that reads its key at start. */
export interface EcsServiceOptions extends ConsumerOptions {
  /** The cluster's name or ARN: of an `EcsCluster`, its `name`. */
  readonly cluster: string;
  /**
   * The service's name or ARN, in the account and region that is deployed to: of an `EcsService`, its `name`. A reference
   * is taken for a service with an ARN of the longer form, as every one made since 2021 has.
   */
  readonly service: string;
}

/** A function of Lambda that reads its key at start. */
export interface LambdaFunctionOptions extends ConsumerOptions {
  /** The function's name or ARN, without a version or an alias: of a `LambdaFunction`, its `functionName`. */
  readonly functionName: string;
  /**
   * The customer managed KMS key that encrypts the function's environment. Its key policy must let IAM policies of the
   * account grant its use.
   *
   * @default the account's key for Lambda
   */
  readonly kmsKeyArn?: string;
}

/** A service that some other pipeline rolls. */
export interface ReportingOptions {
  /** What it calls itself in its reports. */
  readonly name: string;
}
