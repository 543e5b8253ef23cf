import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import type { Attacker } from "../leak/attacker.ts";
import type { LeakPlan } from "../leak/plan.ts";
import type { World } from "../world/world.ts";
import { CALL_MS, CallWatch } from "./call-watch.ts";
import type { KeyLives } from "./key-lives.ts";
import type { PhaseName } from "./phase.ts";

/** What has leaked, and who has it. */
export interface LeakStart {
  readonly plan: LeakPlan;
  readonly keyIds: readonly string[];
  readonly attacker: Attacker;
  /** Logins that had failed, and that were saved, before. */
  readonly failedBefore: number;
  readonly savedBefore: number;
}

/** Sees a leak from the moment at which the key gets into wrong hands. Times in milliseconds since 1970. */
export class LeakWatch {
  readonly start: LeakStart;
  readonly leakedAtMs = Date.now();
  readonly #world: World;
  readonly #lives: KeyLives;
  readonly #stop: () => void;
  #requestedAtMs: number | undefined;
  #calls: CallWatch | undefined;
  #containedAtMs: number | undefined;
  #provenAtMs: number | undefined;
  #answer: ResponderAnswer | undefined;

  constructor(start: LeakStart, { world, lives }: { readonly world: World; readonly lives: KeyLives }) {
    this.start = start;
    this.#world = world;
    this.#lives = lives;
    this.#stop = world.vendor.sandbox.onEvent(({ kind, keyId, atMs }) => {
      if (kind !== "key-ended" || keyId === undefined || !start.keyIds.includes(keyId)) return;
      this.#calls?.noteRevocation();
      if (this.#areDead()) this.#contain(atMs);
    });
  }

  /** The operator's request goes off: from now on, the responder's calls are written down. */
  noteRequest(): void {
    const { aws, responderName } = this.#world;
    this.#requestedAtMs = Date.now();
    const invocations = new Set<string>();
    const stop = aws.events.listen((event) => {
      if (event.kind === "invocation-started" && event.functionName === responderName)
        invocations.add(event.invocationId);
    });
    const calls = new CallWatch(this.#world, (id) => invocations.has(id));
    this.#calls = calls;
    this.#stopCalls = () => {
      stop();
      calls.stop();
    };
  }

  /** What the responder has answered; nothing where it has failed. */
  noteAnswer(answer: ResponderAnswer | undefined): void {
    this.#answer = answer;
  }

  get answer(): ResponderAnswer | undefined {
    return this.#answer;
  }

  get requestedAtMs(): number | undefined {
    return this.#requestedAtMs;
  }

  /** When the vendor had ended the last leaked key. */
  get containedAtMs(): number | undefined {
    return this.#containedAtMs;
  }

  get calls(): CallWatch["calls"] {
    return this.#calls?.calls ?? [];
  }

  get depth(): number | undefined {
    return this.#calls?.depth;
  }

  /** When every leaked key was dead, and the ledger had closed its account. */
  get provenAtMs(): number | undefined {
    if (this.isProven) this.#provenAtMs ??= Date.now();
    return this.#provenAtMs;
  }

  /** Every leaked key is proven dead, by the ledger and in truth. */
  get isProven(): boolean {
    return this.start.keyIds.every((id) => this.#lives.get(id)?.role === "dead");
  }

  get phase(): PhaseName {
    if (this.#requestedAtMs === undefined) return "leaked";
    if (this.#containedAtMs === undefined) return "contain";
    return this.provenAtMs === undefined ? "prove" : "closed";
  }

  has(keyId: string | undefined): boolean {
    return keyId !== undefined && this.start.keyIds.includes(keyId);
  }

  stop(): void {
    this.#stop();
    this.#stopCalls();
  }

  #stopCalls: () => void = () => undefined;

  #areDead(): boolean {
    const keys = this.#world.vendor.sandbox.truth.keys();
    return keys.every(({ id, endedAtMs }) => !this.has(id) || endedAtMs !== undefined);
  }

  #contain(atMs: number): void {
    this.#containedAtMs ??= atMs;
    // What comes after is not measured, and is not to be slowed down; but the call itself has yet to be answered.
    setTimeout(() => this.#stopCalls(), CALL_MS);
  }
}
