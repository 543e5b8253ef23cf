import { Agent } from "node:http";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Scenario } from "../scenario.ts";
import type { Fields } from "../vendor.ts";
import type { World } from "../world/world.ts";
import type { Instance, SendCode } from "./instance.ts";
import { phoneOf } from "./people.ts";
import { buildServices, REPORT_EVERY_MS } from "./services.ts";

/** What logins came to so far. */
export interface Load {
  /** Those that have been started, and those that were stopped since. */
  readonly instances: readonly Instance[];
  /** Logins that were started. */
  readonly total: number;
  readonly failed: number;
  /** How often each reason was given. */
  readonly failures: Readonly<Record<string, number>>;
  /** Logins in which a service was refused a key, and was accepted with the next one. */
  readonly saved: number;
  /** When the last of the logins that failed had begun; undefined where none has. */
  readonly lastFailedFromMs: number | undefined;
  /** The longest that one login took, in milliseconds. */
  readonly slowestMs: number;
  /** Stops starting logins, and resolves when the last one has its answer. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly scenario: Scenario;
  /** Logins per second. */
  readonly rate: number;
  readonly cacheMs: number;
  /** Whether services read their key anew when it is refused. */
  readonly isRereading: boolean;
  /** The vendor has taken what was sent with this key. */
  readonly onSent: (fields: Fields) => void;
  readonly onFailure: () => void;
}

const TICK_MS = 5;

/**
 * Puts the login services under load: an open loop, which starts every login on time, however long the ones before it
 * take. Their instances have caches of their own, and were not started at the same time.
 */
export function startLoad(world: World, options: LoadOptions): Load {
  const { scenario, rate, cacheMs, isRereading, onSent, onFailure } = options;
  // A pool with a bound, all of it kept warm: an event loop accepts one new connection a turn (libuv 1.52), and so,
  // on a busy machine, hundreds of new ones at once would wait for seconds while those that are open are served.
  const maxSockets = Math.max(16, Math.ceil(rate / 5));
  const agent = new Agent({ keepAlive: true, maxSockets, scheduling: "fifo" });
  const secrets = new SecretsManagerClient(world.aws.clientConfig("AKIALOGINSERVICE"));
  const { vendor } = world;
  const { url } = vendor.sandbox;
  const send: SendCode = async (fields, phoneNumber) => {
    const result = await vendor.send(fields, { url, agent, phoneNumber });
    if (result.ok) onSent(fields);
    return result;
  };
  const services = buildServices(world, { scenario, isRereading, secrets, send });
  const failures: Record<string, number> = {};
  let [total, answered, failed, slowestMs] = [0, 0, 0, 0];
  let lastFailedFromMs: number | undefined;
  const startedAtMs = performance.now();
  const login = async (number: number): Promise<void> => {
    const [atMs, fromMs] = [performance.now(), Date.now()];
    const up = Math.min(services.length, 1 + Math.floor((atMs - startedAtMs) / (cacheMs / services.length)));
    const result = await services[number % up]?.login(phoneOf(number));
    answered += 1;
    slowestMs = Math.max(slowestMs, performance.now() - atMs);
    if (result?.ok) return;
    failed += 1;
    lastFailedFromMs = Math.max(fromMs, lastFailedFromMs ?? 0);
    const because = result?.because ?? "unknown";
    failures[because] = (failures[because] ?? 0) + 1;
    onFailure();
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * rate);
    while (total < due) {
      total += 1;
      void login(total);
    }
  }, TICK_MS);
  const reporting = setInterval(() => {
    for (const service of services) service.report?.();
  }, REPORT_EVERY_MS);
  return {
    failures,
    get instances() {
      return services.flatMap(({ instances }) => instances);
    },
    get total() {
      return total;
    },
    get failed() {
      return failed;
    },
    get saved() {
      return services.reduce((sum, { saved = 0 }) => sum + saved, 0);
    },
    get lastFailedFromMs() {
      return lastFailedFromMs;
    },
    get slowestMs() {
      return slowestMs;
    },
    stop: async () => {
      clearInterval(timer);
      clearInterval(reporting);
      while (answered < total) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      agent.destroy();
      secrets.destroy();
    },
  };
}
