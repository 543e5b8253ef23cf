import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../../contract/errors.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { describeError } from "../../../core/aws/safe-error.ts";
import { createSecretStore } from "../../../core/aws/secret-store.ts";
import { ARN, aCall, failureOf, KEY, NEW, NOW_MS, OLD } from "./a-secret.ts";

/** What the service does with one request: answer with an error, hang up, or send a body that is no JSON. */
type Answer = { readonly status: number; readonly error: string } | "hang-up" | "garbage" | "ok";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A store on the real SDK, which talks to a service that gives these answers in turn. */
async function aStoreThatGets(...answers: Answer[]) {
  let received = 0;
  server = createServer((request, response) => {
    request.resume();
    const answer = answers[received++] ?? "ok";
    if (answer === "hang-up") return void request.socket.destroy();
    if (answer === "garbage") return void response.end(`{"SecretString":"${KEY}`);
    if (answer === "ok") return void response.end("{}");
    response.statusCode = answer.status;
    response.end(JSON.stringify({ __type: answer.error, message: `about ${KEY}` }));
  });
  await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const client = new SecretsManagerClient({
    region: "ap-south-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "none" },
    maxAttempts: 3,
  });
  const reading = { fieldNames: ["apiKey"], shape: { value: "json" as const } };
  const store = createSecretStore({ client, secretId: ARN, now: () => NOW_MS, ...reading });
  return { store, received: () => received };
}

const KEY_TO_STORE = {
  versionId: NEW,
  key: { fields: { apiKey: new Sensitive(KEY) }, keyId: "key_2" },
  labels: [{ kind: "live", v8: "9ee00000", atMs: NOW_MS }],
} as const;
const denied = { status: 400, error: "AccessDeniedException" };
const broken = { status: 500, error: "InternalServiceError" };
const throttled = { status: 400, error: "ThrottlingException" };

describe("a retry of the SDK that nobody sees", () => {
  it("succeeds for a put whose first answer was lost, since its own content is there", async () => {
    const { store, received } = await aStoreThatGets("hang-up", "ok");
    await store.store(KEY_TO_STORE, aCall());
    expect(received()).toBe(2);
  });

  it("turns a refusal into an unknown outcome when an earlier try may have been applied", async () => {
    const { store } = await aStoreThatGets(broken, denied);
    expect(await failureOf(store.store(KEY_TO_STORE, aCall()))).toBeInstanceOf(OutcomeUnknownError);
  });

  it("leaves a refusal definite when the earlier tries were only throttled", async () => {
    const { store } = await aStoreThatGets(throttled, denied);
    expect(await failureOf(store.store(KEY_TO_STORE, aCall()))).toBeInstanceOf(ProviderRejectedError);
  });

  it("is no reason to doubt that all tries were throttled", async () => {
    const { store, received } = await aStoreThatGets(throttled, throttled, throttled);
    expect(await failureOf(store.store(KEY_TO_STORE, aCall()))).toBeInstanceOf(ProviderUnavailableError);
    expect(received()).toBe(3);
  });

  it("shows a move that is done already as stale, so that the caller looks", async () => {
    const { store } = await aStoreThatGets(broken, { status: 400, error: "InvalidParameterException" });
    const error = await failureOf(store.promote({ from: OLD, to: NEW }, aCall()));
    expect(error).toBeInstanceOf(StaleStateError);
  });

  it("knows that nothing was applied when nobody listens", async () => {
    const { store } = await aStoreThatGets();
    await new Promise((done) => server?.close(done));
    const error = await failureOf(store.promote({ from: OLD, to: NEW }, aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
  });

  it("ends with the run that gave up, and what it sent may have been applied", async () => {
    const run = new AbortController();
    const { store } = await aStoreThatGets();
    server?.removeAllListeners("request").on("request", () => run.abort());
    const error = await failureOf(store.store(KEY_TO_STORE, { signal: run.signal }));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
  });
});

describe("an error of the store", () => {
  it.each([
    ["a refused put", "store", [denied]],
    ["a put with a mistaken parameter", "store", [{ status: 400, error: "ValidationException" }]],
    ["a put whose answer is garbage", "store", ["garbage", "garbage", "garbage"]],
    ["a put that nobody answered", "store", ["hang-up", "hang-up", "hang-up"]],
    ["a look whose answer is garbage", "read", ["garbage", "garbage", "garbage"]],
  ] as const)("of %s holds the key nowhere, however it is printed", async (_, kind, answers) => {
    const { store } = await aStoreThatGets(...answers);
    const work = kind === "store" ? store.store(KEY_TO_STORE, aCall()) : store.read(aCall());
    const error = await failureOf(work);
    const printed = [
      inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
      JSON.stringify(error),
      JSON.stringify(describeError(error)),
      error.stack,
    ].join("\n");
    expect(printed).not.toContain(KEY);
    expect(printed).not.toContain(`"SecretString"`);
    expect(printed).not.toContain("$response");
  });
});
