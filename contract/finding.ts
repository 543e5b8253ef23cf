/** Something that a person should know of. An `alarm` asks for somebody to act. */
export interface Finding {
  readonly severity: "alarm" | "notice";
  /** Stable; for programs. */
  readonly code:
    | "deleted"
    | "expired"
    | "expires-soon"
    | "label-not-understood"
    | "labels-short"
    | "leak-open"
    | "leak-over"
    | "no-key"
    | "not-in-ledger"
    | "paused"
    | "pending-stuck"
    | "policy-mistaken"
    | "policy-missing"
    | "rejected"
    | "retirement-overdue"
    | "retirement-waived"
    | "revoke-stuck"
    | "rotation-off"
    | "rotation-overdue";
  /** The version that it is about; absent where it is about the secret. */
  readonly versionId?: string;
  /** What is the case, and what to do. */
  readonly message: string;
}

/** Something that somebody has to act on. */
export function alarm(code: Finding["code"], message: string, versionId?: string): Finding {
  return { severity: "alarm", code, ...(versionId === undefined ? {} : { versionId }), message };
}

/** Something to know, which asks nothing of anybody. */
export function notice(code: Finding["code"], message: string, versionId?: string): Finding {
  return { severity: "notice", code, ...(versionId === undefined ? {} : { versionId }), message };
}
