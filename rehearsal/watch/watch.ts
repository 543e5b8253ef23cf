import type { Truth } from "../../core/cutover/promises.ts";
import type { AwsEvent } from "../aws/journal.ts";
import type { Scenario } from "../scenario.ts";
import type { Tempo } from "../tempo.ts";
import type { Fields } from "../vendor.ts";
import type { World } from "../world/world.ts";
import { BadKeyWatch } from "./bad-key.ts";
import { FunctionLog } from "./function-log.ts";
import { KeyLives } from "./key-lives.ts";
import { type LeakStart, LeakWatch } from "./leak.ts";
import { OnlookerLedger } from "./onlooker-ledger.ts";
import { OutageWatch } from "./outage.ts";
import { type PhaseName, phaseOf, phaseOfGoingBack } from "./phase.ts";
import { PromiseWatch } from "./promise-watch.ts";
import { SendSeries } from "./send-series.ts";
import { keyIdOf, lookAtTruth } from "./truth.ts";

/** One thing worth telling, for the screen and for the report. */
export interface Told {
  readonly atMs: number;
  /** `held`: what an alarm tells of, once. `tidying`: labels that say nothing any more come off. */
  readonly kind: "effect" | "tidying" | "rotation" | "held" | "fault" | "script" | "person" | "leak";
  readonly what: string;
  readonly because: string;
}

/** A phase and when it began. */
export interface PhaseNote {
  readonly name: PhaseName;
  readonly atMs: number;
}

/** Sees everything that happens in a world and writes it down; it touches nothing. */
export class Watch {
  readonly promises: PromiseWatch;
  readonly lives = new KeyLives();
  readonly log = new FunctionLog();
  readonly sends: SendSeries;
  readonly outage = new OutageWatch();
  /** Where the new key is a bad one. */
  readonly badKey: BadKeyWatch | undefined;
  /** From when on a key is in wrong hands. */
  leak: LeakWatch | undefined;
  readonly told: Told[] = [];
  readonly phases: PhaseNote[] = [];
  readonly startedAtMs = Date.now();
  readonly #world: World;
  readonly #tempo: Tempo;
  readonly #ledger: OnlookerLedger | undefined;
  readonly #keyIds = new WeakMap<Fields, string>();
  readonly #stops: (() => void)[];
  readonly #alarms = new Set<string>();
  #alarmsRead = 0;

  constructor(world: World, scenario: Scenario, tempo: Tempo) {
    this.#world = world;
    this.#tempo = tempo;
    this.#ledger = scenario.replacedBy === "script" ? new OnlookerLedger() : undefined;
    this.promises = new PromiseWatch({ policy: tempo }, world.vendor.cutover);
    this.sends = new SendSeries(this.startedAtMs);
    this.badKey = scenario.trouble === "bad-key" ? new BadKeyWatch(world) : undefined;
    world.onFunctionLog((line) => {
      const effect = this.log.read(line);
      if (!effect) return this.#tellAlarms();
      const { outcome, subject } = effect;
      const what = [effect.effect, subject, outcome === "applied" ? "" : `(${outcome})`]
        .filter(Boolean)
        .join(" ");
      const isTidying = effect.effect === "detach" && subject !== "live";
      this.tell(isTidying ? "tidying" : "effect", { what, because: effect.because });
    });
    this.#stops = [
      world.aws.events.listen((event) => this.#onAws(event)),
      world.vendor.sandbox.onEvent(({ kind, keyId, atMs }) => {
        if (kind === "send-rejected" && keyId === world.firstKey.id) this.outage.noteRefusal(atMs);
        if (kind === "key-made" || kind === "key-ended") this.look();
      }),
    ];
    this.look();
  }

  /** Looks at the truth, and has it judged where it has changed. */
  look(): Truth {
    const seen = lookAtTruth(this.#world, this.sends);
    const truth = this.#ledger?.annotate(seen) ?? seen;
    this.promises.observe(truth);
    this.lives.observe(truth);
    this.badKey?.look();
    const name = this.#phaseOf(truth);
    if (this.phases.at(-1)?.name !== name) this.phases.push({ name, atMs: truth.atMs });
    return truth;
  }

  /** The keys are in wrong hands from now on. */
  beginLeak(start: LeakStart): LeakWatch {
    this.leak = new LeakWatch(start, { world: this.#world, lives: this.lives });
    this.look();
    return this.leak;
  }

  #phaseOf(truth: Truth): PhaseName {
    if (this.leak) return this.leak.phase;
    const { firstKey } = this.#world;
    const isFirst = truth.versions.some(({ keyId, isCurrent }) => isCurrent && keyId === firstKey.id);
    const wasReplaced = this.phases.some(({ name }) => name === "overlap");
    return isFirst && wasReplaced && this.badKey
      ? phaseOfGoingBack(truth, firstKey.id)
      : phaseOf(truth, firstKey.id, this.#tempo);
  }

  tell(kind: Told["kind"], { what, because }: { readonly what: string; readonly because: string }): void {
    this.told.push({ atMs: Date.now(), kind, what, because });
  }

  /** The vendor has accepted what a login sent with this key. */
  countSend(fields: Fields): void {
    const keyId = this.#keyIds.get(fields) ?? keyIdOf(fields, this.#world);
    if (keyId === undefined) return;
    this.#keyIds.set(fields, keyId);
    this.sends.countSend(keyId, Date.now());
  }

  /** A login has failed. */
  countFailure(): void {
    const atMs = Date.now();
    this.sends.countFailure(atMs);
    this.outage.noteFailure(atMs);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.badKey?.stop();
    this.leak?.stop();
  }

  /** Two that differ in their numbers alone are one. */
  #tellAlarms(): void {
    for (const because of this.log.alarms.slice(this.#alarmsRead)) {
      const words = because.replace(/\d+/g, "N");
      if (!this.#alarms.has(words)) this.tell("held", { what: "an alarm", because });
      this.#alarms.add(words);
    }
    this.#alarmsRead = this.log.alarms.length;
  }

  #onAws(event: AwsEvent): void {
    switch (event.kind) {
      case "secret-created":
      case "version-made":
      case "value-put":
      case "version-gone":
      case "label-moved":
        this.look();
        break;
      case "rotation-started":
        this.tell("rotation", { what: "rotation started", because: "RotateSecret was called" });
        break;
      case "rotation-succeeded":
        this.tell("rotation", { what: "rotation finished", because: "all four steps have succeeded" });
        break;
      case "rotation-failed":
        this.tell("rotation", { what: "rotation given up", because: "a step failed in all of its attempts" });
        break;
      case "step-failed":
        this.tell("rotation", { what: `${event.step} failed`, because: event.reason });
    }
  }
}
