import type { IncidentRecord } from "./incident-record.ts";
import type { ResponderOperation } from "./requests.ts";

/** What the responder answers when it has carried out a request, or has tried. Never key material (P6). */
export interface ResponderAnswer {
  readonly operation: ResponderOperation;
  /** The name of the secret that it was about; empty where it was about no one of them. */
  readonly secret: string;
  /**
   * - `done`: what was asked for is done; after `reconcile` and `retire-now`, nothing is owed any more.
   * - `wait`: `held` says what is still owed, and why it has to wait. `next` says who goes on with it.
   * - `refuse`: `because` says what somebody has to change first.
   */
  readonly outcome: "done" | "wait" | "refuse";
  readonly because?: string;
  /** What came of the request, in one sentence. */
  readonly result: string;
  /** What happens by itself from here, and what somebody has to do. */
  readonly next: string;
  /** Whether what is left happens by itself; where it does not, `next` says what somebody has to do. */
  readonly goesOn: boolean;
  readonly held: readonly HeldItem[];
  /** What was done, or tried, in that order. */
  readonly effects: readonly EffectReport[];
  /** Of `leak-response`, where a key is or was to be contained: the incident as it stands now. */
  readonly incident?: IncidentRecord;
  /**
   * Of `find-key`: where the key is, or was. Empty where nobody knows it.
   */
  readonly found?: readonly FoundKey[];
  /**
   * Of `revoke`, and of `leak-response` where there was nothing to do: how far it is shown that the key is dead. `proven`:
   * by its account's list and a control pair. `listed-gone`: its value is not known, and two lists agree. `unproven`:
   * nothing could show it. Absent where it is not dead.
   */
  readonly proof?: "proven" | "listed-gone" | "unproven";
}

/** A key that was told by the hash of its value. */
export interface FoundKey {
  readonly secret: string;
  readonly versionId: string;
  /** The provider's id of the key. */
  readonly keyId?: string;
  /**
   * `unmanaged`: a version holds it and no label says whether it is dead; leak-response finds out, and ends it. `dead`: proven
   * so, and nothing is left to do.
   */
  readonly phase: "current" | "pending" | "retiring" | "unmanaged" | "dead";
}

/** Something that is owed and cannot be done now. */
export interface HeldItem {
  readonly because: string;
  readonly versionId?: string;
  /** The provider's id of the key. */
  readonly keyId?: string;
  /** When it may be possible, in ISO 8601; absent where only something from outside can help. */
  readonly until?: string;
  /** Whether it calls for a person. */
  readonly alarm: boolean;
}

/** One call that changed something, or was to change it. */
export interface EffectReport {
  readonly effect: string;
  readonly because: string;
  /** `stale`, `not-applied`: nothing was changed. `unknown`: it may have been, and the next look shows it. */
  readonly outcome: "applied" | "stale" | "not-applied" | "unknown";
  readonly versionId?: string;
  readonly keyId?: string;
  /** The kind of the label that it attached or took off. */
  readonly label?: string;
  /** What went wrong, where something did. */
  readonly failure?: string;
}
