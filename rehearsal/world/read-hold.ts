import type { LogLine } from "../aws/lambda-fleet.ts";

/** What a function's log says of something that has to wait and that a person should know of: what an alarm leads to. */
export interface AlarmingHold {
  readonly because: string;
  readonly versionId: string | undefined;
}

/** @returns nothing where the line tells of no alarm */
export function readHold({ line }: LogLine): AlarmingHold | undefined {
  const entry = parse(line);
  if (entry.level !== "WARN" || entry.message !== "something is owed and has to wait") return undefined;
  return { because: entry.because ?? "", versionId: entry.versionId };
}

interface Entry {
  readonly level?: string;
  readonly message?: string;
  readonly because?: string;
  readonly versionId?: string;
}

function parse(line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return {};
  }
}
