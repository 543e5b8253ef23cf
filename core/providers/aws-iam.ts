import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import { OutcomeUnknownError } from "../../contract/errors.ts";
import { FIELD_NAMES } from "../../contract/provider-policy.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import { isNamed } from "../aws/_consequence.ts";
import type {
  Call,
  Capabilities,
  KeyIdentity,
  KeyList,
  KeyProvider,
  ListedKey,
  MadeKey,
  ProbeAnswer,
} from "../cutover/ports.ts";
import { probeWith } from "./_answer.ts";
import { type AccessKeyRow, callerOf, IamUser, MAX_ATTEMPTS } from "./_aws-iam-user.ts";

export interface AwsIamOptions {
  /** The IAM user whose access keys these are, in the account of the function's role. */
  readonly userName: string;
  /** Gives a client with the function's role, which tries a request that often and no more. */
  readonly iam: (maxAttempts: number) => IAMClient;
  /** Gives a client with the function's role; or, with a key, with that key and nothing else. */
  readonly sts: (key?: { readonly accessKeyId: string; readonly secretAccessKey: string }) => STSClient;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES["aws-iam"],
  source: "provider",
  credential: "role",
  // A key has neither name nor tags.
  list: { names: false },
  revoke: "disable-then-delete",
  // And no more, ever: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  maxLiveKeys: 2,
  // Eventually consistent, by an amount that AWS does not say. Unconfirmed: measurements by others saw 3 to 4 seconds.
  propagationSeconds: 30,
  // "When an access key is used more than once in a 15-minute span, only the first use is recorded":
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
  // Unconfirmed: how long after a use it shows.
  lastUsed: { resolutionSeconds: 900, movedByProbe: true },
  carriedOver: [],
};

/**
 * Access keys of an IAM user, which the function's role makes, disables and deletes. Of that user the role needs
 * iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey and DeleteAccessKey; GetAccessKeyLastUsed; and nothing for STS.
 */
export class AwsIam implements KeyProvider {
  readonly id = "aws-iam";
  readonly capabilities = capabilities;
  readonly #userName: string;
  readonly #user: IamUser;
  readonly #sts: AwsIamOptions["sts"];
  readonly #now: () => number;
  #account: string | undefined;

  constructor({ userName, iam, sts, now = Date.now }: AwsIamOptions) {
    this.#userName = userName;
    this.#user = new IamUser(userName, iam);
    this.#sts = sts;
    this.#now = now;
  }

  /** With the role and the addresses that the SDK finds in the environment (`AWS_ENDPOINT_URL_IAM`, `…_STS`). */
  static fromEnvironment(userName: string): AwsIam {
    const requestHandler = { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true };
    return new AwsIam({
      userName,
      iam: (maxAttempts) => new IAMClient({ requestHandler, maxAttempts }),
      sts: (credentials) =>
        new STSClient({ requestHandler, maxAttempts: MAX_ATTEMPTS, ...(credentials ? { credentials } : {}) }),
    });
  }

  /** The id is one of the fields. */
  identify({ accessKeyId }: KeyFields): KeyIdentity {
    return accessKeyId === undefined ? {} : { keyId: accessKeyId.reveal().trim() };
  }

  async list(_role: KeyFields, call: Call): Promise<KeyList> {
    const account = await this.#accountOf(call);
    const rows = await this.#user.list(call);
    const keys = await Promise.all(rows.map((row) => this.#listedKey(row, call)));
    return { account, complete: true, keys };
  }

  /** The answer does not name the account, so that is asked for first: afterwards a failure would lose the new key. */
  async make(_request: { readonly name: string }, call: Call): Promise<MadeKey> {
    const account = await this.#accountOf(call);
    const { AccessKeyId: keyId, SecretAccessKey: secret, CreateDate } = await this.#user.create(call);
    if (!keyId || !secret) {
      throw new OutcomeUnknownError(
        `aws-iam: user ${this.#userName}: CreateAccessKey got an answer without a key, so it may have been applied. List before anything else.`,
      );
    }
    return {
      keyId,
      account,
      fields: { accessKeyId: new Sensitive(keyId), secretAccessKey: new Sensitive(secret) },
      createdAtMs: CreateDate?.getTime() ?? this.#now(),
    };
  }

  /** Makes the key inactive, which can be undone. */
  revoke({ keyId }: { readonly keyId: string }, call: Call): Promise<void> {
    return this.#user.disable(keyId, call);
  }

  remove({ keyId }: { readonly keyId: string }, call: Call): Promise<void> {
    return this.#user.delete(keyId, call);
  }

  /**
   * A key that is inactive or deleted gets InvalidClientTokenId. SignatureDoesNotMatch is another thing: the key is known
   * and it is the secret that is wrong. Whoever has the right one can still use it, so it must not pass for dead.
   *
   * A key of another user works, too, but it is not one that this role could end.
   */
  async probe({ accessKeyId, secretAccessKey }: KeyFields, call: Call): Promise<ProbeAnswer> {
    const [id, secret] = [accessKeyId?.reveal().trim(), secretAccessKey?.reveal().trim()];
    // Nothing may ever take the role's own credential in its place.
    if (!id || !secret) return { kind: "unknown", because: "aws-iam: the secret's value holds no whole key" };
    const sts = this.#sts({ accessKeyId: id, secretAccessKey: secret });
    try {
      return await probeWith(call, () => this.#judge(sts, call));
    } finally {
      sts.destroy();
    }
  }

  async #judge(sts: STSClient, call: Call): Promise<ProbeAnswer> {
    const caller = await callerOf(sts, call).catch((error: unknown) => {
      const refusal = REFUSALS.find(({ name }) => isNamed(error, name));
      if (refusal) return refusal.answer;
      throw error;
    });
    if ("kind" in caller) return caller;
    const account = await this.#accountOf(call);
    if (caller.account === account && isUser(caller.arn, this.#userName)) return { kind: "accepted" };
    const because = `aws-iam: the key works as ${caller.arn}, and not as user ${this.#userName} of account ${account}. Correct userName in the policy, or the key`;
    return { kind: "unknown", because };
  }

  async #listedKey({ id, createdAtMs, isActive }: AccessKeyRow, call: Call): Promise<ListedKey> {
    const lastUsedAtMs = await this.#user.lastUsedAtMs(id, call);
    return {
      id,
      ...(createdAtMs === undefined ? {} : { createdAtMs }),
      ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
      ...(isActive ? {} : { isDisabled: true }),
      is: (fields) => {
        const { keyId } = this.identify(fields);
        return keyId === undefined ? undefined : keyId === id;
      },
    };
  }

  /** IAM works in the account of whoever calls it. A role's account never changes. */
  async #accountOf(call: Call): Promise<string> {
    this.#account ??= (await callerOf(this.#sts(), call)).account;
    return this.#account;
  }
}

/** What the refusals of a probe mean. */
const REFUSALS: readonly { readonly name: string; readonly answer: ProbeAnswer }[] = [
  {
    name: "InvalidClientTokenId",
    answer: { kind: "rejected", because: "aws-iam: GetCallerIdentity got InvalidClientTokenId" },
  },
  {
    name: "SignatureDoesNotMatch",
    answer: {
      kind: "unknown",
      because:
        "aws-iam: GetCallerIdentity got SignatureDoesNotMatch: the key is live, and the secret's value is not its own (or the function's clock is wrong)",
    },
  },
];

/** A user may have a path: `arn:aws:iam::123456789012:user/division/otp-sender`. */
function isUser(arn: string, userName: string): boolean {
  return arn.includes(":user/") && arn.split("/").at(-1) === userName;
}
