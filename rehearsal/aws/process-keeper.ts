import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Reads "+ pid" and "- pid" lines until whoever writes them is gone, and then kills the processes that are left. Ctrl-C
 * goes to all processes of a terminal: the keeper must outlive it.
 */
const SCRIPT = `
trap '' INT TERM HUP
live=' '
while read -r sign pid; do
  case $sign in
    +) live="$live$pid " ;;
    -) live="\${live%% $pid *} \${live#* $pid }" ;;
  esac
done
for pid in $live; do kill -9 "$pid" 2>/dev/null; done
`;

/**
 * Ends a host's processes when the host ends, however it ends: a frozen process cannot notice that by itself, and a host
 * that is killed cannot do anything about it.
 */
export class ProcessKeeper {
  #shell: ChildProcess | undefined;

  /** The process is to end with this one. */
  watch(pid: number): void {
    this.#shell ??= startShell();
    this.#shell.stdin?.write(`+ ${pid}\n`);
  }

  /** The process has ended; its id may soon be another's. */
  forget(pid: number): void {
    this.#shell?.stdin?.write(`- ${pid}\n`);
  }

  /** Ends what is left, and the keeper. */
  async close(): Promise<void> {
    const shell = this.#shell;
    if (!shell || shell.exitCode !== null) return;
    const exited = once(shell, "exit");
    shell.stdin?.end();
    await exited;
  }
}

function startShell(): ChildProcess {
  const shell = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"] });
  // It must not keep this process alive; the pipe's end is what ends it.
  shell.unref();
  shell.stdin.on("error", () => undefined);
  return shell;
}
