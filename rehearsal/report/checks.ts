import { Agent } from "node:http";
import { shortId } from "../short-id.ts";
import type { Stage } from "../stage.ts";
import type { GivenKey } from "../vendor.ts";
import type { World } from "../world/world.ts";
import { checkLeak } from "./leak-checks.ts";
import { checkGoingBack, checkHeld } from "./trouble.ts";

/** Something that has to be so when all is over. */
export interface Check {
  readonly says: string;
  readonly holds: boolean;
  /** What was found. */
  readonly found: string;
}

/** Asks the world how it was left: the gateway by real requests, its keys by their truth. */
export async function checkTheEnd(stage: Stage): Promise<Check[]> {
  const { world, request } = stage;
  const { trouble } = request.scenario;
  if (request.leak) {
    const { strangersKey } = world.vendor;
    const stranger = strangersKey ? [await checkStranger(world, strangersKey)] : [];
    return [...(await checkLeak(stage)), ...stranger];
  }
  const checks = [
    await (trouble === undefined ? checkOldKey(world) : checkKeptKey(world)),
    ...(world.vendor.strangersKey ? [await checkStranger(world, world.vendor.strangersKey)] : []),
  ];
  if (request.scenario.replacedBy === "script") return checks;
  if (trouble === "bad-key") return [...checks, checkNoneLeft(stage), ...checkGoingBack(stage)];
  const held = trouble === "straggler" ? checkHeld(stage) : [];
  return [...checks, checkLastKey(stage), ...held, ...checkOutage(stage)];
}

/** For how many seconds the policy lets logins fail; undefined where it does not. */
export function allowedOutageOf({ policy: { provider } }: Pick<World, "policy">): number | undefined {
  return "outageSeconds" in provider ? provider.outageSeconds : undefined;
}

async function checkOldKey(world: World): Promise<Check> {
  const { refusal } = world.vendor;
  const found = await send(world, world.firstKey);
  return {
    says: `the old key ${shortId(world.firstKey.id)} is refused with ${refusal.replace("HTTP ", "")}`,
    holds: found === refusal,
    found,
  };
}

async function checkKeptKey(world: World): Promise<Check> {
  const found = await send(world, world.firstKey);
  return {
    says: `the old key ${shortId(world.firstKey.id)} still works`,
    holds: found === "accepted",
    found,
  };
}

async function checkStranger(world: World, key: GivenKey): Promise<Check> {
  const found = await send(world, key);
  return { says: `the stranger's key ${shortId(key.id)} still works`, holds: found === "accepted", found };
}

/** At a vendor without an API for keys, a person makes them: whoever made it, one is left. */
function checkLastKey({ watch, world }: Stage): Check {
  const truth = watch.look();
  const current = truth.versions.find(({ isCurrent }) => isCurrent)?.keyId;
  const isByHand = world.vendor.cutover === "by-hand";
  const isOne = (id: string, isOurs: boolean) => (isByHand ? world.madeByHand.has(id) : isOurs);
  const left = truth.keys.filter(({ id, works, isOurs }) => works && isOne(id, isOurs)).map(({ id }) => id);
  return {
    says: `exactly one key that ${isByHand ? "was handed in" : "dualkey made"} works, and it is the current one`,
    holds: left.length === 1 && left[0] === current,
    found: left.map(shortId).join(", ") || "none",
  };
}

/** It was gone back to the first key, which a person has made. */
function checkNoneLeft({ watch, world }: Stage): Check {
  const truth = watch.look();
  const current = truth.versions.find(({ isCurrent }) => isCurrent)?.keyId;
  const left = truth.keys.filter(({ works, isOurs }) => works && isOurs).map(({ id }) => id);
  return {
    says: "the old key is current, and no key that dualkey made works",
    holds: left.length === 0 && current === world.firstKey.id,
    found: left.map(shortId).join(", ") || `current: ${current === undefined ? "none" : shortId(current)}`,
  };
}

function checkOutage({ world, watch, load }: Stage): Check[] {
  const allowed = allowedOutageOf(world);
  if (allowed === undefined) return [];
  const outage = watch.outage.measure(allowed);
  const seconds = outage ? (outage.toMs - outage.fromMs) / 1000 : 0;
  const outside = outage?.failedOutside ?? load.failed;
  return [
    {
      says: `no login failed but in the outage of ${allowed} s that the policy allows`,
      holds: outside === 0,
      found: `${outage?.failed ?? 0} failed in ${seconds.toFixed(1)} s, ${outside} outside`,
    },
  ];
}

/** Sends as a login would, to a number that nobody has. Logins do not count it. */
async function send({ vendor }: World, { fields }: GivenKey): Promise<string> {
  const agent = new Agent();
  const { url } = vendor.sandbox;
  const login = await vendor.send(fields, { url, agent, phoneNumber: "+916000000000" });
  agent.destroy();
  return login.ok ? "accepted" : login.because;
}
