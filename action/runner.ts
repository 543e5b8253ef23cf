import * as core from "@actions/core";
import type { Failure } from "./failure.ts";

/** What came of the work, as the job shows it. */
export interface Report {
  /** Why the job is red; absent where it is green. */
  readonly failure?: Failure;
  /** What went wrong beside the work: it does not make the job red. */
  readonly warnings?: readonly Failure[];
  /** By their names in action.yml. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown for the job's page. */
  readonly summary: string;
}

/** Shows what came of the work: outputs, summary, an annotation and the exit code where it is red. */
export async function report({ failure, warnings = [], outputs, summary }: Report): Promise<void> {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  if (failure) setFailed(failure);
  for (const { title, message } of warnings) core.warning(message, { title });
  await writeSummary(summary);
}

/** Shows why there was no work to do, or none that could be done. */
export async function reportFailure(failure: Failure): Promise<void> {
  setFailed(failure);
  await writeSummary(
    `## dualkey: failed\n\n:x: What is the case, and what to do:\n\n\`\`\`text\n${failure.message}\n\`\`\`\n`,
  );
}

/** Writes a line to the job's log. */
export function log(line: string): void {
  // A line that starts with :: is a command to the runner; one of ours never does.
  core.info(`dualkey: ${line.replace(/[\r\n]+/g, " ")}`);
}

function setFailed({ title, message }: Failure): void {
  process.exitCode = core.ExitCode.Failure;
  core.error(message, { title });
}

async function writeSummary(markdown: string): Promise<void> {
  // Runners other than GitHub's may have no summaries.
  if (process.env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(markdown, true).write();
}
