import type { KeyFields } from "../../contract/secret-value.ts";
import type { Sensitive } from "../../contract/sensitive.ts";
import type { Call } from "./call.ts";

/**
 * What a provider can do, as data: how keys come and go there. Order and rollback follow from it in this folder, and
 * are never an adapter's business.
 */
export interface Capabilities {
  /** The provider's own names of a key's fields: `["apiKey"]`. */
  readonly fieldNames: readonly string[];
  /**
   * Where a new key comes from.
   *
   * - `provider`: it makes one beside the others.
   * - `client`: the client chooses the value, stores it, and then registers it.
   * - `in-place`: it makes one that is sure to work only when it takes the current one's place, which then fails at once.
   * - `person`: it has no API for keys. Somebody makes one in its console and hands it in.
   */
  readonly source: "provider" | "client" | "in-place" | "person";
  /**
   * Which credential makes and revokes keys: a key of the same kind (`self`), a separate one from a secret of its own
   * (`admin`), the function's AWS role (`role`), or none, as there is nothing to call (`none`).
   */
  readonly credential: "self" | "admin" | "role" | "none";
  /** Of `admin`: the names of its fields, for each form that it may have. */
  readonly adminFieldNames?: readonly (readonly string[])[];
  /**
   * How keys are listed; absent where they are not. `cap`: how many a list shows at the most, and at that many absence
   * proves nothing (absent: lists are read page by page to their end). `names`: whether a key bears the name that it was
   * made with; where not, a key that no version holds cannot be told from a stranger's.
   */
  readonly list?: { readonly cap?: number; readonly names: boolean };
  /**
   * How a key ends: deleted; disabled (which can be undone); disabled first and deleted when it is proven dead;
   * by its successor, which takes its place; or by a person in the vendor's console.
   */
  readonly revoke: "delete" | "disable" | "disable-then-delete" | "replace" | "by-hand";
  /** How many keys can live at once; absent where no limit is known. */
  readonly maxLiveKeys?: number;
  /** How many the provider insists on: it refuses to revoke the last. @default 0 */
  readonly minLiveKeys?: number;
  /** How long after a change the old state may still show, in seconds. @default 0 */
  readonly propagationSeconds?: number;
  /** The last-used time of a key: how coarse it is, and whether a probe moves it. */
  readonly lastUsed?: { readonly resolutionSeconds: number; readonly movedByProbe: boolean };
  /** Settings that a new key must have as the current one has them. */
  readonly carriedOver: readonly string[];
  /** The provider ends keys by itself, this long after they were made where nothing else is asked. */
  readonly expiryDays?: number;
  /** What its list of sends can tell; absent where there is none. */
  readonly sends?: {
    /** Whether sends can be listed by key: the strongest evidence that traffic has moved. */
    readonly byKey: boolean;
    /** How far back it goes, in hours; absent where no limit is known. */
    readonly reachHours?: number;
    /** Where the destination's country comes from: the row, the phone number, or nowhere (e-mail). */
    readonly country: "row" | "number" | "none";
  };
}

/** Settings of a key that a new one must have too, such as an IP allow list. Opaque to the core. */
export type KeySettings = Readonly<Record<string, unknown>>;

/** What a key's own fields say of it, without a call. */
export interface KeyIdentity {
  readonly keyId?: string;
  readonly account?: string;
}

/** A key as the provider lists it: never with its value. */
export interface ListedKey {
  readonly id: string;
  /** The name that it was made with, where the provider keeps names. */
  readonly name?: string;
  /** Absent where the provider does not say. */
  readonly createdAtMs?: number;
  readonly lastUsedAtMs?: number;
  /** It is disabled: still listed, and accepted no more. @default false */
  readonly isDisabled?: boolean;
  /**
   * Whether this is the key with these fields, told locally (by hash, or because the id is in the value);
   * `undefined` where that cannot be told.
   */
  is(fields: KeyFields): boolean | undefined;
}

export interface KeyList {
  /** The account, in the provider's own words, that the credential belongs to. */
  readonly account: string;
  /** `false`: the list is full, and so the absence of a key from it proves nothing. */
  readonly complete: boolean;
  readonly keys: readonly ListedKey[];
}

/** A key fresh from the provider (or chosen for it): the only time that its value is seen. */
export interface MadeKey {
  /** Absent where the provider says it only at the registration, or has no ids. */
  readonly keyId?: string;
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

/** One message that was sent, as far as a review needs it: never its text, which may be a one-time code. */
export interface Send {
  readonly atMs: number;
  /** The number that it went to, E.164: a person, so it prints as `[redacted]`. Absent for e-mail. */
  readonly to?: Sensitive;
  /** ISO 3166-1 alpha-2, upper case; absent where it cannot be told. */
  readonly country?: string;
  /** The key that sent it, where the provider says. */
  readonly keyId?: string;
  /** What it cost, in the provider's currency; absent where the row does not say. */
  readonly cost?: { readonly amount: number; readonly currency: string };
}

/** A management call is made with a credential: the fields of a key, or of an admin credential; none of a role. */
interface Managed {
  readonly credential: KeyFields;
}

/**
 * One vendor's key API, in the domain's verbs. A verb that the capabilities rule out is absent.
 *
 * Errors say what the caller may do next: ProviderRejectedError and ProviderUnavailableError (nothing was applied),
 * OutcomeUnknownError (of `make`, `register`, `replace`, `revoke` and `remove` alone: it may have been applied). No error
 * holds key material.
 */
export interface KeyProvider {
  readonly id: string;
  readonly capabilities: Capabilities;
  /** What the fields themselves say: no call. */
  identify(fields: KeyFields): KeyIdentity;
  /** Lists the live keys of the credential's account, those that are disabled marked or left out. Repeatable. */
  list?(credential: KeyFields, call: Call): Promise<KeyList>;
  /** Reads the settings of one key that a new one must have, too. `{}` where there are none. Repeatable. */
  settings?(request: Managed & { readonly keyId: string }, call: Call): Promise<KeySettings>;
  /**
   * Makes a key. Not repeatable: after an OutcomeUnknownError, a key of this name may exist. Where the client chooses the
   * value, it chooses one, and calls nobody but for the account's name.
   *
   * @param request.settings what the new key must have; absent for a first key, which gets what the policy says
   * @param request.account the credential's account, where its list has just said so: it need not be asked for again
   */
  make?(
    request: Managed & { readonly name: string; readonly settings?: KeySettings; readonly account?: string },
    call: Call,
  ): Promise<MadeKey>;
  /** Registers a key that the client has chosen. Not repeatable. */
  register?(
    request: Managed & { readonly fields: KeyFields },
    call: Call,
  ): Promise<{ readonly keyId: string }>;
  /** Puts the key that was made last in the place of the current one, which fails from then on. Not repeatable. */
  replace?(request: Managed, call: Call): Promise<void>;
  /**
   * Makes a key useless: deletes or disables it. Repeatable: succeeds where it is gone already.
   *
   * @param request.account the key's, where it is known and time is short: then nothing has to be asked for first
   */
  revoke?(
    request: Managed & { readonly keyId: string; readonly account?: string },
    call: Call,
  ): Promise<void>;
  /** Deletes a disabled key, so that it takes no slot. Repeatable: succeeds where it is gone already. */
  remove?(request: Managed & { readonly keyId: string }, call: Call): Promise<void>;
  /** Asks whether a key works. Repeatable; never throws for an answer of the provider. */
  probe(key: KeyFields, call: Call): Promise<ProbeAnswer>;
  /** Counts the uses of a key since a time, from the list of sends. Where `capabilities.sends.byKey`. Repeatable. */
  countSends?(
    request: Managed & { readonly keyId: string; readonly sinceMs: number },
    call: Call,
  ): Promise<KeyUse>;
  /**
   * Lists what was sent in a time, page by page, in the provider's order. Where `capabilities.sends`. Repeatable.
   *
   * @param request.credential a key of the account, as consumers use it (not an admin credential)
   * @param request.sinceMs inclusive @param request.untilMs exclusive
   */
  listSends?(
    request: Managed & { readonly sinceMs: number; readonly untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]>;
}
