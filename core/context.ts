import type { Policy } from "../contract/policy.ts";
import type { KeyFields } from "../contract/secret-value.ts";
import type { Effect, Goal, Observation } from "./cutover/observation.ts";
import type {
  Announcer,
  Call,
  ConsumerReports,
  HandIn,
  KeyProvider,
  Rollouts,
  SecretStore,
} from "./cutover/ports.ts";

/** What a run reaches the world through. */
export interface Ports {
  readonly secrets: SecretStore;
  readonly provider: KeyProvider;
  /** Reads the admin credential, where the provider wants one. */
  readonly admin?: (call: Call) => Promise<KeyFields>;
  /** The hand-in secret, where the policy names one. */
  readonly handIn?: HandIn;
  /** What consumers report, where the policy says that some do. */
  readonly reports?: ConsumerReports;
  /** Starts consumers anew, where the policy has some that read their key at start. */
  readonly rollouts?: Rollouts;
  /** Tells other pipelines. */
  readonly announcer?: Announcer;
  readonly clock: Clock;
  /** What is random: a nonce of 16 hexadecimal digits. */
  readonly random: { nonce(): string };
  readonly journal: Journal;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that is aborted after this time. */
  timeout(ms: number): AbortSignal;
}

/** Gets what a run does, for logs and metrics. Entries hold ids and reasons, never key material. */
export interface Journal {
  record(entry: JournalEntry): void;
  /** Sees what each decision rests on, keys included: for whoever takes out of it what may be told. */
  see?(observation: Observation, goal: Goal): void;
}

export interface JournalEntry {
  readonly goal: Goal["kind"];
  readonly effect: Effect["kind"];
  readonly because: string;
  readonly outcome: "applied" | "stale" | "not-applied" | "unknown";
  readonly versionId?: string;
  readonly keyId?: string;
  readonly label?: string;
  /** What the error said, where there was one. */
  readonly error?: string;
}

export interface RunOptions {
  readonly policy: Policy;
  /** How long any run of this secret lives at the most, and how stale a look, how late an effect, how skewed a clock may be. */
  readonly fence: { readonly timeoutMs: number; readonly marginMs: number };
  /** The longest that one effect takes with its retries. */
  readonly callMs: number;
  /**
   * How coarse last-used times are, where that is known better than the provider documents it. Where it says less than the
   * truth, a key is retired that is in use. @default what the provider's capabilities say
   */
  readonly lastUsedResolutionSeconds?: number;
  /** When this run must be over: milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** Gives the run up. */
  readonly signal?: AbortSignal;
}

/** What the parts of a run share. */
export interface Context {
  readonly ports: Ports;
  readonly options: RunOptions;
  readonly signal: AbortSignal;
  /** The admin credential; in a leak response read once, while the keys are. */
  readonly admin?: Ports["admin"];
}

/** What goes with one call: it is given up with the run, or when it has taken as long as an effect may. */
export function callIn({ ports, options, signal }: Context): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.any([signal, ports.clock.timeout(options.callMs)]) };
}
