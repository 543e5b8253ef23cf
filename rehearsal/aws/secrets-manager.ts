import { AwsError } from "./aws-error.ts";
import type { Caller, Journal } from "./journal.ts";
import type { Input } from "./request-fields.ts";
import { type RotationRetries, RotationService, type StepInvoker } from "./rotation.ts";
import { describeSecret, listSecrets } from "./secret-descriptions.ts";
import { createSecret, deleteSecret, restoreSecret, tagResource, untagResource } from "./secret-entries.ts";
import { updateSecretVersionStage } from "./secret-labels.ts";
import { cancelRotateSecret, rotateSecret } from "./secret-rotation.ts";
import { SecretTable } from "./secret-table.ts";
import {
  getSecretValue,
  listSecretVersionIds,
  putSecretValue,
  type SecretsScope,
} from "./secret-versions.ts";
import type { Time } from "./time.ts";

/** What Secrets Manager needs of the world around it. */
export interface SecretsManagerOptions {
  readonly region: string;
  readonly account: string;
  readonly time: Time;
  readonly journal: Journal;
  readonly retries: RotationRetries;
  readonly invoke: StepInvoker;
  readonly mayInvoke: (lambdaArn: string, secretArn: string) => boolean;
}

type Scope = SecretsScope & { readonly mayInvoke: (lambdaArn: string, secretArn: string) => boolean };
type Operation = (scope: Scope, input: Input, caller: Caller) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutSecretValue: putSecretValue,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecretVersionStage: updateSecretVersionStage,
};

/** Secrets Manager: the operations that dualkey uses, with the semantics of the service's API reference. */
export class SecretsManager {
  readonly table: SecretTable;
  readonly #rotations: RotationService;
  readonly #scope: Scope;

  constructor(options: SecretsManagerOptions) {
    const { region, account, time, journal, mayInvoke } = options;
    this.table = new SecretTable(time, journal);
    const { table } = this;
    this.#rotations = new RotationService({
      table,
      journal,
      time,
      invoke: options.invoke,
      retries: options.retries,
    });
    this.#scope = { table, rotations: this.#rotations, time, region, account, mayInvoke };
  }

  /** Carries out one operation. It is synchronous: two calls never see half of each other. */
  handle(operation: string, input: Input, caller: Caller): object {
    const run = OPERATIONS[operation];
    if (!run) throw new AwsError("UnknownOperationException", `No operation ${operation} here.`);
    return run(this.#scope, input, caller);
  }

  /** Stops the rotations that are under way. */
  close(): void {
    this.#rotations.close();
  }
}
