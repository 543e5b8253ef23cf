import type { IncidentRecord } from "../contract/incident-record.ts";
import type { PostMortemInputs } from "./inputs.ts";
import { INCIDENT_LABEL, type Issue, type IssueChange, type Issues, IssuesError } from "./issues.ts";
import { markerOf, type PostMortemText, updatePostMortem, writePostMortem } from "./post-mortem-text.ts";
import type { Run } from "./run.ts";
import { log } from "./runner.ts";

/** What became of a post-mortem. */
export interface PostMortemEnd {
  /** Of the issue, where there is one. */
  readonly url?: string;
  /** Why there is none, or what is wrong with it, and what to do. */
  readonly problem?: string;
  /** What the issue was to say, for people to paste. */
  readonly text?: PostMortemText;
}

/** Keeps an incident's issue. Never rejects: what goes wrong here is no news of the key. */
export interface PostMortems {
  /** @returns `undefined` where none is wanted */
  write(
    incident: IncidentRecord,
    inputs: PostMortemInputs,
    signal: AbortSignal,
  ): Promise<PostMortemEnd | undefined>;
}

/** What keeping issues takes. */
export interface PostMortemParts {
  readonly run: Pick<Run, "repository" | "url">;
  readonly connect: (token: string, repository: string) => Promise<Issues>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const TRIES = 3;
const PAUSE_MS = 2_000;

/** Keeps an incident's issue in the job's repository. */
export function createPostMortems({ run, connect, sleep }: PostMortemParts): PostMortems {
  return {
    write: async (incident, { wanted, token }, signal) => {
      if (wanted === "false") return undefined;
      const text = writePostMortem(incident, run.url);
      if (signal.aborted)
        return { problem: "the job was cancelled. Its text is below, to paste into one", text };
      if (run.repository === undefined) return { problem: "this is no job of GitHub's", text };
      if (token === "")
        return { problem: "input github-token is empty. Leave it out, for the job's own", text };
      try {
        const issues = await connect(token, run.repository);
        const writing = { incident, text, runUrl: run.url, issues, isForAll: wanted === "even-in-public" };
        return await keepTrying(writing, (ms) => sleep(ms, signal));
      } catch (error) {
        return { problem: reasonOf(error), text };
      }
    },
  };
}

const PUBLIC =
  "the repository is public, and the issue would tell everybody of the leak. Paste it where your people read it, or set post-mortem: even-in-public";

interface Writing {
  readonly incident: IncidentRecord;
  readonly text: PostMortemText;
  readonly runUrl: string | undefined;
  readonly issues: Issues;
  /** Whether everybody may read it. */
  readonly isForAll: boolean;
}

/** Every try looks first, so an issue whose creation was not answered is found, and not opened twice. */
async function keepTrying(writing: Writing, pause: (ms: number) => Promise<void>): Promise<PostMortemEnd> {
  for (let tries = 1; ; tries++) {
    try {
      return await keep(writing);
    } catch (error) {
      if (!(error instanceof IssuesError && error.isTransient) || tries === TRIES) throw error;
      log(`post-mortem: ${error.message}`);
      await pause(PAUSE_MS * tries);
    }
  }
}

async function keep(writing: Writing): Promise<PostMortemEnd> {
  const { incident, text, issues, isForAll } = writing;
  if (!isForAll && (await issues.isPublic())) return { problem: PUBLIC, text };
  const found = await find(incident, issues);
  const [oldest] = found;
  if (oldest !== undefined) return settle(found, writing);
  const created = await issues.create(text);
  log(`post-mortem: opened ${created.url}`);
  const problem = created.labels.includes(INCIDENT_LABEL) ? {} : { problem: unlabelled(created) };
  // Another job may have opened one since the look: the older one stays.
  const all = await find(incident, issues).catch(() => []);
  const others = all.filter(({ number }) => number !== created.number);
  if (others.length === 0) return { url: created.url, ...problem };
  const sorted = [...others, created].sort((a, b) => a.number - b.number);
  return { ...(await settle(sorted, writing)), ...problem };
}

/** @returns the oldest first */
async function find(incident: IncidentRecord, issues: Issues): Promise<readonly Issue[]> {
  const marker = markerOf(incident);
  const all = await issues.list();
  return all.filter(({ body }) => body.includes(marker)).sort((a, b) => a.number - b.number);
}

/** Brings the oldest issue up to date, and closes the others with a word where to go. */
async function settle(
  found: readonly Issue[],
  { incident, runUrl, issues }: Writing,
): Promise<PostMortemEnd> {
  const [oldest, ...newer] = found;
  if (oldest === undefined) return {};
  const change = changeOf(oldest, incident, runUrl);
  if (Object.keys(change).length > 0) {
    await issues.update(oldest.number, change);
    log(`post-mortem: updated ${oldest.url}`);
  }
  for (const { number, isOpen } of newer) {
    if (!isOpen) continue;
    await issues.comment(
      number,
      `The post-mortem of this incident is #${oldest.number}: two jobs wrote at once.`,
    );
    await issues.update(number, { state: "closed" });
  }
  return { url: oldest.url };
}

/** What people have closed stays closed, but for a key that works. */
function changeOf(issue: Issue, incident: IncidentRecord, runUrl: string | undefined): IssueChange {
  const body = updatePostMortem(issue.body, incident, runUrl);
  const isReopened = !issue.isOpen && incident.state === "open";
  return { ...(body === issue.body ? {} : { body }), ...(isReopened ? { state: "open" } : {}) };
}

function unlabelled({ url }: Issue): string {
  return `${url} has no label ${INCIDENT_LABEL}, by which the next run finds it. Give it the label by hand`;
}

function reasonOf(error: unknown): string {
  if (error instanceof IssuesError) return error.message;
  return `something unexpected was thrown (${error instanceof Error ? error.name : typeof error}). Report this as a bug`;
}
