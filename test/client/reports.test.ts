import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatReport, type Key, type KeyOptions, type KeyReport, keyFor } from "../../client/index.ts";
import { CONSUMER_METRICS } from "../../contract/consumer-report.ts";
import { materialOf, NAME, settle, TestClock, TestSecret } from "./a-secret.ts";
import { isEmbeddedMetric } from "./embedded-metric.ts";

const MINUTE = 60_000;
let clock: TestClock;
let secret: TestSecret;
let reported: KeyReport[];
let dead: Set<string>;

beforeEach(() => {
  clock = new TestClock();
  secret = new TestSecret();
  reported = [];
  dead = new Set();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const aHandle = (options: KeyOptions = {}) =>
  keyFor(NAME, {
    client: secret.client,
    clock,
    consumer: "login",
    report: (one) => reported.push(one),
    ...options,
  });
const send = ({ keyId = "" }: Key) => ({ status: dead.has(keyId) ? 401 : 200 });
/** Lets time pass, with the timers that fall into it. */
const pass = (ms: number) => {
  clock.pass(ms);
  vi.advanceTimersByTime(ms);
};
const counts = () => reported.map(({ version, sends, rejections }) => [version, sends, rejections]);

describe("a report", () => {
  it("has the sends of a minute in one piece, under the names of the secret and the consumer", async () => {
    const handle = aHandle();
    const startedAt = clock.unix;
    await handle.use(send);
    pass(30_000);
    await handle.use(send);
    expect(reported).toEqual([]);
    pass(30_000);
    expect(reported).toEqual([
      { secret: NAME, consumer: "login", version: "v1", sends: 2, rejections: 0, atMs: startedAt + 30_000 },
    ]);
  });

  it("has the secret's name where it was asked for by its ARN", async () => {
    const arn = `arn:aws:secretsmanager:eu-west-1:1:secret:${NAME}-AbCdEf`;
    const report = (one: KeyReport) => reported.push(one);
    const handle = keyFor(arn, { client: secret.client, clock, consumer: "login", report });
    await handle.use(send);
    handle.flush();
    expect(reported[0]?.secret).toBe(NAME);
  });

  it("has both versions of a minute in which the key was rejected and replaced", async () => {
    const handle = aHandle();
    await handle.use(send);
    secret.current = "v2";
    dead.add("v1");
    await handle.use(send);
    handle.flush();
    expect(counts()).toEqual([
      ["v1", 1, 1],
      ["v2", 1, 0],
    ]);
  });

  it("has as sends what the provider has answered, whatever it said, and no lost connection", async () => {
    const handle = aHandle();
    await handle.use(() => ({ status: 500 }));
    const refused = Object.assign(new Error(), { status: 400 });
    await handle.use(() => Promise.reject(refused)).catch(() => undefined);
    await handle.use(() => Promise.reject(new TypeError("fetch failed"))).catch(() => undefined);
    handle.flush();
    expect(counts()).toEqual([["v1", 2, 0]]);
  });

  it("has a 0 for a version that was tried and never answered: it is in use", async () => {
    const handle = aHandle();
    await handle.use(() => Promise.reject(new TypeError("fetch failed"))).catch(() => undefined);
    handle.flush();
    expect(counts()).toEqual([["v1", 0, 0]]);
  });

  it("says 0 each minute of the version that is held, and nothing of one that was left", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 120 });
    await handle.use(send);
    clock.pass(MINUTE);
    secret.current = "v2";
    await handle.use(send);
    reported = [];
    pass(MINUTE);
    pass(MINUTE);
    expect(counts()).toEqual([
      ["v2", 1, 0],
      ["v2", 0, 0],
    ]);
    expect(reported[1]?.atMs).toBe(clock.unix);
  });

  it("ends where the key that is held may not be used any more without a look", async () => {
    const handle = aHandle({ cacheSeconds: 60, staleSeconds: 120 });
    await handle.use(send);
    for (let minute = 0; minute < 60; minute++) pass(MINUTE);
    expect(reported).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes out with the next use where a timer did not fire in time, as in Lambda", async () => {
    const handle = aHandle();
    const usedAt = clock.unix;
    await handle.use(send);
    clock.pass(30 * MINUTE);
    secret.current = "v2";
    await handle.use(send);
    expect(reported.slice(0, 1)).toMatchObject([{ version: "v1", sends: 1, atMs: usedAt }]);
    handle.flush();
    expect(counts().slice(-1)).toEqual([["v2", 1, 0]]);
  });

  it("is not written of what only reads the key", async () => {
    const handle = aHandle();
    await handle.get();
    pass(5 * MINUTE);
    handle.flush();
    expect(reported).toEqual([]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
  ])("fails no send where its function %s", async (_, report) => {
    const handle = aHandle({ report });
    await handle.use(send);
    handle.flush();
    await settle();
    expect(await handle.use(send)).toEqual({ status: 200 });
  });
});

describe("the line", () => {
  it("is CloudWatch's embedded metric format, with the names of the contract and no key", async () => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const handle = aHandle({ report: "emf" });
    await handle.use(send);
    handle.flush();
    const lines = written.mock.calls.map(([text]) => String(text));
    written.mockRestore();
    expect(lines).toEqual([
      '{"_aws":{"Timestamp":1767225600000,"CloudWatchMetrics":[{"Namespace":"Dualkey/Consumers",' +
        '"Dimensions":[["Secret","Consumer","Version"]],' +
        '"Metrics":[{"Name":"Sends","Unit":"Count"},{"Name":"Rejections","Unit":"Count"}]}]},' +
        '"Secret":"prod/otp/startmessaging","Consumer":"login","Version":"v1","Sends":1,"Rejections":0}\n',
    ]);
    expect(lines.join()).not.toContain(materialOf("v1"));
  });

  it("is valid by the specification of the format", () => {
    const line = formatReport({
      secret: NAME,
      consumer: "login",
      version: "v1",
      sends: 3,
      rejections: 1,
      atMs: 7.5,
    });
    expect(isEmbeddedMetric(JSON.parse(line))).toBe(true);
    expect(JSON.parse(line)).toMatchObject({ [CONSUMER_METRICS.sends]: 3, [CONSUMER_METRICS.rejections]: 1 });
    expect(isEmbeddedMetric({ ...JSON.parse(line), Sends: "3" })).toBe(false);
  });
});

describe("where it goes", () => {
  it("is stdout in Lambda, under the function's name", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "login-fn");
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const handle = keyFor(NAME, { client: secret.client, clock });
    await handle.use(send);
    handle.flush();
    const [line] = written.mock.calls.map(([text]) => String(text));
    written.mockRestore();
    expect(line).toContain('"Consumer":"login-fn"');
  });

  it("is nowhere without a name, and where it is turned off", async () => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    for (const options of [{}, { consumer: "login", report: "none" }] as const) {
      const handle = keyFor(NAME, { client: secret.client, clock, ...options });
      await handle.use(send);
      handle.flush();
      pass(MINUTE);
    }
    const calls = written.mock.calls.length;
    written.mockRestore();
    expect(calls).toBe(0);
  });
});

describe("a process that ends", () => {
  const PROGRAM = `
    import { keyFor } from "./client/index.ts";
    const SecretString = JSON.stringify({ apiKey: "k" });
    const client = { send: async () => ({ SecretString, Name: "prod/otp", VersionId: "v1" }) };
    await keyFor("prod/otp", { client, consumer: "login" }).use(() => ({ status: 200 }));
  `;

  it("is held up by no timer, and writes what it has counted", () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const args = ["--input-type=module", "-e", PROGRAM];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ Consumer: "login", Version: "v1", Sends: 1 });
  });
});
