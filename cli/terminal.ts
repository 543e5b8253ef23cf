import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import password from "@inquirer/password";
import { CommandError, INTERRUPTED } from "./failure.ts";

/** Where a command speaks with a person, or with a program. */
export interface Terminal {
  /** Whether somebody is there to answer: else the key comes from standard input. */
  readonly isInteractive: boolean;
  /** Says what came of it, on standard output. */
  say(line: string): void;
  /** Says something beside it, on standard error. */
  note(line: string): void;
  /** Asks for what everybody may see, such as the id of an account. */
  askPlain(label: string): Promise<string>;
  /** Asks for what nobody may see: it is not echoed. */
  askHidden(label: string): Promise<string>;
  /** Reads all of standard input. */
  readInput(): Promise<string>;
}

/** What is longer than any key, and a sign that something else is piped in. */
const MAX_INPUT = 65_536;

/** What a terminal is made of: the streams of a process. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Makes the terminal of this process. Questions go to standard error, so that standard output can be piped on. */
export function createTerminal({ stdin, stdout, stderr }: Streams = process): Terminal {
  return {
    isInteractive: stdin.isTTY === true,
    say: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    askPlain: (label) => askPlain(label, { stdin, stderr }),
    askHidden: (message) => password({ message, ...HIDDEN }, { input: stdin, output: stderr }),
    readInput: () => readAll(stdin),
  };
}

/** Not even how long it is, and no key to press that would show it. */
const HIDDEN = { toggleMask: false, theme: { style: { maskedText: "(not shown)" } } } as const;

async function askPlain(
  label: string,
  { stdin, stderr }: Pick<Streams, "stdin" | "stderr">,
): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  const over = new AbortController();
  // Else an interrupted question stays open, and the process ends without a word.
  lines.once("SIGINT", () => over.abort()).once("close", () => over.abort());
  try {
    return await lines.question(`${styleText("bold", label)} `, { signal: over.signal });
  } catch (cause) {
    throw new CommandError(INTERRUPTED, { cause, exitCode: 130 });
  } finally {
    lines.close();
  }
}

async function readAll(stdin: Streams["stdin"]): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > MAX_INPUT) break;
  }
  return text;
}
