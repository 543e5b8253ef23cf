import type { Label } from "../../contract/labels.ts";
import type { TrueVersion, Truth } from "../../core/cutover/promises.ts";

/**
 * Where nobody keeps a ledger, an onlooker does, so that the same promises can be judged: a version that holds a key is
 * live from the moment that it is seen, replaced from the moment that it is seen without AWSCURRENT, and nothing any
 * more when its key is dead.
 */
export class OnlookerLedger {
  readonly #seen = new Map<string, { readonly bornAtMs: number; replacedAtMs?: number }>();

  /** Writes into a truth the labels that its versions lack. */
  annotate(truth: Truth): Truth {
    const working = new Set(truth.keys.flatMap(({ id, works }) => (works ? [id] : [])));
    const versions = truth.versions.map((version) =>
      version.keyId !== undefined && working.has(version.keyId)
        ? this.#annotate(version, truth.atMs)
        : version,
    );
    return { ...truth, versions };
  }

  #annotate(version: TrueVersion, atMs: number): TrueVersion {
    const seen: { bornAtMs: number; replacedAtMs?: number } = this.#seen.get(version.id) ?? {
      bornAtMs: atMs,
    };
    this.#seen.set(version.id, seen);
    if (version.isCurrent) delete seen.replacedAtMs;
    else seen.replacedAtMs ??= atMs;
    const v8 = version.id.slice(0, 8);
    const labels: Label[] = [{ kind: "live", v8, atMs: seen.bornAtMs }];
    if (seen.replacedAtMs !== undefined) labels.push({ kind: "replaced", v8, atMs: seen.replacedAtMs });
    return { ...version, labels };
  }
}
