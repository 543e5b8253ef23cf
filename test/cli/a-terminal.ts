import type { Terminal } from "../../cli/terminal.ts";

/** A terminal at which somebody types these answers, or into which this text is piped. */
export function aTerminal(given: readonly string[] | string) {
  const said: string[] = [];
  const noted: string[] = [];
  const asked: string[] = [];
  const answers = typeof given === "string" ? [] : [...given];
  const answer = async (how: string, label: string) => {
    asked.push(`${how} ${label}`);
    const next = answers.shift();
    if (next === undefined) throw new Error(`nobody answers ${label}`);
    return next;
  };
  const terminal: Terminal = {
    isInteractive: typeof given !== "string",
    say: (line) => void said.push(line),
    note: (line) => void noted.push(line),
    askPlain: (label) => answer("plain", label),
    askHidden: (label) => answer("hidden", label),
    readInput: async () => String(given),
  };
  return { terminal, asked, said, noted, printed: () => [...said, ...noted].join("\n") };
}
