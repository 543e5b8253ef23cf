import type { Label } from "../../contract/labels.ts";
import type { HeldKey, KeyFields } from "../../contract/secret-value.ts";

/**
 * The platform's AbortSignal where there is one. This folder compiles with the language's own types alone, and the
 * ports' implementations, which know the platform, see the real thing.
 */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean };

/** What goes with every call: when to give up. An implementation aborts what it has in flight, and then rejects. */
export interface Call {
  readonly signal: Signal;
}

// ---- The provider ----------------------------------------------------------------------------------------------

/** What an adapter can do, as data. Order and rollback follow from it and are never an adapter's business. */
export interface Capabilities {
  /** The provider's own names of a key's fields: `["apiKey"]`. */
  readonly fieldNames: readonly string[];
  /** How many keys can live at once; `undefined` where no limit is known. */
  readonly maxLiveKeys?: number;
  /** How many keys a full list shows: at that many, absence proves nothing. `undefined`: lists are paged to the end. */
  readonly listCap?: number;
  /** Which credential makes and revokes keys: a key of the same kind, or a separate one. */
  readonly credential: "self" | "admin";
  /** The last-used time of a key: how coarse it is, and whether a probe moves it. */
  readonly lastUsed?: { readonly resolutionSeconds: number; readonly movedByProbe: boolean };
  /** Whether sends can be listed by key. */
  readonly sendsByKey: boolean;
}

/** Settings of a key that a new one must have too, such as an IP allow list. Opaque to the core. */
export type KeySettings = Readonly<Record<string, unknown>>;

/** A key as the provider lists it: never with its value. */
export interface ListedKey {
  readonly id: string;
  /** The name that it was made with, where the provider keeps names. */
  readonly name?: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs?: number;
  readonly settings: KeySettings;
  /** Whether this is the key with these fields, told locally (by hash, or because the id is in the value). */
  is(fields: KeyFields): boolean;
}

export interface KeyList {
  /** The account, in the provider's own words, that the credential belongs to. */
  readonly account: string;
  /** `false`: the list is full, and so the absence of a key from it proves nothing. */
  readonly complete: boolean;
  readonly keys: readonly ListedKey[];
}

/** A key fresh from the provider: the only time that its value is seen. */
export interface MadeKey {
  readonly keyId: string;
  readonly account: string;
  readonly fields: KeyFields;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  /** The settings that it was given, where the answer says so: a key without those asked for is not stored. */
  readonly settings?: KeySettings;
}

/**
 * What the provider says of a key: `rejected` only where it knows the key no more (or not yet); anything else that
 * is not a yes (403, 429, 5xx, a timeout, a suspended account where that can be told) is `unknown`.
 */
export type ProbeAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string };

/** Uses of one key since a time. `count` is a lower bound (at most one page is read). */
export interface KeyUse {
  readonly count: number;
  /** The newest one; absent where there is none. */
  readonly lastAtMs?: number;
}

/**
 * One vendor's key API, in the domain's verbs.
 *
 * Errors say what the caller may do next: ProviderRejectedError and ProviderUnavailableError (nothing was applied),
 * OutcomeUnknownError (of `make` and `revoke` alone: it may have been applied). No error holds key material.
 */
export interface KeyProvider {
  readonly id: string;
  readonly capabilities: Capabilities;
  /** Lists the live keys of the credential's account. Repeatable. */
  list(credential: KeyFields, call: Call): Promise<KeyList>;
  /** Makes a key. Not repeatable: after an OutcomeUnknownError, a key of this name may exist. */
  make(
    request: { readonly credential: KeyFields; readonly name: string; readonly settings: KeySettings },
    call: Call,
  ): Promise<MadeKey>;
  /** Revokes a key for good. Repeatable: succeeds where it is gone already. */
  revoke(request: { readonly credential: KeyFields; readonly keyId: string }, call: Call): Promise<void>;
  /** Asks whether a key works. Repeatable; never throws for an answer of the provider. */
  probe(key: KeyFields, call: Call): Promise<ProbeAnswer>;
  /** Uses of a key since a time, from the provider's list of sends. Only where `capabilities.sendsByKey`. Repeatable. */
  sends(
    request: { readonly credential: KeyFields; readonly keyId: string; readonly sinceMs: number },
    call: Call,
  ): Promise<KeyUse>;
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

/**
 * One secret in the store. Each write changes one label, but for `store`, which makes a version whole.
 *
 * Writes reject with StaleStateError where somebody else moved first (nothing applied), ProviderUnavailableError
 * (nothing applied, repeat), ProviderRejectedError (nothing applied, no use in repeating), or OutcomeUnknownError.
 */
export interface SecretStore {
  read(call: Call): Promise<SecretView>;
  /**
   * Fills a version and attaches AWSPENDING and `live`, in one call. Repeatable with the same content; refused
   * with StaleStateError where the version holds another content.
   */
  store(
    request: { readonly versionId: string; readonly key: HeldKey; readonly live: Label },
    call: Call,
  ): Promise<void>;
  attach(request: { readonly versionId: string; readonly label: Label }, call: Call): Promise<void>;
  detach(request: { readonly versionId: string; readonly label: Label }, call: Call): Promise<void>;
  /** Moves AWSCURRENT: a compare-and-swap on the version that has it. */
  promote(request: { readonly from: string; readonly to: string }, call: Call): Promise<void>;
  /** Takes AWSPENDING off a version that is stuck with it. */
  dropPending(request: { readonly versionId: string }, call: Call): Promise<void>;
}
