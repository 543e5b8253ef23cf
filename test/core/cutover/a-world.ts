import type { Policy } from "../../../contract/policy.ts";
import type { HeldKey } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import type { Decision, Hold, LeakGoal, Observation, RunView } from "../../../core/cutover/observation.ts";
import type { Capabilities, ListedKey, SecretView, Version } from "../../../core/cutover/ports.ts";

/** Noon of a day in which everything happens. */
export const NOON = Date.UTC(2026, 3, 14, 12);
export const FENCE_MS = 300_000;

export const POLICY: Policy = {
  version: 1,
  secret: "prod/otp",
  environment: "production",
  provider: { id: "startmessaging" },
  value: "json",
  minOverlapSeconds: 600,
  quietForSeconds: 300,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  minSample: 1,
  consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
};

export function aKey(keyId: string, over: Partial<HeldKey> = {}): HeldKey {
  return {
    fields: { apiKey: new Sensitive(`value-of-${keyId}`) },
    keyId,
    provider: "startmessaging",
    account: "A",
    ...over,
  };
}

export function aVersion(id: string, over: Partial<Version> = {}): Version {
  return {
    id,
    createdAtMs: NOON - 3_600_000,
    v8: id.slice(0, 8),
    isCurrent: false,
    isPending: false,
    labels: [],
    content: { kind: "empty" },
    ...over,
  };
}

/** A version that holds a key of dualkey's. */
export function holding(id: string, keyId: string, over: Partial<Version> = {}): Version {
  const { labels = [], ...rest } = over;
  const live = { kind: "live", v8: id, atMs: NOON - 3_600_000 } as const;
  return aVersion(id, { content: { kind: "key", key: aKey(keyId) }, labels: [live, ...labels], ...rest });
}

export function aSecret(versions: readonly Version[], over: Partial<SecretView> = {}): SecretView {
  return {
    arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/otp-AbCdEf",
    name: "prod/otp",
    rotationEnabled: true,
    isDeleted: false,
    versions,
    labelCount: versions.length * 2,
    notUnderstood: [],
    readAtMs: NOON,
    ...over,
  };
}

export function aListed(id: string, over: Partial<ListedKey> = {}): ListedKey {
  return { id, createdAtMs: NOON - 3_600_000, is: () => false, ...over };
}

export const SELF_SERVICE: Capabilities = {
  fieldNames: ["apiKey"],
  source: "provider",
  credential: "self",
  list: { cap: 100, names: true },
  revoke: "delete",
  carriedOver: ["allowedIps"],
  lastUsed: { resolutionSeconds: 60, movedByProbe: true },
  sends: { byKey: true, country: "number" },
};

/** As Vonage: the value is chosen here, and the provider gives it an id when it is registered. */
export const CLIENT_CHOSEN = {
  ...SELF_SERVICE,
  source: "client",
  list: { names: false },
  maxLiveKeys: 2,
  carriedOver: [],
} as const;

/** A leak of every key, at noon. */
export const LEAKED = { kind: "leaked", target: "all", atMs: NOON, deadlineMs: NOON + 60_000 } as const;

export const LEAK_GOAL: LeakGoal = {
  kind: "leak-response",
  target: LEAKED.target,
  atMs: LEAKED.atMs,
  deadlineMs: LEAKED.deadlineMs,
  mode: "replace-first",
  isDrill: false,
  evenInProduction: false,
  evenIfLoginsFail: false,
};

export function anObservation(
  secret: SecretView,
  over: Partial<Omit<Observation, "run">> & { run?: Partial<RunView> } = {},
): Observation {
  return {
    secret,
    probes: {},
    settings: {},
    uses: {},
    rollouts: {},
    ...over,
    run: {
      capabilities: SELF_SERVICE,
      nonce: "0123456789abcdef",
      namePrefix: "dualkey/0123456789abcdef/",
      fenceMs: FENCE_MS,
      applied: 0,
      revoked: [],
      removed: [],
      rolled: [],
      unrolled: {},
      failed: {},
      spent: [],
      left: [],
      fit: [],
      unfit: {},
      ...over.run,
    },
  };
}

export function listed(keys: readonly ListedKey[], over: { account?: string; complete?: boolean } = {}) {
  return { kind: "listed", account: "A", complete: true, keys, atMs: NOON, ...over } as const;
}

export const ACCEPTED = { kind: "accepted", atMs: NOON, times: 1 } as const;
/** Asked often enough to be done without. */
export const UNKNOWN = { kind: "unknown", because: "HTTP 503", atMs: NOON, times: 3 } as const;
export const REJECTED = { kind: "rejected", because: "HTTP 401", atMs: NOON, times: 1 } as const;

/** What a decision waits for; empty where it does not wait. */
export function holdsOf(decision: Decision): readonly Hold[] {
  return decision.kind === "wait" ? decision.holds : [];
}
