import { Agent } from "node:http";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fields, Login } from "../vendor.ts";
import type { World } from "../world/world.ts";
import { LoginService } from "./login-service.ts";

/** What logins came to so far. */
export interface Load {
  readonly services: readonly LoginService[];
  /** Logins that were started. */
  readonly total: number;
  readonly failed: number;
  /** How often each reason was given. */
  readonly failures: Readonly<Record<string, number>>;
  /** The longest that one login took, in milliseconds. */
  readonly slowestMs: number;
  /** Stops starting logins, and resolves when the last one has its answer. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** Logins per second. */
  readonly rate: number;
  readonly cacheMs: number;
  /** The vendor has taken what was sent with this key. */
  readonly onSent: (fields: Fields) => void;
  readonly onFailure: () => void;
}

const INSTANCES = 4;
const TICK_MS = 5;

/**
 * Puts the login service under load: an open loop, which starts every login on time, however long the ones before it
 * take. Its instances have caches of their own, and were not started at the same time.
 */
export function startLoad(world: World, options: LoadOptions): Load {
  const { rate, cacheMs } = options;
  // A pool with a bound, all of it kept warm: an event loop accepts one new connection a turn (libuv 1.52), and so,
  // on a busy machine, hundreds of new ones at once would wait for seconds while those that are open are served.
  const maxSockets = Math.max(16, Math.ceil(rate / 5));
  const agent = new Agent({ keepAlive: true, maxSockets, scheduling: "fifo" });
  const secrets = new SecretsManagerClient(world.aws.clientConfig("AKIALOGINSERVICE"));
  const { vendor } = world;
  const { url } = vendor.sandbox;
  const send = async (fields: Fields, phoneNumber: string): Promise<Login> => {
    const result = await vendor.send(fields, { url, agent, phoneNumber });
    if (result.ok) options.onSent(fields);
    return result;
  };
  const services = Array.from({ length: INSTANCES }, (_, index) => {
    const name = `login-${index + 1}`;
    const { secretName: secretId } = world;
    return new LoginService({ name, secrets, secretId, cacheMs, send });
  });
  const failures: Record<string, number> = {};
  let [total, answered, failed, slowestMs] = [0, 0, 0, 0];
  const startedAtMs = performance.now();
  const login = async (number: number): Promise<void> => {
    const atMs = performance.now();
    const up = Math.min(INSTANCES, 1 + Math.floor((atMs - startedAtMs) / (cacheMs / INSTANCES)));
    // No number twice: a vendor sends few codes to one phone in five minutes.
    const result = await services[number % up]?.login(`+91${7_000_000_000 + number}`);
    answered += 1;
    slowestMs = Math.max(slowestMs, performance.now() - atMs);
    if (result?.ok) return;
    failed += 1;
    const because = result?.because ?? "unknown";
    failures[because] = (failures[because] ?? 0) + 1;
    options.onFailure();
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * rate);
    while (total < due) {
      total += 1;
      void login(total);
    }
  }, TICK_MS);
  return {
    services,
    failures,
    get total() {
      return total;
    },
    get failed() {
      return failed;
    },
    get slowestMs() {
      return slowestMs;
    },
    stop: async () => {
      clearInterval(timer);
      while (answered < total) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      agent.destroy();
      secrets.destroy();
    },
  };
}
