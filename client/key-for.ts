import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Clock } from "./_clock.ts";
import { type HeldKey, KeyCache } from "./_key-cache.ts";
import { settingsOf } from "./_options.ts";
import { type Key, readKey, type SecretReader } from "./_read-key.ts";
import { statusOf } from "./_rejection.ts";
import { Reports } from "./_reports.ts";
import type { KeyReport } from "./report-line.ts";

/** How many keys one call is tried with: the one that was cached, and two more, of which the first may be dying, too. */
const MOST_KEYS = 3;

/** Tells of what was returned or thrown whether the provider has rejected the key by it, so that nothing was sent. */
export type IsRejected = (answer: unknown) => boolean | Promise<boolean>;

export interface KeyOptions {
  /**
   * How long a key that was read is used without looking again, in seconds. It is read ahead of that in the background, at
   * 75 to 90 percent, when it is used.
   *
   * @default 300
   */
  readonly cacheSeconds?: number;
  /**
   * For how much longer the last key is used while Secrets Manager does not give one, in seconds. The policy's minimum
   * overlap must be longer than `cacheSeconds` and this together, so give both to `Consumer.selfRefreshing`.
   *
   * @default 3600
   */
  readonly staleSeconds?: number;
  /**
   * How the key stands in the secret, as in the policy: fields of JSON, or the whole text, which comes as `value`.
   *
   * @default "json"
   */
  readonly value?: "json" | "raw";
  /**
   * When the provider has rejected the key. Say yes only where it has certainly sent nothing.
   *
   * @default HTTP 401: a `status` or `statusCode` of what is returned or thrown, or of a thrown error's response
   */
  readonly isRejected?: IsRejected;
  /**
   * The name that the policy has for this service; what is reported is reported under it.
   *
   * @default in Lambda, the function's name
   */
  readonly consumer?: string;
  /**
   * Where the sends and rejections of `use` are reported, once a minute by version: as a line on stdout in CloudWatch's
   * embedded metric format, or to a function (whose errors are swallowed), or nowhere.
   *
   * @default "emf" where `consumer` is known, else "none"
   */
  readonly report?: "emf" | "none" | ((report: KeyReport) => unknown);
  /** The client to read with. @default one for the region and the credentials of the environment */
  readonly client?: SecretReader;
  /** Where the time comes from, for tests. @default `performance.now()` and `Date.now()` */
  readonly clock?: Clock;
}

export interface KeyHandle {
  /**
   * Gives the current key, from the cache where it is fresh. Any number of callers share one request.
   *
   * @throws KeyUnavailableError where there is none; ConfigError where the secret holds no key
   */
  get(): Promise<Key>;
  /**
   * Calls a function with the current key. Where the provider rejects it, the key is read anew at once, and if there is
   * another one, the function is called again with it; **at most three times** in all, and never twice with one key: a
   * leak of every key ends them one after the other, and a key can die between its read and its use. Nothing else is ever
   * repeated, so nothing is sent twice.
   *
   * @param send builds its request from the key each time; what it returns and throws comes through
   * @throws what `get` throws, and then `send` was not called
   * @example
   * const response = await otpKey.use(({ apiKey }) => fetch(url, { headers: { "X-API-Key": apiKey }, … }));
   */
  use<T>(send: (key: Key) => T | Promise<T>, options?: { readonly isRejected?: IsRejected }): Promise<T>;
  /**
   * Reports now what was counted, instead of within a minute. For the end of a Lambda invocation: what is frozen before
   * its minute is over reports when it is used again, which may be never.
   */
  flush(): void;
}

/**
 * Reads a key that dualkey rotates, for a service that calls the provider with it. Make one per secret, and keep it.
 *
 * @param secret the name or the ARN of the secret
 * @throws ConfigError that lists all that is wrong with the options
 * @example
 * const otpKey = keyFor("prod/otp/startmessaging", { consumer: "login" });
 * await otpKey.use(({ apiKey }) => sendOtp(phone, apiKey));
 */
export function keyFor(secret: string, options: KeyOptions = {}): KeyHandle {
  const { cacheMs, staleMs, value, isRejected, clock, reports: reporting } = settingsOf(secret, options);
  let { client } = options;
  const read = () => {
    client ??= new SecretsManagerClient();
    return readKey(client, secret, value);
  };
  const cache = new KeyCache({ cacheMs, staleMs, clock, read });
  const reports = reporting && new Reports({ ...reporting, clock, held: () => cache.usable });

  async function attempt<T>(
    held: HeldKey,
    send: (key: Key) => T | Promise<T>,
    test: IsRejected,
  ): Promise<Answer<T>> {
    const answer = await settle(send, held.key);
    const given = answer.isThrown ? answer.error : answer.result;
    const rejected = await test(given);
    const isAnswered = !answer.isThrown || statusOf(given) !== undefined;
    reports?.count(held, rejected ? "rejections" : isAnswered ? "sends" : "unanswered");
    return { ...answer, isRejected: rejected };
  }

  return {
    get: async () => {
      const held = cache.current();
      return (held instanceof Promise ? await held : held).key;
    },
    use: async (send, { isRejected: test = isRejected } = {}) => {
      let held = await cache.current();
      let answer = await attempt(held, send, test);
      const tried = new Set([held.versionId]);
      while (answer.isRejected && tried.size < MOST_KEYS) {
        const other = await cache.otherThan(held);
        if (other === undefined || tried.has(other.versionId)) break;
        held = other;
        tried.add(held.versionId);
        answer = await attempt(held, send, test);
      }
      if (answer.isThrown) throw answer.error;
      return answer.result;
    },
    flush: () => reports?.flush(),
  };
}

type Settled<T> =
  | { readonly isThrown: false; readonly result: T }
  | { readonly isThrown: true; readonly error: unknown };
type Answer<T> = Settled<T> & { readonly isRejected: boolean };

async function settle<T>(send: (key: Key) => T | Promise<T>, key: Key): Promise<Settled<T>> {
  try {
    return { isThrown: false, result: await send(key) };
  } catch (error) {
    return { isThrown: true, error };
  }
}
