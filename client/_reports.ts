import { CONSUMER_METRICS } from "../contract/consumer-report.ts";
import { ageMs, type Clock, type Moment, momentOf } from "./_clock.ts";
import type { ReadKey } from "./_read-key.ts";
import type { KeyReport } from "./report-line.ts";

const WINDOW_MS = CONSUMER_METRICS.everySeconds * 1000;

/** A version, and whose it is. */
type Version = Pick<ReadKey, "secretName" | "versionId">;

export interface ReportsOptions {
  readonly consumer: string;
  readonly write: (report: KeyReport) => unknown;
  readonly clock: Clock;
  /** The version that the next call would send with, without a look. */
  readonly held: () => Version | undefined;
}

interface Count extends Version {
  sends: number;
  rejections: number;
  atMs: number;
}

/** What has counted and not yet written, so that it is written when the process ends. */
const pending = new Set<Reports>();
let isWatchingExit = false;

/**
 * Counts sends and rejections by version, and reports them once a minute: by a timer that lets the process end, or, where
 * Lambda has frozen it, at the next use.
 */
export class Reports {
  readonly #options: ReportsOptions;
  readonly #counts = new Map<string, Count>();
  #since: Moment | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Counts one call. `unanswered`: the provider did not say anything, so it is a use and no send. */
  count(version: Version, outcome: "sends" | "rejections" | "unanswered"): void {
    if (this.#since && ageMs(this.#options.clock, this.#since) >= WINDOW_MS) this.flush();
    const { secretName, versionId } = version;
    const count = this.#counts.get(versionId) ?? { secretName, versionId, sends: 0, rejections: 0, atMs: 0 };
    if (outcome !== "unanswered") count[outcome]++;
    count.atMs = this.#options.clock.unixMs();
    this.#counts.set(versionId, count);
    this.#start();
    pending.add(this);
    watchExit();
  }

  /** Reports what is counted, and the version that is held with a 0. Nothing before the first use. */
  flush(): void {
    if (this.#since === undefined) return;
    this.#stop();
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    pending.delete(this);
    const held = this.#options.held();
    const isHeldCounted = held === undefined || counts.some(({ versionId }) => versionId === held.versionId);
    if (!isHeldCounted) counts.push({ ...held, sends: 0, rejections: 0, atMs: this.#options.clock.unixMs() });
    for (const { secretName: secret, versionId: version, sends, rejections, atMs } of counts) {
      const { consumer, write } = this.#options;
      // No send may fail because its report cannot be written, now or later.
      (async () => write({ secret, consumer, version, sends, rejections, atMs }))().catch(() => undefined);
    }
    // While a key is held, its line is owed every minute; when it is too old to be used, the next use begins anew.
    if (held !== undefined) this.#start();
  }

  #start(): void {
    if (this.#since !== undefined) return;
    this.#since = momentOf(this.#options.clock);
    this.#timer = setTimeout(() => this.flush(), WINDOW_MS);
    this.#timer.unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }
}

function watchExit(): void {
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once("exit", () => {
    for (const reports of pending) reports.flush();
  });
}
