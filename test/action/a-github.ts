import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { JOB_TOKEN } from "./a-runner.ts";

/** An issue as the fake keeps it. */
export interface FakeIssue {
  readonly number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  labels: string[];
  readonly comments: string[];
  readonly isPullRequest: boolean;
}

/** How the fake differs from a private repository whose token may write issues. */
export interface GitHubSettings {
  isPublic: boolean;
  /** What every call but a look at the repository is answered with. */
  refuses: { status: number; headers?: Record<string, string> } | undefined;
  /** The token may not make labels, and GitHub drops those of new issues without a word. */
  dropsLabels: boolean;
  /** Creations that are carried out, and whose answer is lost. */
  loseAnswers: number;
  perPage: number;
  /** Called when an issue is about to be made: somebody else may be first. */
  beforeCreate: (() => void) | undefined;
}

/** A small, strict part of GitHub's REST API, for one repository. */
export interface FakeGitHub {
  readonly url: string;
  readonly issues: FakeIssue[];
  /** `GET /repos/acme/infra/issues?…`, in the order of their arrival. */
  readonly calls: string[];
  readonly settings: GitHubSettings;
  add(issue: Partial<FakeIssue>): FakeIssue;
  reset(): void;
  close(): Promise<void>;
}

const REPO = "/repos/acme/infra";
const MAX_BODY = 65_536;

const normal = (): GitHubSettings => ({
  isPublic: false,
  refuses: undefined,
  dropsLabels: false,
  loseAnswers: 0,
  perPage: 100,
  beforeCreate: undefined,
});

export async function startGitHub(): Promise<FakeGitHub> {
  const issues: FakeIssue[] = [];
  const labels = new Set<string>();
  const calls: string[] = [];
  const settings = normal();

  const add = (issue: Partial<FakeIssue>): FakeIssue => {
    const made: FakeIssue = {
      number: issues.length + 1,
      title: "",
      body: "",
      state: "open",
      labels: ["dualkey-incident"],
      comments: [],
      isPullRequest: false,
      ...issue,
    };
    issues.push(made);
    return made;
  };

  function answer({ headers, ...request }: Request): Reply {
    if (headers.authorization !== `token ${JOB_TOKEN}`)
      return { status: 401, body: { message: "Bad credentials" } };
    if (!headers["user-agent"]?.includes("dualkey-action"))
      return { status: 403, body: { message: "who asks?" } };
    const { url, method, body } = request;
    if (!url.pathname.startsWith(REPO)) return NOT_FOUND;
    const route = `${method} ${url.pathname.slice(REPO.length)}`;
    if (route === "GET ")
      return { status: 200, body: { full_name: "acme/infra", private: !settings.isPublic } };
    if (settings.refuses) return { body: { message: "refused" }, ...settings.refuses };
    if (route === "GET /issues") return list(url);
    if (route === "POST /labels") return makeLabel(body);
    if (route === "POST /issues") return create(body);
    const [, verb, number, comments] = /^(\w+) \/issues\/(\d+)(\/comments)?$/.exec(route) ?? [];
    const issue = issues.find((any) => any.number === Number(number));
    if (issue === undefined) return NOT_FOUND;
    if (verb === "PATCH" && comments === undefined) return update(issue, body);
    if (verb !== "POST" || comments === undefined) return NOT_FOUND;
    issue.comments.push(textOf(body.body));
    return { status: 201, body: {} };
  }

  /** Newest first, 30 a page where nothing is said, and the next page in a header. */
  function list(url: URL): Reply {
    const {
      labels: label,
      state = "open",
      per_page = "30",
      page = "1",
    } = Object.fromEntries(url.searchParams);
    const size = Math.min(Number(per_page), settings.perPage);
    const found = issues
      .filter(
        (issue) => (state === "all" || issue.state === state) && (!label || issue.labels.includes(label)),
      )
      .sort((a, b) => b.number - a.number);
    const from = (Number(page) - 1) * size;
    const next = new URL(url.pathname + url.search, baseUrl());
    next.searchParams.set("page", String(Number(page) + 1));
    const headers = from + size < found.length ? { link: `<${next}>; rel="next"` } : {};
    return { status: 200, body: found.slice(from, from + size).map(shown), headers };
  }

  function makeLabel({ name }: Body): Reply {
    if (settings.dropsLabels)
      return { status: 403, body: { message: "Resource not accessible by integration" } };
    if (labels.has(textOf(name))) return invalid("already_exists");
    labels.add(textOf(name));
    return { status: 201, body: { name } };
  }

  function create(body: Body): Reply {
    settings.beforeCreate?.();
    const problem = problemOf(body);
    if (problem) return invalid(problem);
    const named = settings.dropsLabels ? [] : (body.labels as string[]);
    const issue = add({ title: textOf(body.title), body: textOf(body.body), labels: named });
    if (settings.loseAnswers-- > 0) return { status: 502, body: { message: "Bad Gateway" } };
    return { status: 201, body: shown(issue) };
  }

  function update(issue: FakeIssue, body: Body): Reply {
    const unknown = Object.keys(body).filter((name) => !["body", "state"].includes(name));
    const problem = unknown.length > 0 ? `unknown: ${unknown}` : problemOf({ title: "-", ...body });
    if (problem) return invalid(problem);
    if (body.body !== undefined) issue.body = textOf(body.body);
    if (body.state !== undefined) issue.state = body.state as FakeIssue["state"];
    return { status: 200, body: shown(issue) };
  }

  const server = createServer(async (request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? "", "http://github");
    const { method = "", headers } = request;
    const reply = answer({ method, url, headers, body: await bodyOf(request) });
    response.writeHead(reply.status, { "Content-Type": "application/json; charset=utf-8", ...reply.headers });
    response.end(JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: baseUrl(),
    issues,
    calls,
    settings,
    add,
    reset: () => {
      issues.length = 0;
      calls.length = 0;
      labels.clear();
      Object.assign(settings, normal());
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Body = Readonly<Record<string, unknown>>;

interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: Body;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const NOT_FOUND: Reply = { status: 404, body: { message: "Not Found" } };

function invalid(message: string): Reply {
  return { status: 422, body: { message: "Validation Failed", errors: [{ message }] } };
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

function problemOf({ title, body }: Body): string | undefined {
  if (textOf(title) === "" || textOf(title).length > 256) return "title is missing, or too long";
  return textOf(body).length > MAX_BODY ? `body is too long (maximum is ${MAX_BODY} characters)` : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function shown({ number, title, body, state, labels, isPullRequest }: FakeIssue): unknown {
  return {
    number,
    title,
    body: body === "" ? null : body,
    state,
    html_url: `https://github.com/acme/infra/issues/${number}`,
    labels: labels.map((name) => ({ name })),
    ...(isPullRequest ? { pull_request: {} } : {}),
  };
}
