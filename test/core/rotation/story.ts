import { expect } from "vitest";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { capabilitiesOf, type StartVendor } from "./vendor.ts";
import { type Shape, World } from "./world.ts";

/** Makes a test of a story: what must hold in every one of them is looked at after it. */
export type Tell = (story: (world: World) => Promise<void>, shape?: Shape) => () => Promise<void>;

/** Gives what tells stories of one provider. */
export function startStory(policy: ProviderPolicy, start: StartVendor): Tell {
  const { sends } = capabilitiesOf(policy);
  const evidence: Shape = sends?.byKey ? { atMaxOverlap: "hold" } : { atMaxOverlap: "revoke" };
  return (story, shape = {}) =>
    async () => {
      const world = await World.start(policy, start, { ...evidence, ...shape });
      await story(world);
      expectKept(world);
    };
}

/** What no story may break, whatever it is about. */
function expectKept(world: World): void {
  const { stranger, provider } = world.vendor;
  if (stranger) expect(world.accepts(stranger.fields), "P8: the stranger's key works").toBe(true);
  const isInPlace = provider.capabilities.source === "in-place";
  const allowed = isInPlace ? ["key-ended", "replace-key"] : [];
  expect(
    world.outages.filter((during) => !allowed.includes(during)),
    "P1: outages",
  ).toEqual([]);
  expect(world.forgotten, "P4: forgotten keys that work").toEqual([]);
  const [said, secrets] = [world.said(), world.secrets()];
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(said.includes(secret), "P6: a key was said").toBe(false);
}

/** Nothing is owed: the ledger names the current key alone, and the vendor has no key but that and the stranger's. */
export function expectAtRest(world: World): void {
  const { current, others } = world.secret.ledger();
  expect(current).toContain("live");
  expect(current.filter((kind) => !["live", "expires", "id"].includes(kind))).toEqual([]);
  expect(others).toEqual([]);
  expect(world.secret.isPending()).toBe(false);
  expect(world.accepts(world.current())).toBe(true);
  expect(world.liveKeyIds()).toHaveLength(world.vendor.stranger ? 2 : 1);
}
