import type { LogLine } from "../aws/lambda-fleet.ts";
import { shortId } from "../short-id.ts";
import type { Console, GivenKey } from "../vendor.ts";
import { keyIdOf } from "../watch/truth.ts";
import type { Watch } from "../watch/watch.ts";
import { putSecret } from "./put-secret.ts";
import { readHold } from "./read-hold.ts";
import { askForRotation } from "./rotate.ts";
import type { World } from "./world.ts";

/** Hands a key in, as `npx dualkey hand-in` does: into the secret that people write and do not read, and then a rotation. */
export async function handIn(
  { aws, secretName, policy }: Pick<World, "aws" | "secretName" | "policy">,
  { fields }: GivenKey,
): Promise<void> {
  if (policy.handIn === undefined) {
    throw new Error(
      `rehearsal: the policy of ${secretName} names no hand-in secret. Name one in the example`,
    );
  }
  await putSecret(aws, { secretId: policy.handIn, fields });
  await askForRotation({ aws, secretName });
}

/**
 * Somebody who does what only a person can, where a vendor has no API for keys: makes a key in its console and hands it
 * in, and revokes the old one there when dualkey's alarm asks for it, and not before.
 */
export class Person {
  readonly #world: World;
  readonly #console: Console;
  readonly #watch: Watch;

  constructor(world: World, console: Console, watch: Watch) {
    this.#world = world;
    this.#console = console;
    this.#watch = watch;
    world.onFunctionLog((line) => this.#read(line));
  }

  /** Makes a key, and hands it in. */
  async replaceKey(): Promise<void> {
    const key = this.#console.makeKey();
    this.#world.madeByHand.add(key.id);
    this.#tell("a person makes a key", "in the vendor's console, for nobody else can");
    await handIn(this.#world, key);
    this.#tell("a person hands it in", "into the hand-in secret, and the rotation is started");
  }

  #tell(what: string, because: string): void {
    this.#watch.tell("person", { what, because });
  }

  /** What an alarm of dualkey leads one to: the log's warning that names what to revoke. */
  #read(line: LogLine): void {
    const { because, versionId } = readHold(line) ?? {};
    if (because === undefined || !/revoke key .* in the console/.test(because)) return;
    const { aws, vendor, secretArn } = this.#world;
    const version = aws.secrets.get(secretArn)?.versions.find(({ id }) => id === versionId);
    const id = version?.value === undefined ? undefined : keyIdOf(JSON.parse(version.value), { vendor });
    const works = vendor.sandbox.truth.keys().some((key) => key.id === id && key.endedAtMs === undefined);
    if (id === undefined || !works) return;
    this.#watch.promises.letPerson(() => this.#console.revokeKey(id));
    this.#tell(`a person revokes key ${shortId(id)}`, "in the vendor's console: the alarm asks for it");
  }
}
