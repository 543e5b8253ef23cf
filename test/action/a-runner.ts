import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACTION_BUNDLE } from "../../action/build.ts";
import type { EmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";

/** What a step of a job left behind. */
export interface Step {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  readonly summary: string;
  /** Everything that the step wrote, wherever. */
  readonly everything: string;
}

/** How a step is run. */
export interface StepOptions {
  readonly inputs: Readonly<Record<string, string>>;
  /** On top of, or instead of, what a runner sets; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** When this resolves, the step is interrupted, as a job that is cancelled does. */
  readonly cancelled?: Promise<unknown>;
}

/** Runs the committed bundle as a step of a job: a process of its own, with a runner's environment and no other. */
export async function runStep(aws: EmbeddedAws, options: StepOptions): Promise<Step> {
  const folder = await mkdtemp(join(tmpdir(), "dualkey-step-"));
  const [outputFile, summaryFile] = [join(folder, "output"), join(folder, "summary")];
  await Promise.all([writeFile(outputFile, ""), writeFile(summaryFile, "")]);
  const files = { GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: summaryFile };
  const ended = await runBundle(
    { ...environmentOf(aws), ...files, ...inputsOf(options), ...options.env },
    options,
  );
  const [output, summary] = await Promise.all(
    [outputFile, summaryFile].map((file) => readFile(file, "utf8")),
  );
  await rm(folder, { recursive: true });
  const everything = [ended.stdout, ended.stderr, output, summary].join("\n");
  return { ...ended, outputs: parseOutputs(output ?? ""), summary: summary ?? "", everything };
}

/** As a job has it after a step with configure-aws-credentials. */
function environmentOf(aws: EmbeddedAws): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "acme/infra",
    GITHUB_RUN_ID: "4711",
    GITHUB_RUN_ATTEMPT: "1",
    AWS_REGION: aws.region,
    AWS_DEFAULT_REGION: aws.region,
    AWS_ACCESS_KEY_ID: "AKIACI",
    AWS_SECRET_ACCESS_KEY: "embedded-and-never-checked",
    AWS_SESSION_TOKEN: "a-session",
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

const ACTION_YML = await readFile(new URL("../../action.yml", import.meta.url), "utf8");

/** The job's own token, which is the default of an input. */
export const JOB_TOKEN = "ghs_the-token-of-the-job";

/** The runner hands over every input of action.yml, with its default where nothing was given. */
function inputsOf({ inputs }: StepOptions): NodeJS.ProcessEnv {
  const section = /^inputs:\n([\s\S]*?)^outputs:/m.exec(ACTION_YML)?.[1] ?? "";
  const defaults = section.matchAll(/^ {2}([\w-]+):\n(?: {4}.*\n)*? {4}default: (.*)$/gm);
  const all: Record<string, string> = {
    ...Object.fromEntries([...defaults].map(([, name, text = ""]) => [name ?? "", unquoted(text)])),
    ...inputs,
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, "$1").replace(/^\$\{\{ github\.token \}\}$/, JOB_TOKEN);
}

function runBundle(
  env: NodeJS.ProcessEnv,
  { cancelled }: StepOptions,
): Promise<Pick<Step, "exitCode" | "stdout" | "stderr">> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [ACTION_BUNDLE], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
    void cancelled?.then(() => child.kill("SIGINT"));
  });
}

/** `name<<delimiter`, lines, `delimiter`: how the toolkit writes outputs, and the runner reads them. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = "", , value = ""] of text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm)) {
    outputs[name] = value;
  }
  return outputs;
}
