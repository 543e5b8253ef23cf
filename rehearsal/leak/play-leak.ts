import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import { shortId } from "../short-id.ts";
import type { Stage } from "../stage.ts";
import type { Fields } from "../vendor.ts";
import type { LeakWatch } from "../watch/leak.ts";
import { keyIdOf } from "../watch/truth.ts";
import type { World } from "../world/world.ts";
import { askForLeakResponse, DEADLINE_SECONDS } from "./ask.ts";
import { Attacker } from "./attacker.ts";
import type { LeakPlan } from "./plan.ts";

/** What the rehearsal lends to the part of it that is a leak. */
export interface LeakParts {
  wait(isDone: () => boolean): Promise<boolean>;
  startRotation(): Promise<void>;
  readonly signal: AbortSignal;
}

/** From the leak until somebody has heard of it. */
const UNNOTICED_MS = 2_000;
/** Into an overlap, so that services of both keys are under way. */
const INTO_OVERLAP_MS = 1_000;
const MOST_REPEATS = 3;

/**
 * Lets a key leak in the middle of the load: somebody has it and sends with it, and a while later an operator asks for leak
 * response, as he would: by invoking the responder.
 *
 * @returns whether it was answered, and not refused
 */
export async function playLeak(stage: Stage, plan: LeakPlan, parts: LeakParts): Promise<boolean> {
  const { watch, world, load } = stage;
  if (plan.phase === "overlap") {
    await parts.startRotation();
    if (!(await parts.wait(() => watch.look() && watch.phases.at(-1)?.name === "overlap"))) return false;
    await pause(INTO_OVERLAP_MS, undefined, { signal: parts.signal });
  }
  const keys = leakedKeys(stage, plan);
  const attacker = new Attacker({ vendor: world.vendor, keys: keys.map(({ fields }) => fields) });
  const leak = watch.beginLeak({
    plan,
    keyIds: keys.map(({ id }) => id),
    attacker,
    failedBefore: load.failed,
    savedBefore: load.saved,
  });
  const names = keys.map(({ id }) => shortId(id)).join(" and ");
  watch.tell("leak", { what: `${names} leaked`, because: "somebody has it, and sends with it" });
  await pause(UNNOTICED_MS, undefined, { signal: parts.signal });
  await betweenTicks(stage, parts.signal);
  return ask(stage, keys, leak);
}

async function ask(stage: Stage, keys: readonly HeldKey[], leak: LeakWatch): Promise<boolean> {
  const { watch, world } = stage;
  const { plan } = leak.start;
  watch.tell("leak", { what: "leak response asked for", because: `by an operator, ${plan.mode}` });
  const which = plan.leaked === "all" ? "all" : hashOf(keys[0]?.fields ?? {}, world.vendor.secretFields);
  // Whoever looks on knows the keys by their ids, whatever the operator calls them.
  const atMs = Date.now();
  const named = { atMs, deadlineMs: atMs + DEADLINE_SECONDS * 1000, mode: plan.mode };
  for (const target of leak.start.keyIds) watch.promises.noteRequest({ ...named, target });
  leak.noteRequest();
  watch.look();
  const asked = { which, mode: plan.mode };
  let answer = await askForLeakResponse(world, asked);
  // The function's life is short here, and its clock may have to share a processor: what it had no time to read is asked
  // for again, as it says itself. That joins the incident.
  for (let again = 0; again < MOST_REPEATS && isUnread(answer, world); again += 1) {
    answer = (await askForLeakResponse(world, asked)) ?? answer;
  }
  leak.noteAnswer(answer);
  watch.look();
  watch.tell("leak", {
    what: "leak response answered",
    because: answer?.result ?? "the function failed",
  });
  return answer !== undefined && answer.outcome !== "refuse";
}

/** Whether an incident is there, and its sends were to be read and were not, or not all. */
function isUnread(answer: ResponderAnswer | undefined, { vendor }: World): boolean {
  if (answer?.incident === undefined) return false;
  const { review } = answer.incident;
  return review ? review.coverage.kind === "partial" : vendor.givePast !== undefined;
}

/** What somebody who has found the key's value sends around: never the value itself. */
function hashOf(fields: Fields, secretFields: readonly string[]): string {
  const [value = ""] = secretFields.flatMap((name) => fields[name] ?? []);
  return createHash("sha256").update(value).digest("hex");
}

interface HeldKey {
  readonly id: string;
  readonly fields: Fields;
}

/** The keys that leak, by what is true: what the secret holds, and what the vendor accepts. */
function leakedKeys({ world, watch }: Stage, { leaked }: LeakPlan): readonly HeldKey[] {
  const versions = world.aws.secrets.get(world.secretArn)?.versions ?? [];
  const working = new Set(watch.look().keys.flatMap(({ id, works }) => (works ? [id] : [])));
  const held = versions.flatMap(({ value, labels }) => {
    const fields = value === undefined ? undefined : (JSON.parse(value) as Fields);
    const id = fields && keyIdOf(fields, world);
    if (fields === undefined || id === undefined || !working.has(id)) return [];
    return [{ id, fields, isCurrent: labels.includes("AWSCURRENT") }];
  });
  return held.filter(({ isCurrent }) => leaked === "all" || isCurrent === (leaked === "current"));
}

/**
 * Waits for a tick of the clock to be over. What a tick does beside the response is no mistake; but its calls to the vendor
 * cannot be told from the response's.
 */
async function betweenTicks({ world }: Stage, signal: AbortSignal): Promise<void> {
  const { events } = world.aws;
  const seen = events.all.length;
  const over = events.until((event) => {
    return event.kind === "invocation-ended" && events.all.indexOf(event) >= seen;
  });
  await Promise.race([over, pause(2_000, undefined, { signal })]);
}
