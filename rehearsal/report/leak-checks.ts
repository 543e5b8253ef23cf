import { Agent } from "node:http";
import { MaskedNumber } from "../../contract/send-review.ts";
import { inSeconds } from "../screen/paint.ts";
import { shortId } from "../short-id.ts";
import type { Stage } from "../stage.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import { keyIdOf, makerOf } from "../watch/truth.ts";
import type { Check } from "./checks.ts";
import { type LeakReport, leakOf } from "./leak.ts";

/** Asks the world how a leak has left it: the vendor by real requests, its keys by their truth. */
export async function checkLeak(stage: Stage): Promise<Check[]> {
  const leak = leakOf(stage);
  if (leak === null) return [{ says: "a key leaked", holds: false, found: "it did not come to that" }];
  return [
    ...(await Promise.all(leak.keys.map((id) => checkDead(stage, id)))),
    checkLast(stage, leak),
    checkFailures(stage, leak),
    {
      says: "the review of sends names the attacker's, and shows no number whole",
      holds: !isListed(stage, leak) || hasFound(leak),
      found: isListed(stage, leak) ? `${leak.findings.length} findings` : "the vendor does not list sends",
    },
    {
      says: "the record of the incident is closed",
      holds: leak.incident?.state === "closed",
      found: leak.incident?.state ?? "there is none",
    },
  ];
}

/** P5: whether what was promised of a leaked key was kept. */
export function judgeLeak({ watch }: Pick<Stage, "watch">, leak: LeakReport): Verdict {
  const { containmentSeconds, deadlineSeconds, attacker, incident, answer, keys } = leak;
  const alive = keys.filter((id) => watch.lives.get(id)?.revokedAtMs === undefined).map(shortId);
  const isGreen = answer?.outcome === "done" || (incident !== null && incident.state !== "open");
  const late = containmentSeconds === null || containmentSeconds > deadlineSeconds;
  return {
    id: "P5",
    says: "A leaked key dies: it is revoked within its deadline, and no run ends green while it works",
    checked: `${keys.length} leaked, and ${attacker.sent} sends of an attacker`,
    broken: [
      ...(late ? [`the leaked key was not dead ${deadlineSeconds} s after the request`] : []),
      ...(alive.length > 0 && isGreen ? [`it was called contained, and ${alive.join(", ")} works`] : []),
      ...(attacker.acceptedAfterContainment > 0
        ? [`${attacker.acceptedAfterContainment} sends of the attacker were accepted after containment`]
        : []),
    ],
  };
}

async function checkDead({ world, watch }: Stage, id: string): Promise<Check> {
  const { vendor, aws, secretArn } = world;
  const held = aws.secrets
    .get(secretArn)
    ?.versions.flatMap(({ value }) => (value ? [JSON.parse(value)] : []));
  const fields = held?.find((one) => keyIdOf(one, world) === id) ?? {};
  const agent = new Agent();
  const { url } = vendor.sandbox;
  const login = await vendor.send(fields, { url, agent, phoneNumber: "+916000000000" });
  agent.destroy();
  const found = login.ok ? "accepted" : login.because;
  const isProven = watch.lives.get(id)?.role === "dead";
  return {
    says: `the leaked key ${shortId(id)} is refused with ${vendor.refusal.replace("HTTP ", "")}, and proven dead`,
    holds: found === vendor.refusal && isProven,
    found: isProven ? found : `${found}, not proven`,
  };
}

function checkLast({ watch, world }: Stage, { keys }: LeakReport): Check {
  const truth = watch.look();
  const current = truth.versions.find(({ isCurrent }) => isCurrent)?.keyId;
  const names = new Map(world.vendor.sandbox.truth.keys().map(({ id, name }) => [id, name]));
  const left = truth.keys.filter(({ id, works }) => {
    return works && makerOf({ id, name: names.get(id) ?? "" }, world) !== "stranger";
  });
  const [one] = left;
  return {
    says: "exactly one key of this secret works, it is current, and it has not leaked",
    holds: left.length === 1 && one?.id === current && !keys.includes(one?.id ?? ""),
    found: left.map(({ id }) => shortId(id)).join(", ") || "none",
  };
}

/** With `replace-first` none may fail; with `revoke-first`, none that began when every service had the next key. */
function checkFailures({ watch, load }: Stage, { mode, loginsFailed, loginsSaved }: LeakReport): Check {
  const found = `${loginsFailed} failed, ${loginsSaved} saved`;
  if (mode === "replace-first") {
    return { says: "no login failed since the key leaked", holds: loginsFailed === 0, found };
  }
  const { requestedAtMs = 0 } = watch.leak ?? {};
  const running = load.instances.filter(({ endedAtMs }) => endedAtMs === undefined);
  const movedMs = Math.max(...running.map(({ moves }) => moves.at(-1)?.atMs ?? 0));
  const lastMs = load.lastFailedFromMs ?? 0;
  const forMs = Math.max(0, lastMs - requestedAtMs);
  return {
    says: "no login failed that began when every service had the next key",
    holds: movedMs >= requestedAtMs && lastMs <= movedMs,
    found: `${found}, the last one ${inSeconds(forMs)} after the request`,
  };
}

function isListed({ world }: Pick<Stage, "world">, { review }: LeakReport): boolean {
  return review !== null || world.vendor.givePast !== undefined;
}

function hasFound({ findings }: LeakReport): boolean {
  const shown = findings.flatMap(({ numbers = [] }) => numbers);
  const isMasked = shown.every((text) => MaskedNumber.safeParse(text).success);
  return isMasked && findings.some(({ severity }) => severity === "alarm");
}
