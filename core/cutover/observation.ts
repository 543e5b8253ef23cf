import type { RolledConsumer } from "../../contract/consumer-policy.ts";
import type { KeyEvent } from "../../contract/events.ts";
import type { Label, WaivedScope } from "../../contract/labels.ts";
import type { LeakMode } from "../../contract/requests.ts";
import type {
  Capabilities,
  ConsumerReport,
  KeySettings,
  KeyUse,
  ListedKey,
  MadeKey,
  Offer,
  ProbeAnswer,
  RolloutState,
  SecretView,
  StoreStage,
  Version,
} from "./ports.ts";

/** Stands where a version's id does, for the admin credential (or the function's role). */
export const ADMIN = "admin";

/** Stands where a version's id does, for the key that this run has made and that no version holds yet. */
export const IN_HAND = "in-hand";

/**
 * All that a decision rests on. The secret is always looked at; the rest is looked at when a decision asks for it,
 * and everything is forgotten at the next effect: what is true is looked up, never remembered.
 */
export interface Observation {
  readonly secret: SecretView;
  /** What the provider lists, with the credential that manages the account's keys. */
  readonly list?: ListLook;
  /** Probes, by version id; that of the key in hand under `IN_HAND`. */
  readonly probes: Readonly<Record<string, ProbeLook>>;
  /** The settings of keys, by key id. */
  readonly settings: Readonly<Record<string, SettingsLook>>;
  /** What consumers have reported of the current and the retiring versions since the cutover. */
  readonly reports?: ReportsLook;
  /** Rollouts since the cutover, by the consumer's name. */
  readonly rollouts: Readonly<Record<string, RolloutLook>>;
  /** What the hand-in secret holds. */
  readonly offer?: OfferLook;
  /** Uses of keys since they were made or replaced, by version id. */
  readonly uses: Readonly<Record<string, UseLook>>;
  readonly run: RunView;
}

/** What a look gave, or why it gave nothing: the failure of a look is a fact, too. */
export type ListLook =
  | {
      readonly kind: "listed";
      readonly account: string;
      readonly complete: boolean;
      readonly keys: readonly ListedKey[];
      readonly atMs: number;
      /** How often in a row, since the last effect, it has shown the same keys. @default 1 */
      readonly times?: number;
    }
  | {
      readonly kind: "unknown";
      readonly because: string;
      readonly atMs: number;
      /** The provider said no, which a later look will not change: the current key may be dead. */
      readonly isRefused?: boolean;
    };

export type SettingsLook =
  | { readonly kind: "read"; readonly settings: KeySettings }
  | { readonly kind: "unknown"; readonly because: string; readonly isRefused: boolean };

export type ReportsLook =
  | { readonly kind: "read"; readonly completeUntilMs: number; readonly reports: readonly ConsumerReport[] }
  | { readonly kind: "unknown"; readonly because: string };

/** `refused`: it cannot be seen until somebody changes something, such as a permission. */
export type RolloutLook =
  | RolloutState
  | { readonly kind: "unknown"; readonly because: string; readonly isRefused: boolean };

export type OfferLook = Offer | { readonly kind: "unknown"; readonly because: string };

/** `times`: how often in a row, since the last effect, the provider has said the same. */
export type ProbeLook = ProbeAnswer & { readonly atMs: number; readonly times: number };

export type UseLook =
  | (KeyUse & { readonly kind: "counted" })
  | { readonly kind: "unknown"; readonly because: string };

/** What a run knows of itself. */
export interface RunView {
  /** What the provider can do. */
  readonly capabilities: Capabilities;
  /** Names this run among others: 16 hexadecimal digits. */
  readonly nonce: string;
  /** How the names begin that this secret's keys have at the provider: a hash of the secret's full ARN is in it. */
  readonly namePrefix: string;
  /** What another run may be about to do is over after this time. */
  readonly fenceMs: number;
  /** How many effects this run has carried out. */
  readonly applied: number;
  /** The key that this run is making. */
  readonly attempt?: Attempt;
  /** Ids of the keys that this run has revoked: where one is still listed, the list is late, not the revoke. */
  readonly revoked: readonly string[];
  /** The same of those that it has deleted after they were disabled. */
  readonly removed: readonly string[];
  /** The offer that this run has marked as taken, which a look may still show. */
  readonly taken?: string;
  /** What the registration of the pending key gave: its id. */
  readonly registered?: { readonly versionId: string; readonly keyId: string };
  /** Names of the consumers that this run has started anew: a look may show it late. */
  readonly rolled: readonly string[];
  /** Why consumers could not be started anew by this run, by name. */
  readonly unrolled: Readonly<Record<string, string>>;
  /** What this run has announced, or has tried to; nothing where there is nobody to tell. */
  readonly announced?: readonly string[];
  /** What putting the pending key in the place of the current one came to. */
  readonly replaced?: "asked" | "refused";
  /** What did not come off, and when: revokes by the key's id, registrations by the version's, a leak's mark as `MARK`. */
  readonly failed: Readonly<Record<string, Failed>>;
  /** Versions (or ADMIN) with whose credential a key was revoked, so that the provider accepts them. */
  readonly fit: readonly string[];
  /** When the provider last said no to a revocation with the credential of a version (or ADMIN). */
  readonly unfit: Readonly<Record<string, number>>;
  /** Versions that this run has moved AWSCURRENT away from. */
  readonly left: readonly string[];
  /** Versions that hold another key than the one that this run wanted to store there. */
  readonly spent: readonly string[];
  /** The settings of a key that this run has revoked before there was another. */
  readonly carried?: { readonly keyId: string; readonly settings: KeySettings };
  /** When this run has marked a leak: what it saw before shows nothing of what others did until then. */
  readonly markedAtMs?: number;
  /** The key that an operator has named, to be revoked even if it is current. */
  readonly named?: string;
}

/** Under these, a run remembers that a leak could not be marked, and that a label could not be moved. */
export const MARK = "leaked";
export const MOVE = "move";

/** A call that did not come off. */
export interface Failed {
  readonly because: string;
  readonly atMs: number;
  /** How often in this run. @default 1 */
  readonly times?: number;
}

/** The making of one key by one run: an effect's own answer, which no look can give again. */
export type Attempt =
  /** Made and nowhere but in memory. */
  | {
      readonly state: "in-hand";
      readonly name: string;
      readonly bornAtMs: number;
      readonly made: InHand;
      /** Whose it is: the provider has made it, or somebody has handed it in (then it is not ours to revoke). */
      readonly from: "provider" | "person";
    }
  /** Stored under the token: the version as it was written. */
  | { readonly state: "stored"; readonly name: string; readonly version: Version }
  /** The store definitely refused it, or it lacks a setting: nobody will ever hold it. */
  | { readonly state: "refused"; readonly name: string; readonly keyId: string; readonly because: string }
  /** The provider did not answer: a key of this name may exist. */
  | { readonly state: "unknown"; readonly name: string; readonly because: string; readonly atMs: number }
  /** Over; another run makes the next one. */
  | { readonly state: "over"; readonly name: string; readonly because: string; readonly atMs: number };

/** A key that no version holds yet. The account of one that was handed in may have to be looked up later. */
export type InHand = Omit<MadeKey, "account"> & Partial<Pick<MadeKey, "account">>;

/** One call that changes something, at the provider or in Secrets Manager. */
export type Effect =
  | { readonly kind: "make-key"; readonly with: string; readonly settings?: KeySettings }
  /** Takes the offered key in hand: changes nothing yet. */
  | { readonly kind: "accept-key" }
  /** `stage`: under the service's label for a rotation, or under none of its labels. */
  | { readonly kind: "store-key"; readonly versionId: string; readonly stage: StoreStage }
  /** Marks what was offered as taken. */
  | { readonly kind: "take-offer"; readonly offerId: string }
  | { readonly kind: "register-key"; readonly versionId: string; readonly with: string }
  | { readonly kind: "replace-key"; readonly with: string }
  /** `account`: the key's, where it is known, so that nobody has to ask for it first. */
  | {
      readonly kind: "revoke-key";
      readonly keyId: string;
      readonly with: string;
      readonly account?: string;
    }
  | { readonly kind: "remove-key"; readonly keyId: string; readonly with: string }
  | { readonly kind: "attach"; readonly versionId: string; readonly label: Label }
  | { readonly kind: "detach"; readonly versionId: string; readonly label: Label }
  | { readonly kind: "promote"; readonly from?: string; readonly to: string }
  | { readonly kind: "drop-pending"; readonly versionId: string }
  | { readonly kind: "roll"; readonly consumer: RolledConsumer }
  | { readonly kind: "announce"; readonly event: KeyEvent };

/** One thing to be looked at before the decision can be made. Changes nothing, but a probe may move a last-used time. */
export type Look =
  | { readonly kind: "secret" }
  | { readonly kind: "list"; readonly with: string }
  | { readonly kind: "settings"; readonly keyId: string; readonly with: string }
  | { readonly kind: "offer" }
  | {
      readonly kind: "reports";
      readonly consumers: readonly string[];
      readonly versionIds: readonly string[];
      readonly sinceMs: number;
    }
  | { readonly kind: "rollout"; readonly consumer: RolledConsumer; readonly sinceMs: number }
  | { readonly kind: "probe"; readonly versionId: string }
  | {
      readonly kind: "use";
      readonly versionId: string;
      readonly keyId: string;
      readonly sinceMs: number;
      readonly with: string;
    };

/** Something that is owed and cannot be done now. */
export interface Hold {
  readonly because: string;
  readonly versionId?: string;
  readonly keyId?: string;
  /** When it may be possible; absent where only something from outside can help. */
  readonly untilMs?: number;
  /** Whether a person should know. */
  readonly alarm: boolean;
}

/** The next one thing to do. */
export type Decision =
  | { readonly kind: "effect"; readonly effect: Effect; readonly because: string }
  /** `beside`: what may be looked at in the same moment. */
  | { readonly kind: "look"; readonly look: Look; readonly beside?: readonly Look[] }
  | { readonly kind: "wait"; readonly holds: readonly Hold[] }
  /** `proof`: how far it is shown that the key is dead that an operator has named. */
  | { readonly kind: "done"; readonly proof?: "proven" | "listed-gone" | "unproven" }
  /** `unknown-key`: nobody knows the key that was named; the records may know that it is dead. */
  | { readonly kind: "refuse"; readonly because: string; readonly code?: "unknown-key" };

/** leak-response: the keys that a leak names are dead by its deadline, and a clean one is current. */
export interface LeakGoal {
  readonly kind: "leak-response";
  /** `all`, a key's id, the short name of a version, or (as it is asked) the sha256 of a value. */
  readonly target: string;
  readonly atMs: number;
  readonly deadlineMs: number;
  readonly mode: LeakMode;
  /** When it leaked, where somebody knows: an incident that began before is another one. */
  readonly leakedAtMs?: number;
  /** When it was first asked for: an incident that began since is this one, even if it is over. @default `atMs` */
  readonly requestedAtMs?: number;
  /** Said in words: for practice, there although it is production; and that consumers may fail. */
  readonly isDrill: boolean;
  readonly evenInProduction: boolean;
  readonly evenIfLoginsFail: boolean;
}

/** revoke: one named key is dead, and nothing takes its place. */
export interface RevokeGoal {
  readonly kind: "revoke";
  readonly keyId: string;
  readonly evenIfLoginsFail: boolean;
}

/** What a run is for. */
export type Goal =
  | { readonly kind: "createSecret"; readonly token: string }
  | { readonly kind: "setSecret"; readonly token: string }
  | { readonly kind: "testSecret"; readonly token: string }
  | { readonly kind: "finishSecret"; readonly token: string }
  | { readonly kind: "reconcile" }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "roll-back" }
  | LeakGoal
  | RevokeGoal
  | { readonly kind: "retire-now"; readonly scope: WaivedScope };
