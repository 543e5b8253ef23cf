import type { Label } from "../../contract/labels.ts";
import type { Truth } from "../../core/cutover/promises.ts";
import type { Incident } from "./incidents.ts";
import type { Fault } from "./ports.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";

/** The smallest world in which a rotation can go wrong: one secret, one vendor with two accounts, one clock. */
export interface World {
  /** What the vendor's API is like. */
  shape: ShapeName;
  now: number;
  secret: Secret;
  /** The secret one write ago, and when that write was: what a stale read shows. */
  before: Secret;
  wroteAt: number;
  keys: Key[];
  /** The provider's keys one change ago, and when that was: what a stale list shows. */
  keysBefore: Key[];
  keysChangedAt: number;
  /** Which key was current since when: consumers follow with their cache's delay. */
  history: { keyId: string; from: number }[];
  /** The service's side of a rotation. */
  rotation?: { token: string; step: number };
  policyAccount?: string;
  policyProvider?: string;
  /** Whether values are raw strings, whose ids are in labels. */
  isRaw?: boolean;
  /** Whether somebody has helped by hand: once on a path. */
  isHelped?: boolean;
  /** What somebody has handed in. */
  offer?: { readonly holds: string; readonly isTaken: boolean };
  /** In place: the key that was made last, and that a replacement would put in place. */
  secondary?: string;
  /** A key that answers probes and is refused for sends. */
  refused?: string;
  /** A consumer that never reports. */
  silent?: string;
  /** The provider's list of sends shows none of the key that is replaced. */
  isBlind?: boolean;
  /** When the consumer that is rolled was started anew. */
  rolledAt: readonly number[];
  /** A key that one consumer uses for ever, whatever is current. */
  stuckOn?: string;
  made: number;
  rotations: number;
  /** What operators have asked for. */
  incidents?: readonly Incident[];
  /** When the first leak was marked. */
  markedAt?: number;
  /** What fails again and again, for a while. */
  outage?: Outage;
}

/** Calls that fail in one way until some time, whoever makes them. */
export interface Outage {
  /** Names of port calls. */
  readonly calls: readonly string[];
  readonly fault: Fault;
  readonly untilMs: number;
}

export interface Secret {
  rotationEnabled: boolean;
  versions: Version[];
}

export interface Version {
  id: string;
  createdAt: number;
  stages: ("AWSCURRENT" | "AWSPENDING" | "AWSPREVIOUS")[];
  labels: Label[];
  /** Which key's value stands in it. */
  holds?: string;
  /** Whether the value names the key's id, provider and account. */
  isNamed?: boolean;
}

export interface Key {
  id: string;
  account: string;
  name: string;
  createdAt: number;
  works: boolean;
  /** Disabled, and still listed. */
  isDisabled?: boolean;
  /** Made, and not in place yet: no key for anybody. */
  isInert?: boolean;
}

export const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/otp-AbCdEf";

export const TIMES = {
  timeoutMs: 120_000,
  /** An effect that was in flight when its run died is over after this. */
  lateMs: 15_000,
  /** How old what a read shows may be. */
  staleMs: 30_000,
  marginMs: 60_000,
  cacheMs: 30_000,
  callMs: 1_000,
  listLagMs: 600_000,
} as const;

export const POLICY = {
  version: 1,
  secret: "prod/otp",
  environment: "production",
  provider: { id: "startmessaging" },
  value: "json",
  minOverlapSeconds: 60,
  quietForSeconds: 30,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  minSample: 1,
  consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 30 }],
} as const;

/** What a key's value is: recognisable, so that a leak of it can be searched for. */
export function materialOf(keyId: string): string {
  return `SECRETVALUE-${keyId}`;
}

/** A world to go on with. What is never changed in place is shared: labels, and how things were before. */
export function copyOf(world: World): World {
  return {
    ...world,
    secret: copyOfSecret(world.secret),
    keys: world.keys.map((key) => ({ ...key })),
    history: [...world.history],
    ...(world.rotation === undefined ? {} : { rotation: { ...world.rotation } }),
  };
}

function copyOfSecret({ versions, ...settings }: Secret): Secret {
  const copies = versions.map((any) => ({ ...any, stages: [...any.stages], labels: [...any.labels] }));
  return { ...settings, versions: copies };
}

export function writeSecret(world: World, change: (secret: Secret) => void): void {
  world.before = copyOfSecret(world.secret);
  world.wroteAt = world.now;
  change(world.secret);
}

export function changeKeys(world: World, change: (keys: Key[]) => void): void {
  world.keysBefore = world.keys.map((key) => ({ ...key }));
  world.keysChangedAt = world.now;
  change(world.keys);
}

/** Moves AWSCURRENT as the service does, with AWSPREVIOUS behind it. */
export function moveCurrent(world: World, to: string): void {
  writeSecret(world, ({ versions }) => {
    const from = versions.find(({ stages }) => stages.includes("AWSCURRENT"));
    for (const version of versions) {
      version.stages = version.stages.filter(
        (stage) => stage !== "AWSCURRENT" && (!from || stage !== "AWSPREVIOUS"),
      );
    }
    from?.stages.push("AWSPREVIOUS");
    const version = versions.find(({ id }) => id === to);
    version?.stages.push("AWSCURRENT");
    if (version?.holds) world.history.push({ keyId: version.holds, from: world.now });
  });
}

/** When a consumer last sent with a key: until its cache's time after the key was replaced. */
export function lastSendAt(world: World, keyId: string): number | undefined {
  if (world.stuckOn === keyId) return world.now;
  let last: number | undefined;
  world.history.forEach(({ keyId: id, from }, index) => {
    if (id !== keyId) return;
    const replacedAt = world.history[index + 1]?.from;
    last = replacedAt === undefined ? world.now : Math.min(world.now, replacedAt + TIMES.cacheMs);
    if (last < from) last = from;
  });
  return last;
}

export function truthOf(world: World, namePrefix: string): Truth {
  const hasNames = SHAPES[world.shape].capabilities.list?.names === true;
  return {
    atMs: world.now,
    currentSinceMs: world.history.at(-1)?.from ?? 0,
    ...(world.markedAt === undefined ? {} : { markedAtMs: world.markedAt }),
    versions: world.secret.versions.map(({ id, stages, labels, holds: keyId }) => ({
      id,
      isCurrent: stages.includes("AWSCURRENT"),
      isPending: stages.includes("AWSPENDING"),
      labels: [...labels],
      ...(keyId === undefined ? {} : { keyId }),
    })),
    keys: world.keys
      .filter(({ isInert }) => !isInert)
      .map(({ id, works, createdAt, name }) => {
        const lastSendAtMs = lastSendAt(world, id);
        return {
          id,
          works,
          bornAtMs: createdAt,
          isOurs: name.startsWith(namePrefix),
          isMarked: name.startsWith(namePrefix) && hasNames,
          ...(lastSendAtMs === undefined ? {} : { lastSendAtMs }),
        };
      }),
  };
}

/** Ages are told apart where something depends on them: stale reads, the overlap, a run's life, the fence. */
const AGES_MS = [30_000, 60_000, 120_000, 180_000];

/** Whether calls of a name fail at this moment; of any, where none is named. */
export function isOut({ now, outage }: World, call?: string): boolean {
  if (outage === undefined || now >= outage.untilMs) return false;
  return call === undefined || outage.calls.includes(call);
}

/** What makes two worlds the same for all that may follow: ages instead of times, capped where nothing changes any more. */
export function fingerprintOf(world: World): string {
  const age = (at: number) => AGES_MS.filter((ms) => world.now - at > ms).length;
  const text = JSON.stringify([
    world.secret.versions.map(({ id, createdAt, stages, labels, holds: value, isNamed }) => [
      id,
      age(createdAt),
      [...stages].sort(),
      labels.map((label) => [label.kind, "atMs" in label ? age(label.atMs) : "", named(label)]).sort(),
      value,
      isNamed,
      taintsOf({ id, createdAt, stages, labels }, world),
    ]),
    world.now - world.wroteAt <= TIMES.staleMs
      ? world.before.versions.map(({ id, stages, labels, holds: value }) => [
          id,
          [...stages].sort(),
          labels.map(({ kind }) => kind).sort(),
          value,
        ])
      : 0,
    world.keys.map(({ id, works, createdAt, account, isDisabled, isInert }) => {
      return [id, works, age(createdAt), account, isDisabled ?? 0, isInert ?? 0];
    }),
    world.now - world.keysChangedAt <= TIMES.staleMs
      ? world.keysBefore.map(({ id, works, isDisabled }) => [id, works, isDisabled ?? 0])
      : 0,
    world.offer ?? 0,
    world.secondary ?? 0,
    world.rolledAt.map(age),
    world.refused ?? 0,
    world.history.slice(-3).map(({ keyId, from }) => [keyId, age(from)]),
    world.rotation ?? 0,
    world.secret.rotationEnabled,
    world.policyAccount ?? 0,
    world.policyProvider ?? 0,
    world.isHelped ?? 0,
    world.rotations,
    (world.incidents ?? []).map(({ target, atMs }) => [target, age(atMs)]),
    isOut(world) ? [world.outage?.calls, world.outage?.fault, (world.outage?.untilMs ?? 0) - world.now] : 0,
  ]);
  return text;
}

function named(label: Label): string {
  return label.kind === "leaked" ? label.target : "";
}

/** For each leak, whether the key of a version was born before it. */
function taintsOf({ createdAt, labels }: Version, { secret, incidents = [] }: World): readonly boolean[] {
  const births = labels.flatMap((label) => (label.kind === "live" ? [label.atMs] : []));
  const bornAt = births.length === 0 ? createdAt : Math.min(...births);
  const leaks = secret.versions.flatMap((any) => any.labels.filter((label) => label.kind === "leaked"));
  return [...leaks, ...incidents].map(({ atMs }) => bornAt < atMs);
}
