import { changeKeys, type Key, moveCurrent, type Version, type World, writeSecret } from "./world.ts";

/** What people do to a secret by hand, past dualkey, at any time and in the midst of any run. */
export type Move =
  /** A key made in the console is put under AWSCURRENT, its value alone. */
  | "puts a key"
  /** The previous key's value is put under AWSCURRENT once more, as a new version. */
  | "puts the previous value back"
  /** AWSCURRENT is moved back to the version before. */
  | "moves AWSCURRENT back"
  /** AWSPENDING is taken off. */
  | "takes AWSPENDING off"
  /** Every label of ours is taken off the current version. */
  | "takes the current version's labels off"
  /** The key that is retiring is deleted in the vendor's console. */
  | "revokes the retiring key"
  /** The key that is pending is deleted in the vendor's console. */
  | "revokes the pending key"
  /** Rotation is switched off. */
  | "switches rotation off"
  /** The secret and its policy go to another account of the vendor. */
  | "goes to another account"
  /** The secret and its policy go to another provider. */
  | "goes to another provider";

/** Makes a move, where it is one that a careful person could make: on a key that works and that is not condemned. */
export function makeMove(world: World, move: Move): void {
  world.isHelped = true;
  const { versions } = world.secret;
  const current = versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const previous = versions.find(
    (version) => version.stages.includes("AWSPREVIOUS") && isSound(world, version),
  );
  const change = CHANGES[move];
  change(world, { current, previous });
}

interface Seen {
  readonly current: Version | undefined;
  /** The version before, where its key works and is not condemned. */
  readonly previous: Version | undefined;
}

const CHANGES: Readonly<Record<Move, (world: World, seen: Seen) => void>> = {
  "puts a key": (world, { current }) => putKey(world, { account: accountOf(world, current) }),
  "puts the previous value back": (world, { previous }) => {
    if (previous?.holds) putVersion(world, previous.holds);
  },
  "moves AWSCURRENT back": (world, { previous }) => {
    if (previous) moveCurrent(world, previous.id);
  },
  "takes AWSPENDING off": (world) =>
    writeSecret(world, ({ versions }) => {
      for (const version of versions) {
        version.stages = version.stages.filter((stage) => stage !== "AWSPENDING");
      }
    }),
  "takes the current version's labels off": (world, { current }) =>
    writeSecret(world, () => {
      if (current) current.labels = [];
    }),
  "revokes the retiring key": (world) => {
    const retiring = world.secret.versions.find(({ stages, labels }) => {
      return !stages.includes("AWSCURRENT") && labels.some(({ kind }) => kind === "replaced");
    });
    changeKeys(world, (keys) => {
      for (const key of keys) if (key.id === retiring?.holds) key.works = false;
    });
  },
  "revokes the pending key": (world) => {
    const pending = world.secret.versions.find(({ stages }) => {
      return stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT");
    });
    changeKeys(world, (keys) => {
      for (const key of keys) if (key.id === pending?.holds) key.works = false;
    });
  },
  "switches rotation off": (world) =>
    writeSecret(world, (secret) => {
      secret.rotationEnabled = false;
    }),
  "goes to another account": (world) => {
    world.policyAccount = "B";
    putKey(world, { account: "B" });
  },
  "goes to another provider": (world) => {
    world.policyProvider = "other";
    putKey(world, { account: "O" });
  },
};

function putKey(world: World, { account }: Pick<Key, "account">): void {
  const id = `byhand${world.made}`;
  const createdAt = world.now - 1_000;
  changeKeys(world, (keys) => keys.push({ id, account, name: "by hand", createdAt, works: true }));
  putVersion(world, id);
}

/** A put without stages moves AWSCURRENT to the new version. */
function putVersion(world: World, holds: string): void {
  const id = `hand${world.secret.versions.length}----0000`;
  writeSecret(world, ({ versions }) =>
    versions.push({ id, createdAt: world.now, stages: [], labels: [], holds }),
  );
  moveCurrent(world, id);
}

function isSound(world: World, { holds, labels }: Version): boolean {
  const isCondemned = world.secret.versions.some(
    (version) => version.holds === holds && version.labels.some(({ kind }) => kind === "condemned"),
  );
  const works = world.keys.some((key) => key.id === holds && key.works);
  return works && !isCondemned && labels.some(({ kind }) => kind === "live");
}

function accountOf(world: World, version: Version | undefined): string {
  return world.keys.find(({ id }) => id === version?.holds)?.account ?? "A";
}
