import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request, as it came. */
export interface Asked {
  /** `POST /v1/Keys` */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a server answers that says whatever a test wants: a status and a body for each route, `GET /v1/Keys`. */
export type Answers = Record<string, { readonly status?: number; readonly body: unknown } | undefined>;

export interface Stub {
  readonly url: string;
  readonly answers: Answers;
  readonly asked: readonly Asked[];
  close(): void;
}

export const NOT_FOUND = { status: 404, body: { code: 20404, message: "not found", status: 404 } };

/** Starts a server on loopback that answers any shape, where the sandbox has only its own. Unknown routes get 404. */
export async function startStub(): Promise<Stub> {
  const answers: Answers = {};
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://stub");
      const route = `${request.method} ${pathname}`;
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString("utf8")));
      asked.push({ route, query: Object.fromEntries(searchParams), form, headers: request.headers });
      const page = searchParams.get("PageToken");
      const { status = 200, body } = answers[page === null ? route : `${route} ${page}`] ?? NOT_FOUND;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
