import { beforeEach, describe, expect, it } from "vitest";
import { type Key, type KeyHandle, type KeyOptions, keyFor } from "../../client/index.ts";
import { NAME, settle, TestClock, TestSecret } from "./a-secret.ts";

let clock: TestClock;
let secret: TestSecret;
let handle: KeyHandle;
/** The key ids that the provider was called with, in order, and which of them it rejects. */
let calls: string[];
let dead: Set<string>;

const aHandle = (options: KeyOptions = {}) => keyFor(NAME, { client: secret.client, clock, ...options });
const send = async ({ keyId = "" }: Key) => {
  calls.push(keyId);
  await settle();
  return { status: dead.has(keyId) ? 401 : 200, with: keyId };
};

beforeEach(() => {
  clock = new TestClock();
  secret = new TestSecret();
  handle = aHandle();
  calls = [];
  dead = new Set();
});

/** The old key dies after it was cached. */
async function rotate(): Promise<void> {
  await handle.use(send);
  calls = [];
  secret.current = "v2";
  dead.add("v1");
}

describe("a rejected key", () => {
  it("is read anew at once and the call is made once more with the new one", async () => {
    await rotate();
    expect(await handle.use(send)).toEqual({ status: 200, with: "v2" });
    expect(calls).toEqual(["v1", "v2"]);
    expect(secret.reads).toBe(2);
  });

  it("is known by an error that is thrown with status 401, too", async () => {
    await rotate();
    const throwing = async (key: Key) => {
      const answer = await send(key);
      if (answer.status === 401)
        throw Object.assign(new Error("Unauthorized"), { response: { status: 401 } });
      return answer;
    };
    expect(await handle.use(throwing)).toEqual({ status: 200, with: "v2" });
  });

  it("is read anew once for 1,000 callers that meet it at the same time", async () => {
    await rotate();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => handle.use(send)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(secret.reads).toBe(2);
    expect(calls).toHaveLength(2000);
  });

  it("is read anew once for callers that meet it one after the other, while the read is under way and after it", async () => {
    await rotate();
    secret.mode = "held";
    const first = handle.use(send);
    await settle();
    await settle();
    const second = handle.use(send);
    await settle();
    await settle();
    secret.release();
    const late = handle.use(send);
    expect((await Promise.all([first, second, late])).map((answer) => answer.with)).toEqual([
      "v2",
      "v2",
      "v2",
    ]);
    expect(secret.reads).toBe(2);
  });

  it("needs no read where another caller has the new key by then", async () => {
    await rotate();
    let answer: (() => void) | undefined;
    const slow = handle.use(async (key) => {
      const result = await send(key);
      if (key.keyId === "v1") await new Promise<void>((resolve) => (answer = resolve));
      return result;
    });
    await settle();
    await handle.use(send);
    await settle();
    answer?.();
    expect(await slow).toMatchObject({ with: "v2" });
    expect(secret.reads).toBe(2);
  });

  it("is read again where a read under way may have begun before it was replaced", async () => {
    await handle.use(send);
    clock.pass(4.9 * 60_000);
    secret.mode = "held";
    await handle.get();
    secret.current = "v2";
    dead.add("v1");
    const answers = Promise.all([handle.use(send), handle.use(send)]);
    await settle();
    await settle();
    secret.release();
    expect((await answers).map((answer) => answer.with)).toEqual(["v2", "v2"]);
    expect(secret.reads).toBe(3);
  });

  it("is not brought back by an older read that was held up on its way", async () => {
    await handle.use(send);
    clock.pass(4.9 * 60_000);
    secret.mode = "held";
    await handle.get();
    clock.pass(5001);
    secret.mode = "up";
    secret.current = "v2";
    dead.add("v1");
    await handle.use(send);
    secret.release();
    await settle();
    expect((await handle.get()).keyId).toBe("v2");
    expect(secret.reads).toBe(3);
  });

  it("is not tried again where there is no other key", async () => {
    dead.add("v1");
    expect(await handle.use(send)).toEqual({ status: 401, with: "v1" });
    expect(calls).toEqual(["v1"]);
  });

  it("is not looked for more than once a second where there is no other key", async () => {
    dead.add("v1");
    for (let i = 0; i < 100; i++) {
      await handle.use(send);
      clock.pass(50);
    }
    // One cold read, and one a second for five seconds.
    expect(secret.reads).toBe(6);
    expect(calls).toHaveLength(100);
  });

  it("gives the provider's answer where Secrets Manager is down", async () => {
    await rotate();
    secret.mode = "down";
    expect(await handle.use(send)).toEqual({ status: 401, with: "v1" });
    expect(calls).toEqual(["v1"]);
  });

  it("is tried with no key twice, where the next is rejected as well and there is no third", async () => {
    await rotate();
    dead.add("v2");
    expect(await handle.use(send)).toEqual({ status: 401, with: "v2" });
    expect(calls).toEqual(["v1", "v2"]);
  });

  /** The next key is dead as well by the time that it is sent with: a leak of all keys kills one after the other. */
  const dyingOn = (versions: readonly string[]) => async (key: Key) => {
    const next = versions[versions.indexOf(key.keyId ?? "") + 1];
    if (next !== undefined) {
      dead.add(key.keyId ?? "");
      secret.current = next;
    }
    return send(key);
  };

  it("is tried with the third, where the next died between its read and its use", async () => {
    await rotate();
    expect(await handle.use(dyingOn(["v2", "v3"]))).toEqual({ status: 200, with: "v3" });
    expect(calls).toEqual(["v1", "v2", "v3"]);
    expect(secret.reads).toBe(3);
  });

  it("is tried with three keys and no more, however fast they die", async () => {
    await rotate();
    expect(await handle.use(dyingOn(["v2", "v3", "v4"]))).toEqual({ status: 401, with: "v3" });
    expect(calls).toEqual(["v1", "v2", "v3"]);
  });

  it("is not tried again itself, where a stale read brings it back", async () => {
    await rotate();
    const stale = async (key: Key) => {
      if (key.keyId === "v2") {
        dead.add("v2");
        secret.current = "v1";
      }
      return send(key);
    };
    expect(await handle.use(stale)).toEqual({ status: 401, with: "v2" });
    expect(calls).toEqual(["v1", "v2"]);
  });
});

describe("what is not a rejection", () => {
  it.each([200, 400, 403, 404, 408, 429, 500, 503])(
    "HTTP %i is given back and never repeated",
    async (status) => {
      await rotate();
      const once = async ({ keyId = "" }: Key) => {
        calls.push(keyId);
        return { status };
      };
      expect(await handle.use(once)).toEqual({ status });
      expect(calls).toEqual(["v1"]);
      expect(secret.reads).toBe(1);
    },
  );

  it.each([
    ["a lost connection", Object.assign(new TypeError("fetch failed"), { code: "ECONNRESET" })],
    ["a timeout", new DOMException("The operation was aborted", "TimeoutError")],
    ["an error of the caller's own", new Error("401 is not a number here")],
    ["something that is no error", "401"],
  ])("%s is thrown as it is and never repeated", async (_, error) => {
    await rotate();
    const failing = async ({ keyId = "" }: Key) => {
      calls.push(keyId);
      throw error;
    };
    await expect(handle.use(failing)).rejects.toBe(error);
    expect(calls).toEqual(["v1"]);
  });

  it("is not called at all without a key", async () => {
    secret.mode = "down";
    await expect(handle.use(send)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE" });
    expect(calls).toEqual([]);
  });
});

describe("isRejected", () => {
  const isRejected = async (answer: unknown) => (answer as { code?: string }).code === "INVALID_KEY";
  const refusing = async ({ keyId = "" }: Key) => {
    calls.push(keyId);
    return dead.has(keyId) ? { code: "INVALID_KEY" } : { code: "OK" };
  };

  it("replaces the test for all calls, or for one", async () => {
    handle = aHandle({ isRejected });
    await rotate();
    expect(await handle.use(refusing)).toEqual({ code: "OK" });
    handle = aHandle();
    secret.current = "v1";
    dead.clear();
    await rotate();
    expect(await handle.use(refusing, { isRejected })).toEqual({ code: "OK" });
  });

  it("is asked about what is thrown as well", async () => {
    handle = aHandle({ isRejected: (answer) => answer instanceof RangeError });
    await rotate();
    const throwing = async (key: Key) => {
      if (dead.has(key.keyId ?? "")) throw new RangeError("no such key");
      return "sent";
    };
    expect(await handle.use(throwing)).toBe("sent");
  });

  it.each([
    ["fetch", new Response(null, { status: 401 })],
    ["http", { statusCode: 401 }],
    ["axios", Object.assign(new Error(), { response: { status: 401 } })],
    ["Twilio", Object.assign(new Error(), { status: 401, code: 20003 })],
    ["SendGrid", Object.assign(new Error(), { code: 401 })],
    ["the AWS SDK", Object.assign(new Error(), { $metadata: { httpStatusCode: 401 } })],
  ])("knows by default how %s says 401", async (_, answer) => {
    await rotate();
    const work = async ({ keyId = "" }: Key): Promise<unknown> => {
      calls.push(keyId);
      if (keyId === "v2") return "sent";
      if (answer instanceof Error) throw answer;
      return answer;
    };
    expect(await handle.use(work)).toBe("sent");
    expect(calls).toEqual(["v1", "v2"]);
  });
});
