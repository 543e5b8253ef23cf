import { invalidRequest, notFound } from "./aws-error.ts";
import type { Caller, Journal, SecretEvent } from "./journal.ts";
import { checkLabelLimit, forgetUnnamedIds, holderOf, type SecretState } from "./secret-state.ts";
import type { Time } from "./time.ts";

/** How far what is read may be behind what was written. Both default to 0 and may change while it runs. */
export interface Consistency {
  /** For so long after a write, reads of that secret show the state before that write. */
  staleReadMs: number;
  /** ListSecrets shows every secret as it was so long ago ("eventually consistent", up to five minutes). */
  listLagMs: number;
}

interface Row {
  readonly atMs: number;
  readonly state: SecretState;
}

/** Old states are kept for stale reads; no lag that the rehearsal plays is longer than this many writes. */
const KEPT_STATES = 200;

/** All secrets: the one place where a write becomes true, is journalled, and can be looked at from behind. */
export class SecretTable {
  readonly consistency: Consistency = { staleReadMs: 0, listLagMs: 0 };
  readonly #rows = new Map<string, Row[]>();
  readonly #time: Time;
  readonly #journal: Journal;

  constructor(time: Time, journal: Journal) {
    this.#time = time;
    this.#journal = journal;
  }

  /** Every secret as it is now, deleted ones with a recovery window included. */
  truth(): SecretState[] {
    return [...this.#rows.values()].flatMap((rows) => rows.at(-1)?.state ?? []);
  }

  /** The true state of a secret. @throws AwsError ResourceNotFoundException */
  find(secretId: string): SecretState {
    const found = this.lookUp(secretId);
    if (!found) throw notFound("Secrets Manager can't find the specified secret.");
    return found;
  }

  /** The true state of a secret that is not scheduled for deletion. */
  findUsable(secretId: string): SecretState {
    return refuseDeleted(this.find(secretId));
  }

  /**
   * Looks a secret up by name, by ARN, or by an ARN without the final hyphen and six characters.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
   */
  lookUp(secretId: string): SecretState | undefined {
    const all = this.truth();
    return (
      all.find((state) => state.arn === secretId) ??
      all.find((state) => state.name === secretId) ??
      all.find((state) => state.arn.slice(0, -7) === secretId)
    );
  }

  /** What a read sees: the truth, or, shortly after a write, the state before it. A new secret is seen at once. */
  read(secretId: string): SecretState {
    const rows = this.#rows.get(this.find(secretId).arn) ?? [];
    const [last, before] = [rows.at(-1), rows.at(-2)];
    if (last && before && this.#time.now() < last.atMs + this.consistency.staleReadMs) return before.state;
    return last?.state ?? this.find(secretId);
  }

  /** What ListSecrets sees: every secret as it was `listLagMs` ago, and none that was not there then. */
  listed(): SecretState[] {
    const horizon = this.#time.now() - this.consistency.listLagMs;
    return [...this.#rows.values()].flatMap((rows) => {
      const state = rows.findLast((row) => row.atMs <= horizon)?.state;
      return state ? [state] : [];
    });
  }

  /** Makes a new state true, and writes down what changed. */
  commit(next: SecretState, caller?: Caller): SecretState {
    const rows = this.#rows.get(next.arn) ?? [];
    const before = rows.at(-1)?.state;
    const atMs = this.#time.now();
    checkLabelLimit(before, next);
    const state = forgetUnnamedIds({ ...next, changedAtMs: atMs });
    this.#rows.set(state.arn, [...rows.slice(-KEPT_STATES), { atMs, state }]);
    for (const event of compare(before, state)) this.#journal.add(event, caller);
    return state;
  }

  /** Removes a secret for good. */
  drop(state: SecretState, caller?: Caller): void {
    this.#rows.delete(state.arn);
    this.#journal.add({ kind: "secret-deleted", secret: state.name }, caller);
  }
}

/** Refuses a secret that is scheduled for deletion, as all operations but a few do. */
export function refuseDeleted(state: SecretState): SecretState {
  if (state.deletedAtMs !== undefined) {
    throw invalidRequest(
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  }
  return state;
}

function* compare(before: SecretState | undefined, after: SecretState): Generator<SecretEvent> {
  const secret = after.name;
  if (!before) yield { kind: "secret-created", secret };
  if (before && before.deletedAtMs === undefined && after.deletedAtMs !== undefined) {
    yield { kind: "secret-deleted", secret };
  }
  if (before?.deletedAtMs !== undefined && after.deletedAtMs === undefined) {
    yield { kind: "secret-restored", secret };
  }
  yield* compareVersions(before, after);
  yield* compareLabels(before, after);
}

function* compareVersions(before: SecretState | undefined, after: SecretState): Generator<SecretEvent> {
  const secret = after.name;
  for (const { id: versionId, content } of after.versions.values()) {
    const known = before?.versions.get(versionId);
    if (!known) yield { kind: "version-made", secret, versionId, empty: !content };
    if (content && !known?.content) yield { kind: "value-put", secret, versionId };
  }
  for (const versionId of before?.versions.keys() ?? []) {
    if (!after.versions.has(versionId)) yield { kind: "version-gone", secret, versionId };
  }
}

function* compareLabels(before: SecretState | undefined, after: SecretState): Generator<SecretEvent> {
  const labels = new Set([...labelsOf(before), ...labelsOf(after)]);
  for (const label of labels) {
    const from = before && holderOf(before, label)?.id;
    const to = holderOf(after, label)?.id;
    if (from !== to) yield { kind: "label-moved", secret: after.name, label, from, to };
  }
}

function labelsOf(state: SecretState | undefined): string[] {
  return [...(state?.versions.values() ?? [])].flatMap((version) => version.stages);
}
