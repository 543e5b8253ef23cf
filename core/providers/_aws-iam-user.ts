import {
  type AccessKey,
  type AccessKeyMetadata,
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  type IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import { ProviderRejectedError, ProviderUnavailableError } from "../../contract/errors.ts";
import { checkNotAborted, isNamed, type Operation, sending } from "../aws/_consequence.ts";
import type { Call } from "../cutover/ports.ts";

/** How often the SDK tries what can be repeated. */
export const MAX_ATTEMPTS = 3;

/** An access key, as IAM lists it. */
export interface AccessKeyRow {
  readonly id: string;
  readonly createdAtMs?: number;
  /** `Active`; else it is accepted no more, and takes a slot until it is deleted. */
  readonly isActive: boolean;
}

/** Who a credential belongs to, as STS says. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
}

/** The calls about one IAM user's access keys, with their failures by consequence. */
export class IamUser {
  readonly #userName: string;
  readonly #iam: (maxAttempts: number) => IAMClient;
  readonly #repeating: IAMClient;

  /** @param iam gives a client that tries a request that often and no more */
  constructor(userName: string, iam: (maxAttempts: number) => IAMClient) {
    this.#userName = userName;
    this.#iam = iam;
    this.#repeating = iam(MAX_ATTEMPTS);
  }

  /** @throws ProviderRejectedError where the answer is no list: an empty one would prove an absence */
  async list({ signal }: Call): Promise<readonly AccessKeyRow[]> {
    const operation = this.#operation("ListAccessKeys", "none");
    const rows: AccessKeyRow[] = [];
    let marker: string | undefined;
    do {
      const command = new ListAccessKeysCommand({ UserName: this.#userName, Marker: marker });
      const page = await sending(operation, command, (c) => this.#repeating.send(c, { abortSignal: signal }));
      const { AccessKeyMetadata: metadata, IsTruncated: hasMore, Marker: next } = page;
      if (!metadata || (hasMore && !next)) throw unreadable(operation);
      rows.push(...metadata.map((row) => rowOf(row, operation)));
      marker = hasMore ? next : undefined;
    } while (marker !== undefined);
    return rows;
  }

  /**
   * When a key was last used, for whatever: `undefined` where it never was, or is no more.
   *
   * A use of STS counts like any other. It may be dualkey's probe, but also a consumer that takes on a role; and as only
   * the first use in 15 minutes is recorded, a probe's time may stand for uses that came after it.
   */
  async lastUsedAtMs(keyId: string, { signal }: Call): Promise<number | undefined> {
    const operation = this.#operation("GetAccessKeyLastUsed", "none");
    const command = new GetAccessKeyLastUsedCommand({ AccessKeyId: keyId });
    try {
      const used = await sending(operation, command, (c) => this.#repeating.send(c, { abortSignal: signal }));
      // No date in an answer that is none would pass for a key that nobody uses.
      if (!used.AccessKeyLastUsed) throw unreadable(operation);
      return used.AccessKeyLastUsed.LastUsedDate?.getTime();
    } catch (error) {
      if (isNamed(error, "NoSuchEntityException")) return undefined;
      throw error;
    }
  }

  /** Never repeated by the SDK: a second key could not be told from a stranger's. */
  async create(call: Call): Promise<Partial<AccessKey>> {
    const operation = this.#operation("CreateAccessKey", "key");
    checkNotAborted(operation, call.signal);
    const command = new CreateAccessKeyCommand({ UserName: this.#userName });
    try {
      const once = this.#iam(1);
      const made = await sending(operation, command, (c) => once.send(c, { abortSignal: call.signal }));
      return made.AccessKey ?? {};
    } catch (error) {
      throw isNamed(error, "LimitExceededException") ? await this.#slotsFull(error, call) : error;
    }
  }

  async disable(keyId: string, call: Call): Promise<void> {
    const operation = this.#operation("UpdateAccessKey", "key");
    const input = { UserName: this.#userName, AccessKeyId: keyId, Status: "Inactive" } as const;
    checkNotAborted(operation, call.signal);
    await this.#unlessGone(keyId, call, () =>
      sending(operation, new UpdateAccessKeyCommand(input), (c) =>
        this.#repeating.send(c, { abortSignal: call.signal }),
      ),
    );
  }

  async delete(keyId: string, call: Call): Promise<void> {
    const operation = this.#operation("DeleteAccessKey", "key");
    const input = { UserName: this.#userName, AccessKeyId: keyId };
    checkNotAborted(operation, call.signal);
    await this.#unlessGone(keyId, call, () =>
      sending(operation, new DeleteAccessKeyCommand(input), (c) =>
        this.#repeating.send(c, { abortSignal: call.signal }),
      ),
    );
  }

  /**
   * A key that does not exist has ended, also where an earlier try may have ended it. But IAM is eventually consistent: of
   * a key made a moment ago it may say the same, so the list is asked, too.
   */
  async #unlessGone(keyId: string, call: Call, end: () => Promise<unknown>): Promise<void> {
    try {
      await end();
    } catch (error) {
      if (!isNamed(error, "NoSuchEntityException")) throw error;
      if (!(await this.list(call)).some(({ id }) => id === keyId)) return;
      const text = `${this.#subject}: key ${keyId} is listed, and not known everywhere yet. Repeat it.`;
      throw new ProviderUnavailableError(text, { cause: error });
    }
  }

  async #slotsFull(cause: unknown, call: Call): Promise<Error> {
    const keys = await this.list(call).catch(() => []);
    const named = keys.map(({ id, isActive }) => `${id} (${isActive ? "active" : "inactive"})`).join(" and ");
    const which = named === "" ? "" : `: ${named}`;
    const text = `${this.#subject}: CreateAccessKey was refused, as all slots are full${which}. Delete a key that is not used.`;
    return new ProviderRejectedError(text, { cause });
  }

  get #subject(): string {
    return `aws-iam: user ${this.#userName}`;
  }

  #operation(name: string, effect: Operation["effect"]): Operation {
    return { name, service: "iam", effect, subject: this.#subject };
  }
}

/**
 * Asks STS whose credential a client has: needs no permission, and cannot be denied by one.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function callerOf(sts: STSClient, { signal }: Call): Promise<Caller> {
  const operation: Operation = {
    name: "GetCallerIdentity",
    service: "sts",
    effect: "none",
    subject: "aws-iam",
  };
  const command = new GetCallerIdentityCommand({});
  const { Account: account, Arn: arn } = await sending(operation, command, (c) =>
    sts.send(c, { abortSignal: signal }),
  );
  if (!account || !arn) throw unreadable(operation);
  return { account, arn };
}

function rowOf(
  { AccessKeyId: id, CreateDate, Status }: AccessKeyMetadata,
  operation: Operation,
): AccessKeyRow {
  if (!id) throw unreadable(operation);
  // A key of which it is not said that it has ended has not.
  const isActive = Status === undefined || Status === "Active";
  return { id, isActive, ...(CreateDate ? { createdAtMs: CreateDate.getTime() } : {}) };
}

function unreadable({ subject, name }: Operation): ProviderRejectedError {
  return new ProviderRejectedError(
    `${subject}: ${name} got an answer that is not understood. Check AWS_ENDPOINT_URL and its like in the function's environment.`,
  );
}
