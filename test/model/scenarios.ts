import { v8Of } from "../../contract/labels.ts";
import { namePrefixOf } from "../../core/run.ts";
import type { Move } from "./moves.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";
import { ARN, type World } from "./world.ts";

const START = Date.UTC(2026, 0, 1);
export const OURS = namePrefixOf(ARN);
const OTHERS = namePrefixOf(`${ARN}-of-another-deployment`);

/** Keys that are nobody's business: made by hand, or by another deployment in the same vendor account. */
const STRANGERS = [
  { id: "console", account: "A", name: "made in the console", createdAt: START - 9e8, works: true },
  { id: "other-live", account: "A", name: `${OTHERS}0000000000000001`, createdAt: START - 9e8, works: true },
  { id: "other-lost", account: "A", name: `${OTHERS}0000000000000002`, createdAt: START - 9e8, works: true },
];

function worldWith(over: Partial<World>): World {
  const secret = over.secret ?? { rotationEnabled: true, versions: [] };
  return {
    shape: "self-service",
    now: START,
    secret,
    before: structuredClone(secret),
    wroteAt: START - 1e9,
    keys: [],
    keysBefore: [],
    keysChangedAt: START - 1e9,
    history: [],
    made: 10,
    rotations: 0,
    rolledAt: [],
    ...over,
  };
}

const firstKey = { id: "key1", account: "A", name: "first key", createdAt: START - 5e8, works: true };

/** A first key that was handed in: its value names nothing, and no label says anything. */
export function handedIn(): World {
  const versions = [
    {
      id: "first000-1",
      createdAt: START - 4e8,
      stages: ["AWSCURRENT" as const],
      labels: [],
      holds: "key1",
    },
  ];
  return worldWith({
    secret: { rotationEnabled: true, versions },
    keys: [firstKey, ...STRANGERS],
    history: [{ keyId: "key1", from: START - 4e8 }],
  });
}

/** A secret with a past: the current key was made by dualkey, AWSPREVIOUS holds one that is long dead. */
export function ordinary(): World {
  const live = { kind: "live", v8: "second00", atMs: START - 3e8 } as const;
  return worldWith({
    secret: {
      rotationEnabled: true,
      versions: [
        {
          id: "first000-1",
          createdAt: START - 4e8,
          stages: ["AWSPREVIOUS"],
          labels: [],
          holds: "key1",
          isNamed: true,
        },
        {
          id: "second00-2",
          createdAt: START - 3e8,
          stages: ["AWSCURRENT"],
          labels: [live],
          holds: "key2",
          isNamed: true,
        },
      ],
    },
    keys: [
      { ...firstKey, works: false },
      { id: "key2", account: "A", name: `${OURS}aaaaaaaaaaaaaaaa`, createdAt: START - 3e8, works: true },
      ...STRANGERS,
    ],
    history: [{ keyId: "key2", from: START - 3e8 }],
  });
}

/** An adopted key: put under AWSCURRENT by hand in place of one that dualkey had made, which is now retiring. */
export function adopted(): World {
  const world = ordinary();
  const old = world.secret.versions[1];
  if (old) old.stages = ["AWSPREVIOUS"];
  if (world.secret.versions[0]) world.secret.versions[0].stages = [];
  world.secret.versions.push({
    id: "byhand00-3",
    createdAt: START - 1_000,
    stages: ["AWSCURRENT"],
    labels: [],
    holds: "key3",
  });
  world.keys.push({ id: "key3", account: "A", name: "by hand", createdAt: START - 2_000, works: true });
  world.history.push({ keyId: "key3", from: START - 1_000 });
  return world;
}

/** Just after a cutover: the previous key is retiring, and the next rotation comes too early. */
function stillRetiring(): World {
  const world = adopted();
  world.rotations = 0;
  const [, old, current] = world.secret.versions;
  if (old) old.labels.push({ kind: "replaced", v8: "second00", atMs: START - 1_000 });
  if (current) {
    current.labels = [{ kind: "live", v8: "byhand00", atMs: START - 2_000 }];
    current.isNamed = true;
  }
  return world;
}

/** In mid-overlap, the secret and its policy move to another account of the vendor. */
function accountChanged(): World {
  const world = stillRetiring();
  const key = world.keys.find(({ id }) => id === "key3");
  if (key) key.account = "B";
  world.policyAccount = "B";
  return world;
}

/** The secret moves to another account, and nobody tells the policy, which names none. */
function accountChangedSilently(): World {
  const world = accountChanged();
  delete world.policyAccount;
  return world;
}

/** One consumer never looks at the secret again. */
function stuckConsumer(): World {
  return { ...ordinary(), stuckOn: "key2" };
}

/** A condemned key, and then the policy names another account: nothing of the old one is forgotten. */
function accountChangedLate(): World {
  const world = accountChanged();
  const [, old] = world.secret.versions;
  old?.labels.push({ kind: "condemned", v8: "second00", atMs: START - 500 });
  return world;
}

/** A raw string: the id of its key is in a label. */
export function rawString(): World {
  const world = ordinary();
  world.isRaw = true;
  for (const version of world.secret.versions) delete version.isNamed;
  const id = { kind: "id", v8: "second00", keyId: "key2", provider: "startmessaging", account: "A" } as const;
  world.secret.versions[1]?.labels.push(id);
  return world;
}

/** How a vendor's keys begin: their names, the strangers beside them, and what a version says of them. */
export function reshaped(shape: ShapeName, world: World): World {
  const { capabilities, provider } = SHAPES[shape];
  world.shape = shape;
  const { list, maxLiveKeys } = capabilities;
  // Where slots are few, a stranger's key would leave no room; where nothing is listed, nobody sees one.
  const isAlone = maxLiveKeys !== undefined || !list;
  if (isAlone) world.keys = world.keys.filter(({ id }) => !STRANGERS.some((any) => any.id === id));
  if (!list) for (const key of world.keys) key.name = "";
  for (const { id, holds = "", labels, isNamed } of world.secret.versions) {
    if (capabilities.source !== "client" || !isNamed || !labels.some(({ kind }) => kind === "live")) continue;
    labels.push({ kind: "id", v8: v8Of(id), keyId: holds, provider: provider.id, account: "A" });
  }
  world.keysBefore = world.keys.map((key) => ({ ...key }));
  return world;
}

/** A secret without a value, at a vendor whose keys are made with an admin credential. */
function empty(): World {
  return worldWith({ keys: [...STRANGERS] });
}

/** A secret without a value, and a first key that somebody has handed in. */
function firstHandedIn(): World {
  const world = worldWith({ keys: [firstKey, ...STRANGERS] });
  world.offer = { holds: "key1", isTaken: false };
  return world;
}

/** Both slots are full: somebody has made a key of their own. */
export function fullSlots(shape: ShapeName): World {
  const world = reshaped(shape, ordinary());
  world.keys.push({ id: "console", account: "A", name: "", createdAt: START - 9e8, works: true });
  return world;
}

/** Nobody touches the key that fills the other slot, and the current one works on. */
function untouched(world: World): string | undefined {
  if (!world.keys.find(({ id }) => id === "console")?.works) return "a stranger's key was revoked";
  if (!world.keys.find(({ id }) => id === "key2")?.works) return "the current key was revoked";
  return blocked(world);
}

/** Nothing is owed, and a disabled key takes no slot. */
function nothingDisabled(world: World): string | undefined {
  const disabled = world.keys.find(({ isDisabled }) => isDisabled);
  return disabled ? `key ${disabled.id} is disabled, and takes a slot` : nothingOwed(world);
}

const BY_HAND: readonly Move[] = [
  "puts the previous value back",
  "moves AWSCURRENT back",
  "takes AWSPENDING off",
  "switches rotation off",
];

/** The same stories at every vendor, as far as they can happen there. */
function storiesOf(shape: ShapeName): Readonly<Record<string, Scenario>> {
  const { capabilities } = SHAPES[shape];
  const at = (start: () => World) => () => reshaped(shape, start());
  const atRest = capabilities.revoke === "disable-then-delete" ? nothingDisabled : nothingOwed;
  const isMadeByAdmin = capabilities.credential === "admin" || capabilities.credential === "role";
  const hasFewSlots = capabilities.maxLiveKeys !== undefined;
  const hasFirst = capabilities.source === "person" || capabilities.source === "client";
  return {
    "an ordinary rotation": { start: at(ordinary), atRest },
    "an adopted key": { start: at(shape === "handed in" ? handedIn : adoptable(shape)), atRest },
    "a rotation, and somebody who helps by hand": {
      start: at(ordinary),
      moves: BY_HAND,
      // Where the key that was made last works, and AWSCURRENT is moved back to the one before, a person deletes it.
      atRest: shape === "in place, and the new key works beside the old one" ? blocked : atRest,
    },
    ...(isMadeByAdmin ? { "a first key, made with the admin credential": { start: at(empty), atRest } } : {}),
    ...(hasFirst ? { "a first key handed in to an empty secret": { start: at(firstHandedIn), atRest } } : {}),
    ...(hasFewSlots ? { "slots that are full": { start: () => fullSlots(shape), atRest: untouched } } : {}),
  };
}

/** What consumers report decides, or contradicts; and what is refused for sends goes back. */
function storiesOfConsumers(shape: ShapeName): Readonly<Record<string, Scenario>> {
  const start = (over: Partial<World>) => () => reshaped(shape, { ...ordinary(), ...over });
  const isListed = SHAPES[shape].capabilities.sends?.byKey === true;
  return {
    "an ordinary rotation": { start: start({}), atRest: rolledOnce },
    "a new key that answers probes and is refused for sends": {
      start: start({ refused: "key11" }),
      atRest: backAtTheOld,
    },
    "a consumer that never moves": { start: start({ stuckOn: "key2" }), atRest: stillInUse },
    ...(isListed
      ? {
          "a consumer that never moves, and a list of sends that does not show it": {
            start: start({ stuckOn: "key2", isBlind: true }),
            atRest: stillInUse,
          },
        }
      : {
          "a consumer that never reports": { start: start({ silent: "billing" }), atRest: stillInUse },
          "a consumer that never moves, and another that never reports": {
            start: start({ stuckOn: "key2", silent: "billing" }),
            atRest: stillInUse,
          },
        }),
  };
}

/** One start for each move of AWSCURRENT; a crash between a start and its look may cost one more, and no more. */
function rolledOnce(world: World): string | undefined {
  const moves = world.history.length - 1;
  if (world.rolledAt.length < moves) return "a consumer was not started anew";
  if (world.rolledAt.length > moves + 1) return "a consumer was started anew again and again";
  return nothingOwed(world);
}

/** The refused key is dead, and the one before is current. */
function backAtTheOld(world: World): string | undefined {
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  if (world.made > 10 && current?.holds === "key11") return "the refused key is current";
  return nothingOwed(world);
}

/** A key put under AWSCURRENT by hand; where slots are few, in the place of one that is gone. */
function adoptable(shape: ShapeName): () => World {
  return () => {
    if (SHAPES[shape].capabilities.list && SHAPES[shape].capabilities.maxLiveKeys === undefined)
      return adopted();
    return handedIn();
  };
}

export interface Scenario {
  readonly start: () => World;
  readonly moves?: readonly Move[];
  /** Whether the moves come between runs alone. */
  readonly areMovesBetweenRuns?: boolean;
  /** What must be so once nothing more happens: the old key's end, and that nothing blocks the next rotation. */
  readonly atRest: (world: World) => string | undefined;
}

export function nothingOwed(world: World): string | undefined {
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const lively = world.secret.versions.filter(({ labels }) => labels.some(({ kind }) => kind === "live"));
  if (lively.some((version) => version !== current)) return "a key is still retiring";
  const litter = world.secret.versions.find((version) => version !== current && version.labels.length > 0);
  if (litter) return `version ${litter.id} has litter`;
  return blocked(world);
}

function blocked(world: World): string | undefined {
  const stuck = world.secret.versions.find(
    ({ stages }) => stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT"),
  );
  return stuck && `AWSPENDING is stuck on ${stuck.id}`;
}

function heldForever(world: World): string | undefined {
  const old = world.secret.versions.find(({ id }) => id === "second00-2");
  if (!old?.labels.some(({ kind }) => kind === "live")) return "the key of the old account was forgotten";
  if (!world.keys.find(({ id }) => id === "key2")?.works)
    return "the key of the old account was revoked through another";
  return blocked(world);
}

function stillInUse(world: World): string | undefined {
  if (!world.keys.find(({ id }) => id === "key2")?.works) return "a key that is in use was revoked";
  return blocked(world);
}

/** Nothing is owed but keys of a provider or an account that the secret has left: those are held. */
function onlyHeld(world: World): string | undefined {
  const lively = world.secret.versions.filter(
    ({ stages, labels }) => !stages.includes("AWSCURRENT") && labels.some(({ kind }) => kind === "live"),
  );
  const account = world.policyProvider === undefined ? (world.policyAccount ?? "A") : "O";
  const late = lively.find(({ holds }) => world.keys.find(({ id }) => id === holds)?.account === account);
  if (late) return `the key of version ${late.id} is still retiring`;
  return blocked(world);
}

const SELF_SERVICE: Readonly<Record<string, Scenario>> = {
  "a first key handed in": { start: handedIn, atRest: nothingOwed },
  "an ordinary rotation": { start: ordinary, atRest: nothingOwed },
  "an adopted key": { start: adopted, atRest: nothingOwed },
  "a rotation while a key is retiring": { start: stillRetiring, atRest: nothingOwed },
  "a raw string": { start: rawString, atRest: nothingOwed },
  "a raw string, and somebody who helps by hand": {
    start: rawString,
    moves: ["takes the current version's labels off", "puts the previous value back"],
    atRest: nothingOwed,
  },
  "a rotation, and somebody who helps by hand": {
    start: ordinary,
    moves: [
      "puts a key",
      "puts the previous value back",
      "moves AWSCURRENT back",
      "takes AWSPENDING off",
      "takes the current version's labels off",
      "revokes the retiring key",
      "switches rotation off",
    ],
    atRest: nothingOwed,
  },
  "a rotation, and somebody who revokes its new key": {
    start: ordinary,
    moves: ["revokes the pending key"],
    areMovesBetweenRuns: true, // nothing helps against one between the probe and the move, or with a probe that is late
    atRest: nothingOwed,
  },
  "a policy that changes at any time": {
    start: ordinary,
    moves: ["goes to another account", "goes to another provider"],
    atRest: onlyHeld,
  },
  "another account in mid-overlap": { start: accountChanged, atRest: heldForever },
  "another account without a word in the policy": { start: accountChangedSilently, atRest: heldForever },
  "an ordinary rotation, and one consumer that never moves": { start: stuckConsumer, atRest: stillInUse },
  "another account after the key was condemned": { start: accountChangedLate, atRest: heldForever },
};

/** Every story, by the shape of the vendor's API in which it is played. */
export const SCENARIOS_BY_SHAPE = Object.fromEntries(
  (Object.keys(SHAPES) as ShapeName[]).map((shape) => [
    shape,
    SHAPES[shape].consumers
      ? storiesOfConsumers(shape)
      : shape === "self-service"
        ? { ...SELF_SERVICE, "a first key handed in to an empty secret": handedInFirst() }
        : storiesOf(shape),
  ]),
) as Readonly<Record<ShapeName, Readonly<Record<string, Scenario>>>>;

export const SCENARIOS = SCENARIOS_BY_SHAPE["self-service"];

function handedInFirst(): Scenario {
  return { start: () => reshaped("self-service", firstHandedIn()), atRest: nothingOwed };
}
