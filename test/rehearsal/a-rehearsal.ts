import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../../rehearsal/report/report.ts";

const MAIN = fileURLToPath(new URL("../../rehearsal/main.ts", import.meta.url));

/** A rehearsal as a process of its own, as `npm start` starts it, in a folder of its own. */
export interface Rehearsal {
  readonly pid: number;
  /** All that it has printed so far, on both streams. */
  readonly printed: () => string;
  /** Resolves as soon as it has printed this. */
  until(text: string): Promise<void>;
  /** Resolves with its exit code, when it has ended. */
  readonly exitCode: Promise<number | null>;
  /** The report, as text and read. */
  report(): Promise<{ text: string; report: Report }>;
  clear(): Promise<void>;
}

/** Starts `main.ts` with these arguments. */
export async function aRehearsal(...args: string[]): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), "rehearsal-"));
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  return {
    pid: child.pid ?? 0,
    printed: () => text,
    until: (awaited) =>
      new Promise((resolve) => {
        const look = () => {
          if (text.includes(awaited)) resolve();
        };
        waiting.add(look);
        look();
      }),
    exitCode: once(child, "close").then(([code]: (number | null)[]) => code ?? null),
    report: async () => {
      const json = await readFile(join(folder, "out/rehearsal.json"), "utf8").catch((cause: unknown) => {
        throw new Error(`there is no report. The rehearsal printed:\n${text}`, { cause });
      });
      return { text: json, report: JSON.parse(json) as Report };
    },
    clear: () => rm(folder, { recursive: true }),
  };
}

/** The processes that a process has started, and those that these have. */
export function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const of = (parent: number): number[] =>
    pairs.flatMap(([child, of_]) => (of_ === parent && child !== undefined ? [child, ...of(child)] : []));
  return of(pid);
}

/** A process that has ended and that nobody has waited for yet ("Z") is not alive. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
