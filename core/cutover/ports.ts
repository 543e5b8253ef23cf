import type { RolledConsumer } from "../../contract/consumer-policy.ts";
import type { KeyEvent } from "../../contract/events.ts";
import type { Label } from "../../contract/labels.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import type { Call } from "./call.ts";

export type { Call } from "./call.ts";
export type * from "./key-provider.ts";

// ---- The hand-in -----------------------------------------------------------------------------------------------

/** What a person has put into the hand-in secret. */
export type Offer =
  /** Nothing, or nothing that was not taken already. */
  | { readonly kind: "none" }
  /** A key that no rotation has taken yet. `versionId`: of the hand-in secret. */
  | { readonly kind: "key"; readonly versionId: string; readonly key: HeldKey }
  | { readonly kind: "unreadable"; readonly because: string };

/** The second, small secret of a key: people may write it, and not read it. */
export interface HandIn {
  readonly name: string;
  look(call: Call): Promise<Offer>;
  /** Marks a version as taken, for good. Repeatable. */
  take(request: { readonly versionId: string }, call: Call): Promise<void>;
}

// ---- Consumers -------------------------------------------------------------------------------------------------

/** What one consumer has reported of one version. */
export interface ReportedUse {
  /** Calls that the provider has answered, but for rejections of the key. */
  readonly sends: number;
  readonly rejections: number;
  /** The end of the last minute in which it has sent; absent where it has not. */
  readonly lastSendAtMs?: number;
}

export interface ConsumerReport {
  /** The consumer's name in the policy. */
  readonly consumer: string;
  /** By version id; absent where it has reported nothing of a version, which is not a 0. */
  readonly byVersion: Readonly<Record<string, ReportedUse>>;
}

/** What consumers report of the keys that they use (`contract/consumer-report.ts`). */
export interface ConsumerReports {
  /**
   * Reads what was reported since a time. Repeatable. `completeUntilMs`: what was sent before is in, as far as the
   * service's delay is known.
   */
  read(
    request: {
      readonly consumers: readonly string[];
      readonly versionIds: readonly string[];
      readonly sinceMs: number;
    },
    call: Call,
  ): Promise<{ readonly completeUntilMs: number; readonly reports: readonly ConsumerReport[] }>;
}

/** Whether a consumer has been started anew since a time: observed, so that a crash never rolls it twice. */
export type RolloutState =
  | { readonly kind: "not-started" }
  | { readonly kind: "under-way"; readonly because: string }
  | { readonly kind: "done" }
  /** It cannot come to its end without a person: it does not exist, or never gets stable. */
  | { readonly kind: "failed"; readonly because: string };

/** Starts consumers anew that read their key at start. */
export interface Rollouts {
  /** @throws ProviderRejectedError, ProviderUnavailableError where it cannot be seen. Repeatable. */
  look(
    request: { readonly consumer: RolledConsumer; readonly sinceMs: number },
    call: Call,
  ): Promise<RolloutState>;
  /** Twice does no harm, but starts the consumer twice: look first. */
  start(request: { readonly consumer: RolledConsumer }, call: Call): Promise<void>;
}

/** Tells other pipelines of a phase. At least once: it is told before the ledger says so. */
export interface Announcer {
  announce(event: KeyEvent, call: Call): Promise<void>;
}

// ---- The secret store ------------------------------------------------------------------------------------------

/** What stands in a version. */
export type Content =
  /** Placed by the service for a rotation, not filled yet. */
  | { readonly kind: "empty" }
  | { readonly kind: "key"; readonly key: HeldKey }
  | { readonly kind: "unreadable"; readonly because: string };

/** One version of the secret that has a label. */
export interface Version {
  readonly id: string;
  /** Its short name, in labels. */
  readonly v8: string;
  readonly createdAtMs: number;
  readonly isCurrent: boolean;
  readonly isPending: boolean;
  /** The labels of ours. */
  readonly labels: readonly Label[];
  readonly content: Content;
}

/** The secret and its ledger, as one look shows them. May be as stale as the fence's margin allows. */
export interface SecretView {
  /** The full ARN, with its six random characters. */
  readonly arn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  /** Scheduled for deletion. */
  readonly isDeleted: boolean;
  readonly versions: readonly Version[];
  /** How many labels the secret has, those of others and of the service included. */
  readonly labelCount: number;
  /** Labels that look like ours and were not understood. */
  readonly notUnderstood: readonly string[];
  readonly readAtMs: number;
}

/** A secret as its labels show it. */
export interface SecretOutline extends Omit<SecretView, "versions"> {
  readonly versions: readonly Omit<Version, "content">[];
}

/** The service's own label that a new key is stored under: that of a rotation, or none. */
export type StoreStage = "AWSPENDING" | "none";

/**
 * One secret in the store. Each write changes one label, but for `store`, which makes a version whole.
 *
 * Writes reject with StaleStateError where somebody else moved first (nothing applied), ProviderUnavailableError
 * (nothing applied, repeat), ProviderRejectedError (nothing applied, no use in repeating), or OutcomeUnknownError.
 */
export interface SecretStore {
  read(call: Call): Promise<SecretView>;
  /** The same without what stands in the versions, and in one call. */
  outline(call: Call): Promise<SecretOutline>;
  /** The rest of what `read` shows, for what was seen in outline: its labels are those of the outline's moment. */
  fill(outline: SecretOutline, call: Call): Promise<SecretView>;
  /**
   * Fills a version (or makes one) and attaches the stage and the labels, `live` among them, in one call. Repeatable with
   * the same content; refused with StaleStateError where the version holds another content.
   */
  store(
    request: {
      readonly versionId: string;
      readonly key: HeldKey;
      readonly labels: readonly Label[];
      /** @default "AWSPENDING" */
      readonly stage?: StoreStage;
    },
    call: Call,
  ): Promise<void>;
  attach(request: { readonly versionId: string; readonly label: Label }, call: Call): Promise<void>;
  detach(request: { readonly versionId: string; readonly label: Label }, call: Call): Promise<void>;
  /** Moves AWSCURRENT: a compare-and-swap on the version that has it; without one, on that no version has it. */
  promote(request: { readonly from?: string; readonly to: string }, call: Call): Promise<void>;
  /** Takes AWSPENDING off a version that is stuck with it. */
  dropPending(request: { readonly versionId: string }, call: Call): Promise<void>;
}
