import { createHash, randomUUID } from "node:crypto";
import type { Inputs } from "./inputs.ts";
import { regionOf } from "./read-input.ts";

/** The job that this runs in, as far as it matters. */
export interface Run {
  readonly region: string;
  /** `owner/name`; absent outside of a runner. */
  readonly repository?: string;
  /** The run's page; absent outside of a runner. */
  readonly url?: string;
  /** What AWS is told of the caller, in pairs of name and value. */
  readonly userAgent: [string, string][];
  /** Makes the token of a rotation, which becomes the id of its version. */
  tokenFor(secretArn: string): string;
}

/** Reads the job's variables, all of which are missing outside of a runner. */
export function readRun(environment: NodeJS.ProcessEnv, { operation }: Pick<Inputs, "operation">): Run {
  const { GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT = "1" } = environment;
  const server = environment.GITHUB_SERVER_URL || "https://github.com";
  const run =
    GITHUB_RUN_ID && GITHUB_REPOSITORY
      ? { repository: GITHUB_REPOSITORY, id: GITHUB_RUN_ID, attempt: GITHUB_RUN_ATTEMPT }
      : undefined;
  return {
    region: regionOf(environment) ?? "",
    ...(run === undefined
      ? {}
      : { repository: run.repository, url: `${server}/${run.repository}/actions/runs/${run.id}` }),
    userAgent: [
      ["dualkey-action", operation],
      ["github-run", run === undefined ? "none" : `${run.id}.${run.attempt}`],
    ],
    tokenFor: (arn) =>
      run === undefined ? randomUUID() : uuidOf(`${run.repository} ${run.id} ${run.attempt} ${arn}`),
  };
}

/**
 * A UUID of version 8 (free content, RFC 9562 section 5.8) from a hash: the same text gives the same one, so that an
 * attempt of a job starts one rotation of a secret, however often it asks.
 */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
