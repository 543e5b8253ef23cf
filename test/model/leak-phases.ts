import { type Event, execute } from "./events.ts";
import { adopted, fullSlots, handedIn, OURS, ordinary, rawString, reshaped } from "./scenarios.ts";
import { SHAPES, type ShapeName } from "./shapes.ts";
import { moveCurrent, type Version, type World, writeSecret } from "./world.ts";

/** A world in which a leak is called: how far a scheduled rotation has come. */
export interface Phase {
  readonly name: string;
  readonly world: World;
}

const STEPS = ["rotate", "step", "step", "step", "step"] as const;

const PATHS: Readonly<Record<string, readonly Event[]>> = {
  "no rotation": [],
  "AWSPENDING is empty": STEPS.slice(0, 1),
  "after createSecret": STEPS.slice(0, 2),
  "after setSecret": STEPS.slice(0, 3),
  "after testSecret": STEPS.slice(0, 4),
  "in the overlap": STEPS,
  "in the overlap, older than the fence": [...STEPS, "wait-long"],
  "AWSPENDING is stuck": [...STEPS.slice(0, 2), "give-up", "wait-long"],
  "AWSPENDING is stuck and empty": [...STEPS.slice(0, 1), "give-up", "wait-long"],
};

/** Every phase of a rotation at a vendor, played by runs of dualkey itself. */
export async function phasesOf(shape: ShapeName): Promise<readonly Phase[]> {
  const phases: Phase[] = [];
  const start = reshaped(shape, ordinary());
  for (const [name, path] of Object.entries(PATHS)) phases.push({ name, world: await played(start, path) });
  const overlap = await played(start, STEPS);
  const condemned = await playedUntilCondemned(overlap);
  if (condemned) phases.push({ name: "condemned", world: condemned });
  phases.push({ name: "in the overlap, and paused", world: paused(overlap) });
  phases.push(...rollBacks(overlap), ...(await adoptions(shape)));
  return phases;
}

async function played(start: World, path: readonly Event[]): Promise<World> {
  let world = start;
  for (const event of path) ({ world } = await execute(world, event));
  return world;
}

async function playedUntilCondemned(overlap: World): Promise<World | undefined> {
  let world = overlap;
  for (const event of ["wait", "tick", "wait", "tick", "wait", "tick"] as const) {
    ({ world } = await execute(world, event));
    if (world.secret.versions.some(({ labels }) => labels.some(({ kind }) => kind === "condemned")))
      return world;
  }
  return undefined;
}

/** A change freeze. */
function paused(world: World): World {
  const frozen = structuredClone(world);
  const current = frozen.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  writeSecret(frozen, () => current?.labels.push({ kind: "paused", atMs: frozen.now }));
  return frozen;
}

/** An operator goes back: the run was killed before the move, or after it. */
function rollBacks(overlap: World): readonly Phase[] {
  const begun = structuredClone(overlap);
  const current = begun.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const old = begun.secret.versions.find(isRetiring);
  const works = begun.keys.some((key) => key.works && key.id === old?.holds);
  if (current === undefined || old === undefined || !works) return [];
  const v8 = v8On(current);
  writeSecret(begun, () => current.labels.push({ kind: "rejected", v8, atMs: begun.now }));
  const back = structuredClone(begun);
  back.now += 10;
  moveCurrent(back, old.id);
  return [
    { name: "a rollback is begun", world: begun },
    { name: "rolled back", world: back },
  ];
}

function isRetiring({ stages, labels }: Version): boolean {
  return !stages.includes("AWSCURRENT") && labels.some(({ kind }) => kind === "live");
}

function v8On({ labels }: Version): string {
  const live = labels.find((label) => label.kind === "live");
  return live?.kind === "live" ? live.v8 : "";
}

/** Keys that somebody has put there by hand, or of which labels alone say which they are. */
async function adoptions(shape: ShapeName): Promise<readonly Phase[]> {
  const { capabilities, provider } = SHAPES[shape];
  const { list, maxLiveKeys } = capabilities;
  const alone = { name: "a key put there by hand, alone", world: reshaped(shape, handedIn()) };
  if (!list) return [alone];
  if (maxLiveKeys !== undefined) return [alone, { name: "slots that are full", world: fullSlots(shape) }];
  return [
    alone,
    { name: "a key put there by hand in a rotation's place", world: reshaped(shape, adopted()) },
    ...(provider.id === "startmessaging"
      ? [{ name: "a raw string", world: reshaped(shape, rawString()) }]
      : []),
    { name: "a lost key", world: withLost(reshaped(shape, ordinary())) },
  ];
}

function withLost(world: World): World {
  const createdAt = world.now - 1e6;
  world.keys.push({ id: "lost", account: "A", name: `${OURS}bbbbbbbbbbbbbbbb`, createdAt, works: true });
  world.keysBefore = world.keys.map((key) => ({ ...key }));
  return world;
}
