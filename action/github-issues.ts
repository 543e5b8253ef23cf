import { getOctokit } from "@actions/github";
import { INCIDENT_LABEL, type Issue, type Issues, IssuesError } from "./issues.ts";

const CALL_MS = 10_000;

/**
 * Connects to GitHub at `GITHUB_API_URL`, which is another one on GitHub Enterprise Server.
 *
 * @param repository `owner/name`
 */
export function connectIssues(token: string, repository: string): Issues {
  const [owner = "", repo = ""] = repository.split("/");
  const octokit = getOctokit(token, { userAgent: "dualkey-action", log: SILENT });
  octokit.hook.wrap("request", async (request, options) => {
    options.request.signal = AbortSignal.timeout(CALL_MS);
    try {
      return await request(options);
    } catch (error) {
      throw issuesError(error, repository);
    }
  });
  const { rest } = octokit;
  const here = { owner, repo };
  return {
    isPublic: async () => !(await rest.repos.get(here)).data.private,
    list: async () => {
      const all = await octokit.paginate(rest.issues.listForRepo, {
        ...here,
        labels: INCIDENT_LABEL,
        state: "all",
        per_page: 100,
      });
      return all.filter((issue) => issue.pull_request === undefined).map(toIssue);
    },
    create: async (text) => {
      // Without it, an issue would have no label where the token may not make one along the way.
      await rest.issues.createLabel({ ...here, ...LABEL }).catch(() => undefined);
      const { data } = await rest.issues.create({ ...here, ...text, labels: [INCIDENT_LABEL] });
      return toIssue(data);
    },
    update: async (number, change) => {
      const { data } = await rest.issues.update({ ...here, issue_number: number, ...change });
      return toIssue(data);
    },
    comment: async (number, body) => {
      await rest.issues.createComment({ ...here, issue_number: number, body });
    },
  };
}

/** The client warns of what it finds deprecated, in a log where the key's end should stand. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const LABEL = {
  name: INCIDENT_LABEL,
  color: "b60205",
  description: "A leaked key, or a drill: dualkey finds its post-mortems by this label",
};

interface RestIssue {
  readonly number: number;
  readonly html_url: string;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly state: string;
  readonly labels: readonly (string | { readonly name?: string | null })[];
}

function toIssue({ number, html_url, title, body, state, labels }: RestIssue): Issue {
  const names = labels.map((label) => (typeof label === "string" ? label : (label.name ?? "")));
  return { number, url: html_url, title, body: body ?? "", isOpen: state === "open", labels: names };
}

interface HttpError {
  readonly status?: number;
  readonly message?: string;
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>> };
}

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
function issuesError(error: unknown, repository: string): IssuesError {
  const { status, message = "", response } = (error ?? {}) as HttpError;
  // Without a response, the status is the client's own invention.
  if (response === undefined) {
    return new IssuesError("GitHub cannot be reached. Run the job again when it is", {
      isTransient: true,
      cause: error,
    });
  }
  const isLimited =
    status === 429 ||
    response.headers?.["x-ratelimit-remaining"] === "0" ||
    response.headers?.["retry-after"] !== undefined;
  const isTransient = !isLimited && (status ?? 0) >= 500;
  const advice = isLimited
    ? LIMITED
    : (ADVICE[status ?? 0]?.(repository) ?? `Run the job again. GitHub says: ${message.slice(0, 200)}`);
  return new IssuesError(`GitHub answers HTTP ${status}. ${advice}`, { isTransient, cause: error });
}

const LIMITED = "Its rate limit is used up: run the job again in an hour";

const PERMIT = (repository: string) =>
  `The token may not write issues of ${repository}: give the job permissions: issues: write, and contents: read`;

const ADVICE: Readonly<Record<number, (repository: string) => string>> = {
  401: () =>
    "It does not accept the token of input github-token: leave the input out, or give one that is valid",
  403: PERMIT,
  404: PERMIT,
  410: (repository) =>
    `Issues are switched off in ${repository}: switch them on in its settings, or set post-mortem: false`,
};
