import type { Stage } from "../stage.ts";

/** Something that has to be so when all is over. */
export interface Check {
  readonly says: string;
  readonly holds: boolean;
  /** What was found. */
  readonly found: string;
}

/** Asks the world how it was left: the gateway by real requests, its keys by their truth. */
export async function checkTheEnd(stage: Stage): Promise<Check[]> {
  const { world, watch, request } = stage;
  const { firstKey, strangersKey } = world;
  const old = await statusOfSend(world.gateway.url, firstKey.apiKey);
  const stranger = await statusOfWallet(world.gateway.url, strangersKey.apiKey);
  const checks = [
    {
      says: `the old key ${short(firstKey.id)} is refused with 401`,
      holds: old === 401,
      found: `HTTP ${old}`,
    },
    {
      says: `the stranger's key ${short(strangersKey.id)} still works`,
      holds: stranger === 200,
      found: `HTTP ${stranger}`,
    },
  ];
  if (request.scenario.replacedBy === "script") return checks;
  const truth = watch.look();
  const current = truth.versions.find(({ isCurrent }) => isCurrent)?.keyId;
  const ours = truth.keys.filter(({ works, isOurs }) => works && isOurs).map(({ id }) => id);
  return [
    ...checks,
    {
      says: "exactly one key that dualkey made works, and it is the current one",
      holds: ours.length === 1 && ours[0] === current,
      found: ours.map(short).join(", ") || "none",
    },
  ];
}

/** Sends as a login would, to a number that nobody has. Logins do not count it. */
async function statusOfSend(url: string, apiKey: string): Promise<number> {
  const response = await fetch(`${url}/otp/send`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": apiKey, "user-agent": "rehearsal" },
    body: JSON.stringify({ phoneNumber: "+916000000000", variables: { otp: "123456" } }),
  });
  await response.body?.cancel();
  return response.status;
}

async function statusOfWallet(url: string, apiKey: string): Promise<number> {
  const response = await fetch(`${url}/wallet`, { headers: { "x-api-key": apiKey } });
  await response.body?.cancel();
  return response.status;
}

function short(id: string): string {
  return id.slice(0, 8);
}
