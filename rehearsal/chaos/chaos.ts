import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { FaultTarget, Fault as GatewayFault } from "../../sandbox/_faults.ts";
import type { Fault as AwsFault, RequestInfo } from "../aws/endpoint.ts";
import type { AwsEvent } from "../aws/journal.ts";
import type { InvocationInfo } from "../aws/lambda.ts";
import type { Mischief } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { drawFate, type Fate } from "./fate.ts";
import type { FaultKind } from "./fault-kind.ts";
import { type Random, randomFrom } from "./random.ts";

interface Run {
  readonly fate: Fate;
  /** The step, or what else it was called for. */
  readonly what: string;
  requests: number;
  /** It waits for AWS, and so is not the one that calls the gateway. */
  isAtAws: boolean;
}

const SWEEP = "sweep";

/** Deletes and makes: what is lost there is what a rotation is about. */
const CHANGING = new Set(["create-key", "delete-key"]);

/**
 * Does mischief to the rotator, and to nobody else: what logins send passes. The seed decides what happens to which
 * invocation; how invocations interleave is the machine's doing.
 */
export class Chaos {
  readonly #world: World;
  readonly #mischief: Mischief;
  readonly #seed: number;
  readonly #random: Random;
  readonly #runs = new Map<string, Run>();
  readonly #counts = new Map<FaultKind, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #lambda: LambdaClient;
  readonly #onFault: (kind: FaultKind, what: string) => void;
  readonly #stops: (() => void)[];
  #invocations = 0;

  constructor(
    world: World,
    { mischief, seed }: { readonly mischief: Mischief; readonly seed: number },
    onFault: (kind: FaultKind, what: string) => void,
  ) {
    this.#world = world;
    this.#mischief = mischief;
    this.#seed = seed;
    this.#random = randomFrom(seed, 0);
    this.#onFault = onFault;
    this.#lambda = new LambdaClient(world.aws.clientConfig("AKIACHAOS"));
    world.aws.setConsistency({ staleReadMs: mischief.staleReadMs, listLagMs: mischief.listLagMs });
    world.aws.setHooks({
      onInvoke: (info) => this.#onInvoke(info),
      onRequest: (info) => this.#onRequest(info),
    });
    const rule = world.vendor.sandbox.faults.add({
      when: ({ userAgent }) => userAgent === "dualkey",
      fault: (target) => this.#onGatewayRequest(target),
    });
    this.#stops = [rule.remove, world.aws.events.listen((event) => this.#onEvent(event))];
  }

  /** How many invocations there were to do mischief to. */
  get invocations(): number {
    return this.#invocations;
  }

  /** How often each thing was done. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Leaves the rotator alone from now on. */
  stop(): void {
    this.#world.aws.setHooks({ onInvoke: () => "once", onRequest: () => "pass" });
    this.#world.aws.setConsistency({ staleReadMs: 0, listLagMs: 0 });
    for (const stop of this.#stops) stop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#lambda.destroy();
  }

  #onInvoke({ invocationId, functionName, payload, isRedelivery }: InvocationInfo): "once" | "twice" {
    this.#invocations += 1;
    const event = JSON.parse(payload) as { Step?: string; reconcile?: { secret: string } };
    const what = event.Step ?? (event.reconcile === undefined ? SWEEP : "reconcile");
    const kind = what === SWEEP ? "sweep" : "run";
    const fate = drawFate(this.#mischief, { seed: this.#seed, nth: this.#invocations, kind });
    this.#runs.set(invocationId, { fate, what, requests: 0, isAtAws: false });
    const { death, againAfterMs } = fate;
    if (death?.kind === "at-moment") {
      this.#later(death.afterMs, () => this.#kill(invocationId, "killed at a random moment"));
    }
    if (isRedelivery || what === SWEEP) return "once";
    if (againAfterMs !== undefined) {
      this.#later(againAfterMs, () => {
        this.#count("an event was delivered again seconds later", what);
        this.#invoke(functionName, payload);
      });
    }
    if (fate.meetsAnother) {
      this.#count("another run was started beside", what);
      this.#invoke(functionName, JSON.stringify({ reconcile: { secret: this.#world.secretArn } }));
    }
    if (fate.isDeliveredTwice) this.#count("an event was delivered twice at once", what);
    return fate.isDeliveredTwice ? "twice" : "once";
  }

  #onRequest({ invocationId, operation }: RequestInfo): AwsFault {
    const run = invocationId === undefined ? undefined : this.#runs.get(invocationId);
    if (!run) return "pass";
    run.isAtAws = true;
    const moment = momentOfDeath(run);
    if (moment === undefined) return "pass";
    this.#count(`killed ${moment} a request to AWS was applied`, operation);
    return `kill-${moment}`;
  }

  /**
   * A request to the gateway does not say which invocation it comes from. One that is at AWS just now is not it, and
   * keys are made in createSecret alone; of the others, any may be hit: all of them are at a random point.
   */
  #callerOf(route: string): { readonly invocationId: string; readonly run: Run } | undefined {
    const callers = this.#world.aws.runningInvocations().flatMap((invocationId) => {
      const run = this.#runs.get(invocationId);
      if (!run || run.isAtAws || run.what === SWEEP) return [];
      return route === "create-key" && run.what !== "createSecret" ? [] : [{ invocationId, run }];
    });
    return callers[this.#random.below(callers.length)];
  }

  #onGatewayRequest({ route = "" }: FaultTarget): GatewayFault | undefined {
    const caller = this.#callerOf(route);
    if (!caller) return undefined;
    const { invocationId, run } = caller;
    const isLost = route === "create-key" && this.#random.chance(this.#mischief.keysLost);
    const moment = momentOfDeath(run) ?? (isLost ? "after" : undefined);
    if (moment !== undefined) {
      // `setImmediate`: the gateway applies a request at once, after it has asked for its fault.
      setImmediate(() =>
        this.#kill(invocationId, `killed ${moment} a request to the gateway was applied`, route),
      );
      return { kind: "hang", moment };
    }
    if (!CHANGING.has(route) || !this.#random.chance(this.#mischief.answersLost)) return undefined;
    if (this.#random.chance(0.7)) {
      this.#count("the gateway's answer was lost after it was applied", route);
      return { kind: "drop", moment: "after" };
    }
    this.#count("the gateway's answer never came after it was applied", route);
    return { kind: "hang", moment: "after" };
  }

  #onEvent(event: AwsEvent): void {
    if (event.kind === "call") {
      const run = this.#runs.get(event.caller?.invocationId ?? "");
      if (run) run.isAtAws = false;
    }
    if (event.kind === "invocation-ended") this.#runs.delete(event.invocationId);
  }

  #kill(invocationId: string, kind: FaultKind, what = ""): void {
    if (this.#world.aws.kill(invocationId)) this.#count(kind, what);
  }

  #invoke(functionName: string, payload: string): void {
    const command = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: "Event",
      Payload: payload,
    });
    this.#lambda.send(command).catch(() => undefined); // the world may have ended meanwhile
  }

  #later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #count(kind: FaultKind, what: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#onFault(kind, what);
  }
}

/** Counts one more request of a run, and tells whether it is the one that it does not survive. */
function momentOfDeath(run: Run): "before" | "after" | undefined {
  run.requests += 1;
  const { death } = run.fate;
  return death?.kind === "at-request" && death.request === run.requests ? death.moment : undefined;
}
