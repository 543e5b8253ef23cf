import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type KeyOptions, keyFor } from "../../client/index.ts";
import { materialOf, NAME, settle, TestClock, TestSecret } from "./a-secret.ts";

const MINUTES = 60_000;
let clock: TestClock;
let secret: TestSecret;

beforeEach(() => {
  clock = new TestClock();
  secret = new TestSecret();
});

const aHandle = (options: KeyOptions = {}) => keyFor(NAME, { client: secret.client, clock, ...options });

describe("the cache", () => {
  it("makes one request for 1,000 callers at once", async () => {
    const handle = aHandle();
    const keys = await Promise.all(Array.from({ length: 1000 }, () => handle.get()));
    expect(keys[999]).toEqual({ apiKey: materialOf("v1"), keyId: "v1" });
    expect(secret.reads).toBe(1);
  });

  it("uses a key for five minutes unless told, and reads before the next use", async () => {
    const handle = aHandle();
    await handle.get();
    secret.current = "v2";
    clock.pass(5 * MINUTES);
    expect((await handle.get()).keyId).toBe("v2");
    expect(secret.reads).toBe(2);
  });

  it("reads each time where the cache time is 0", async () => {
    const handle = aHandle({ cacheSeconds: 0, staleSeconds: 0 });
    await handle.get();
    await handle.get();
    expect(secret.reads).toBe(2);
  });

  it("gives a key that no caller can change for the others", async () => {
    const key = await aHandle().get();
    expect(() => Object.assign(key, { apiKey: "other" })).toThrow(TypeError);
  });

  it("works with the SDK's own client, and aborts a read that hangs", async () => {
    const mock = mockClient(SecretsManagerClient);
    mock.resolves({ SecretString: '{"apiKey":"k"}', VersionId: "v1", Name: NAME });
    const key = await keyFor(NAME, { client: new SecretsManagerClient({ region: "eu-west-1" }) }).get();
    expect(key.apiKey).toBe("k");
    expect(mock.call(0).args[0].input).toEqual({ SecretId: NAME });
    expect((mock.call(0).args as unknown[])[1]).toHaveProperty("abortSignal.aborted", false);
    mock.restore();
  });
});

describe("the refresh ahead of time", () => {
  it("answers from the cache at once, and reads in the background", async () => {
    const handle = aHandle();
    await handle.get();
    secret.current = "v2";
    secret.mode = "held";
    clock.pass(4.9 * MINUTES);
    const during = await Promise.all(Array.from({ length: 100 }, () => handle.get()));
    expect(new Set(during.map(({ keyId }) => keyId))).toEqual(new Set(["v1"]));
    expect(secret.reads).toBe(2);
    secret.release();
    await settle();
    expect((await handle.get()).keyId).toBe("v2");
    expect(secret.reads).toBe(2);
  });

  it("begins between 75 and 90 percent of the cache time, not at one time for all", async () => {
    const begins = async () => {
      const [own, time] = [new TestSecret(), new TestClock()];
      const handle = keyFor(NAME, { client: own.client, clock: time, cacheSeconds: 100 });
      await handle.get();
      for (let second = 1; second < 100; second++) {
        time.pass(1000);
        await handle.get();
        if (own.reads > 1) return second;
      }
      return 100;
    };
    const seconds = await Promise.all(Array.from({ length: 50 }, begins));
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(75);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(90);
    expect(new Set(seconds).size).toBeGreaterThan(3);
  });

  it("tries again with growing pauses while Secrets Manager is down, and lets nobody wait", async () => {
    const handle = aHandle();
    await handle.get();
    secret.mode = "down";
    clock.pass(4.5 * MINUTES);
    for (let i = 0; i < 600; i++) {
      clock.pass(100);
      expect((await handle.get()).keyId).toBe("v1");
      await settle();
    }
    // In a minute: after 0.75 to 1 s, twice that, … never more than 30 s.
    expect(secret.reads).toBeGreaterThan(4);
    expect(secret.reads).toBeLessThan(12);
    secret.mode = "up";
    secret.current = "v2";
    clock.pass(30_000);
    await handle.get();
    await settle();
    expect((await handle.get()).keyId).toBe("v2");
  });
});

describe("while Secrets Manager is down", () => {
  const TIMES = { cacheSeconds: 60, staleSeconds: 600 };

  it("serves the last good key exactly as long as the bound, and not one millisecond longer", async () => {
    const handle = aHandle(TIMES);
    await handle.get();
    secret.mode = "down";
    clock.pass(660_000);
    expect((await handle.get()).keyId).toBe("v1");
    await settle();
    clock.pass(1);
    await expect(handle.get()).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", secret: NAME });
  });

  it("fails no call in all that time, however it is down", async () => {
    const handle = aHandle(TIMES);
    await handle.get();
    secret.mode = "down";
    for (let at = 0; at < 660_000; at += 500) {
      clock.pass(500);
      expect((await handle.get()).keyId).toBe("v1");
    }
  });

  it("gives the next key as soon as it is back", async () => {
    const handle = aHandle(TIMES);
    await handle.get();
    secret.mode = "down";
    clock.pass(1000_000);
    await handle.get().catch(() => undefined);
    secret.mode = "up";
    secret.current = "v2";
    expect((await handle.get()).keyId).toBe("v2");
  });

  it("keeps no failure: the next call asks again", async () => {
    secret.mode = "down";
    const handle = aHandle();
    await expect(handle.get()).rejects.toThrow("InternalServiceError");
    secret.mode = "up";
    expect((await handle.get()).keyId).toBe("v1");
  });

  it("keeps the last good key when somebody breaks the secret's value", async () => {
    const handle = aHandle(TIMES);
    await handle.get();
    secret.text = "no json";
    clock.pass(600_000);
    expect((await handle.get()).keyId).toBe("v1");
  });

  describe("and hangs", () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it("waits five seconds once, then serves the last good key at once", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const handle = aHandle(TIMES);
      await handle.get();
      secret.mode = "held";
      clock.pass(61_000);
      const waiting = handle.get();
      clock.pass(5000);
      vi.advanceTimersByTime(5000);
      expect((await waiting).keyId).toBe("v1");
      clock.pass(5000);
      expect((await handle.get()).keyId).toBe("v1");
    });
  });
});

describe("a process that was frozen", () => {
  it("reads again, and serves nothing that is older than its bounds, when it thaws", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 60 });
    await handle.get();
    secret.current = "v2";
    clock.pass(10 * 60 * MINUTES);
    expect((await handle.get()).keyId).toBe("v2");
    secret.mode = "down";
    clock.pass(10 * 60 * MINUTES);
    await expect(handle.get()).rejects.toThrow("gave no key");
  });

  it("counts the time in which its monotonic clock stood still", async () => {
    const handle = aHandle();
    await handle.get();
    secret.current = "v2";
    clock.unix += 10 * MINUTES;
    expect((await handle.get()).keyId).toBe("v2");
  });

  it("does not wait for a background read that was frozen with it, nor take its answer for new", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 3600 });
    await handle.get();
    secret.mode = "held";
    clock.pass(59_000);
    await handle.get();
    expect(secret.reads).toBe(2);
    clock.pass(10 * MINUTES);
    secret.mode = "up";
    secret.current = "v2";
    expect((await handle.get()).keyId).toBe("v2");
    secret.release();
    await settle();
    expect((await handle.get()).keyId).toBe("v2");
  });

  it("does not take an outage before the freeze for one after it", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 3600 });
    await handle.get();
    secret.mode = "down";
    clock.pass(59_000);
    await handle.get();
    await settle();
    expect(secret.reads).toBe(2);
    secret.mode = "up";
    secret.current = "v2";
    clock.pass(10 * MINUTES);
    expect((await handle.get()).keyId).toBe("v2");
  });

  it("asks again where the answer came before the freeze and is too old after it", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 60 });
    secret.mode = "held";
    const waiting = handle.get();
    await settle();
    clock.pass(10 * MINUTES);
    secret.current = "v2";
    secret.release();
    expect((await waiting).keyId).toBe("v2");
  });
});

describe("a clock that jumps", () => {
  it("costs one read where it is set forward", async () => {
    const handle = aHandle();
    await handle.get();
    clock.unix += 365 * 24 * 60 * MINUTES;
    await handle.get();
    await handle.get();
    expect(secret.reads).toBe(2);
  });

  it("makes no key younger where it is set back", async () => {
    const handle = aHandle();
    await handle.get();
    clock.unix -= 365 * 24 * 60 * MINUTES;
    clock.pass(5 * MINUTES - 1);
    await handle.get();
    await settle();
    secret.current = "v2";
    clock.pass(5 * MINUTES);
    expect((await handle.get()).keyId).toBe("v2");
  });
});
