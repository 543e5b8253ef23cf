import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault, FaultMoment } from "./_faults.ts";

/** As Express's JSON parser has it by default. */
const MAX_BODY_BYTES = 100 * 1024;

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The text of the body; `undefined` where it was too large. */
  readonly body: string | undefined;
  /** The left-most X-Forwarded-For, else the peer. */
  readonly clientIp: string;
  header(name: string): string | undefined;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; a text with a content type among the headers as it is; `undefined` as no body. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a vendor's fake gives to the server that all fakes share. */
export interface Gateway {
  /** Applies a request, at once and whole. */
  answer(request: Request): Answer;
  faultFor(request: Request): Fault | undefined;
  /** Writes an error as the vendor does. */
  error(status: number, detail: { readonly code?: string; readonly message?: string }): unknown;
}

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a gateway on loopback, real HTTP, and plays its faults. */
export async function startServer(gateway: Gateway, port: number): Promise<Server> {
  const timers = new Set<NodeJS.Timeout>();
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  const server = createServer((message, response) => {
    serve({ gateway, wait, message, response }).catch((error: unknown) => {
      // A bug of the fake must not pass for a network fault.
      if (response.headersSent || response.destroyed) return;
      write(response, { status: 500, body: gateway.error(500, { message: `sandbox: ${error}` }) });
    });
  });
  // Longer than any client keeps an idle connection: a reset that nobody asked for would look like a fault.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly gateway: Gateway;
  readonly wait: (ms: number) => Promise<void>;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(exchange: Exchange): Promise<void> {
  const { gateway, message, response } = exchange;
  const request = await readRequest(message);
  const fault = gateway.faultFor(request);
  if (await isEndedBy(fault, "before", exchange)) return;
  const answer = gateway.answer(request);
  if (await isEndedBy(fault, "after", exchange)) return;
  write(response, answer);
}

async function isEndedBy(
  fault: Fault | undefined,
  moment: FaultMoment,
  exchange: Exchange,
): Promise<boolean> {
  const { gateway, response, wait } = exchange;
  if (!fault || momentOf(fault) !== moment) return false;
  switch (fault.kind) {
    case "delay":
      await wait(fault.ms);
      return false;
    case "hang":
      return true;
    case "drop":
      response.socket?.resetAndDestroy();
      return true;
    case "garble":
      response.writeHead(200, { "content-type": "text/html" }).end("<html><title>Welcome</title></html>");
      return true;
    case "throttle": {
      const headers = { "retry-after": String(fault.retryAfterSeconds ?? 1) };
      write(response, { status: 429, body: gateway.error(429, {}), headers });
      return true;
    }
    case "answer": {
      const { status, headers = {} } = fault;
      write(response, { status, body: gateway.error(status, fault), headers });
      return true;
    }
  }
}

function momentOf(fault: Fault): FaultMoment {
  if (fault.kind === "throttle") return "before";
  return fault.kind === "garble" ? "after" : fault.moment;
}

async function readRequest(message: IncomingMessage): Promise<Request> {
  const url = new URL(message.url ?? "/", "http://gateway");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  const header = (name: string): string | undefined => {
    const value = message.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const forwarded = header("x-forwarded-for")?.split(",")[0]?.trim();
  const peer = (message.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, "");
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    body: size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8"),
    clientIp: forwarded || peer,
    header,
  };
}

function write(response: ServerResponse, { status, body, headers }: Answer): void {
  const isRaw = typeof body === "string" && headers?.["content-type"] !== undefined;
  const text = isRaw ? body : JSON.stringify(body);
  if (text === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
