import { after, type NumberPlan, ROAMING, rangeOf, subscriberOf } from "./numbers.ts";
import type { Random } from "./random.ts";
import type { EmitSend, LoginService } from "./service.ts";

const HOUR = 3_600_000;

export const ATTACK_KINDS = ["pumping", "drip", "burst", "sequential", "sequential-home", "bombing"] as const;

/**
 * - `pumping`: some narrow ranges of dear countries, whose owners are paid for each message.
 * - `drip`: a few an hour, for days, to countries where the service has nobody.
 * - `burst`: one country in an hour or two, one that the service knows or not.
 * - `sequential`, `sequential-home`: numbers that are counted up, abroad or in the service's own country.
 * - `bombing`: a few numbers, the service's own customers' too, with dozens of messages each.
 */
export type AttackKind = (typeof ATTACK_KINDS)[number];

export interface Attack {
  readonly kind: AttackKind;
  /** 1 is the usual size; the smaller, the harder to see. */
  readonly size: number;
  readonly sinceMs: number;
  /** It ends here at the latest. */
  readonly untilMs: number;
  readonly label: number;
  /** Where it sends to, if it is not the service's own country or one that it knows. */
  readonly plans: readonly NumberPlan[];
}

interface Scene {
  readonly attack: Attack;
  readonly service: LoginService;
  readonly random: Random;
  readonly emit: EmitSend;
}

/** Emits all sends of an attack. */
export function playAttack(scene: Scene): void {
  PLAYS[scene.attack.kind](scene);
}

const PLAYS: Readonly<Record<AttackKind, (scene: Scene) => void>> = {
  pumping: (scene) => {
    const { random } = scene;
    const plans = Array.from({ length: random.integer(1, 4) }, () =>
      rangeOf(random.pick(scene.attack.plans), random.integer(3, 5), random),
    );
    const count = sized(scene, random.integer(250, 3000));
    spread(scene, count, random.between(1, 14), () => subscriberOf(random.pick(plans), random));
  },
  drip: (scene) => {
    const { random } = scene;
    const plans = Array.from({ length: random.integer(2, 8) }, () => random.pick(scene.attack.plans));
    const hours = random.between(30, 96);
    const count = sized(scene, Math.round(hours * random.between(2, 6)));
    spread(scene, count, hours, () => subscriberOf(random.pick(plans), random));
  },
  burst: (scene) => {
    const { random } = scene;
    const plan = random.pick(random.chance(0.5) ? scene.attack.plans : ROAMING);
    const count = sized(scene, random.integer(250, 2500));
    spread(scene, count, random.between(0.5, 2.5), () => subscriberOf(plan, random));
  },
  sequential: (scene) => countUp(scene, scene.random.pick([...scene.attack.plans, ...ROAMING])),
  "sequential-home": (scene) => countUp(scene, scene.service.home.plan(scene.random)),
  bombing: (scene) => {
    const { random, service } = scene;
    const victims = Array.from({ length: random.integer(2, 25) }, () => service.customer());
    const count = sized(scene, victims.length * random.integer(40, 200));
    spread(scene, count, random.between(1, 12), () => random.pick(victims));
  },
};

function countUp(scene: Scene, plan: NumberPlan): void {
  const { random } = scene;
  const step = random.pick([1, 1, 1, 2, 3, 7]);
  const count = sized(scene, random.integer(150, 2000));
  let next = subscriberOf(plan, random);
  spread(scene, count, random.between(1, 24), () => {
    next = after(next, step);
    return next;
  });
}

function sized({ attack }: Scene, count: number): number {
  return Math.max(1, Math.round(count * attack.size));
}

function spread(
  { attack, random, emit }: Scene,
  count: number,
  hours: number,
  next: () => ReturnType<typeof subscriberOf>,
): void {
  const lengthMs = Math.min(hours * HOUR, attack.untilMs - attack.sinceMs);
  const times = Array.from({ length: count }, () => attack.sinceMs + Math.floor(random.next() * lengthMs));
  for (const atMs of times.sort((a, b) => a - b)) emit(atMs, next(), attack.label);
}
