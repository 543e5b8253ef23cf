import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { errorOf } from "../../../core/providers/_answer.ts";
import { Http, type HttpRequest, LONGEST_CALL_MS } from "../../../core/providers/_http.ts";
import { print } from "./contract.ts";

const KEY = `sk_live_${"5ecre7".repeat(6)}beef`;

type Step = (response: ServerResponse, request: IncomingMessage) => void;

const answer =
  (status: number, headers: Record<string, string> = {}, body = "{}"): Step =>
  (response) =>
    response.writeHead(status, headers).end(body);
const drop: Step = (response) => response.socket?.resetAndDestroy();
const hang: Step = () => {};

describe("a provider's HTTP", () => {
  const pauses: number[] = [];
  /** What the server does with each request, in order; the last one goes on. */
  let steps: Step[];
  let requests: IncomingMessage[];
  let close: () => void;
  let http: Http;
  let options: ConstructorParameters<typeof Http>[0];

  beforeEach(async () => {
    [pauses.length, steps, requests] = [0, [answer(200)], []];
    const server = createServer((request, response) => {
      requests.push(request);
      (steps[requests.length - 1] ?? steps.at(-1))?.(response, request);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close = () => {
      server.close();
      server.closeAllConnections();
    };
    options = {
      provider: "fake",
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      keyPattern: /sk_live_\w+/g,
      readError: (json) => (json as { error?: { code?: string; message?: string } } | undefined)?.error ?? {},
      sleep: async (ms) => {
        pauses.push(ms);
      },
    };
    http = new Http(options);
  });
  afterEach(() => close());

  const send = (method: HttpRequest["method"], signal = new AbortController().signal) =>
    http.send({ method, path: "/keys", headers: { "x-api-key": new Sensitive(KEY) }, signal });
  const errorFrom = async (work: Promise<unknown>): Promise<Error> => {
    const result = await work.catch((error: Error) => error);
    return result instanceof Error ? result : expect.fail("it succeeded");
  };

  it("sends the key in its header, and says who is calling", async () => {
    await send("GET");
    expect(requests[0]?.headers).toMatchObject({ "x-api-key": KEY, "user-agent": "dualkey" });
  });

  it.each([429, 500, 503])("never repeats a POST that got %i, whatever Retry-After says", async (status) => {
    steps = [answer(status, { "retry-after": "1" }), answer(201)];
    expect(await send("POST")).toMatchObject({ status, isRepeat: false });
    expect([requests.length, pauses]).toEqual([1, []]);
  });

  it("never repeats a POST whose connection broke", async () => {
    steps = [drop, answer(201)];
    expect(await errorFrom(send("POST"))).toBeInstanceOf(OutcomeUnknownError);
    expect(requests).toHaveLength(1);
  });

  it.each(["GET", "DELETE"] as const)("repeats a %s as late as Retry-After asks", async (method) => {
    steps = [answer(429, { "retry-after": "2" }), answer(200)];
    expect(await send(method)).toMatchObject({ status: 200, isRepeat: false });
    expect(pauses).toEqual([2_000]);
  });

  it("gives up at once where the vendor asks for more patience than a run has", async () => {
    steps = [answer(429, { "retry-after": "60" })];
    const error = errorOf(await send("GET"));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error.message).toBe(
      "fake: GET /keys was throttled, got HTTP 429 (retry after 60 s). Wait, then repeat it.",
    );
    expect([requests.length, pauses]).toEqual([1, []]);
  });

  it("gives up a GET after three attempts, each pause longer than the last", async () => {
    steps = [answer(500)];
    expect(errorOf(await send("GET"))).toBeInstanceOf(ProviderUnavailableError);
    expect([requests.length, pauses]).toEqual([3, [250, 500]]);
  });

  it("can take no longer than the fence allows for: 40 seconds", () => {
    expect(LONGEST_CALL_MS).toBe(40_000);
  });

  it.each([403, 429, 500])(
    "does not say that nothing was applied when a lost DELETE is followed by %i",
    async (status) => {
      steps = [drop, answer(status, { "retry-after": "9" })];
      const last = await send("DELETE");
      expect(last).toMatchObject({ status, isRepeat: true });
      expect(errorOf(last)).toBeInstanceOf(OutcomeUnknownError);
    },
  );

  it("does not say that nothing was applied when a lost DELETE is followed by silence", async () => {
    steps = [
      (response, request) => {
        drop(response, request);
        close();
      },
    ];
    expect(await errorFrom(send("DELETE"))).toBeInstanceOf(OutcomeUnknownError);
  });

  it.each(["POST", "DELETE", "GET"] as const)(
    "says that nothing was applied when nobody listens to a %s",
    async (method) => {
      close();
      const error = await errorFrom(send(method));
      expect(error).toBeInstanceOf(ProviderUnavailableError);
      expect(error.message).toContain("ECONNREFUSED");
      expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    },
  );

  it("gives up an attempt that gets no answer in time, and cannot say what became of a POST", async () => {
    http = new Http({ ...options, attemptTimeoutMs: 20 });
    steps = [hang];
    const error = await errorFrom(send("POST"));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error.message).toContain("timeout");
  });

  it("ends its wait for the next attempt when it is told to give up", async () => {
    const controller = new AbortController();
    http = new Http({
      ...options,
      sleep: (_ms, signal) => {
        controller.abort();
        return signal.aborted ? Promise.reject(new Error("aborted")) : Promise.resolve();
      },
    });
    steps = [answer(503)];
    expect(await errorFrom(send("GET", controller.signal))).toBeInstanceOf(ProviderUnavailableError);
    expect(requests).toHaveLength(1);
  });

  it.each([301, 302, 307, 308])(
    "follows no redirect (%i), and names the host that it pointed to",
    async (status) => {
      steps = [answer(status, { location: "https://elsewhere.example/keys" })];
      const error = errorOf(await send("POST"));
      expect(error).toBeInstanceOf(ProviderRejectedError);
      expect(error.message).toContain("elsewhere.example");
      expect(requests).toHaveLength(1);
    },
  );

  it("does not take a redirect that says done, look there, for a refusal", async () => {
    steps = [answer(303, { location: "/keys/1" })];
    expect(errorOf(await send("POST"))).toBeInstanceOf(OutcomeUnknownError);
  });

  it("reads no more than two megabytes", async () => {
    steps = [answer(200, {}, JSON.stringify({ data: "x".repeat(3_000_000) }))];
    expect((await send("GET")).json).toBeUndefined();
  });

  it("takes out of a refusal what looks like a key, its own or another, and cuts it short", async () => {
    const other = `sk_live_${"0123456789".repeat(4)}`;
    const error = { code: "FORBIDDEN", message: `no ${KEY} and no ${other} ${"long ".repeat(100)}` };
    steps = [answer(403, {}, JSON.stringify({ error }))];
    const shown = print(errorOf(await send("POST")));
    expect(shown).toContain("HTTP 403 FORBIDDEN");
    expect([shown.includes(KEY), shown.includes(other), shown.includes("long ".repeat(80))]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("takes out of a refusal whom it names: a phone number is a person", async () => {
    const error = {
      code: "400",
      message: "Recipient +919876543210 opted out of 5b8c0e3a-0000-4000-8000-000000000001",
    };
    steps = [answer(400, {}, JSON.stringify({ error }))];
    const shown = print(errorOf(await send("GET")));
    expect(shown).toContain(
      "Recipient [12 digits withheld] opted out of 5b8c0e3a-0000-4000-8000-000000000001",
    );
    expect(shown).not.toContain("9876543210");
  });

  it.each(["a key\nin two lines", "schlüssel", ""])(
    "does not send, nor quote, a key that is %j",
    async (text) => {
      const headers = { "x-api-key": new Sensitive(text) };
      const work = http.send({ method: "GET", path: "/", headers, signal: new AbortController().signal });
      const error = await errorFrom(work);
      expect(error).toBeInstanceOf(ProviderRejectedError);
      expect(requests).toHaveLength(0);
      expect(text !== "" && print(error).includes(text)).toBe(false);
    },
  );
});
