import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { CommandError } from "../../cli/failure.ts";
import { createTerminal } from "../../cli/terminal.ts";
import { KEY } from "./an-account.ts";

/** A terminal on streams, and all that it has shown. */
function onStreams() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const shown: string[] = [];
  for (const stream of [stdout, stderr]) stream.on("data", (chunk) => void shown.push(String(chunk)));
  const until = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => void (shown.join("").includes(text) && resolve());
      stderr.on("data", look);
      look();
    });
  return { stdin, terminal: createTerminal({ stdin, stdout, stderr }), shown: () => shown.join(""), until };
}

const CTRL_T = "\u0014";

describe("a terminal", () => {
  it("shows nothing of what is asked for hidden, not even how long it is, and no key press changes that", async () => {
    const { stdin, terminal, shown, until } = onStreams();
    const answer = terminal.askHidden("authKey:");
    await until("(not shown)");
    const before = shown().length;
    stdin.write(KEY);
    stdin.write(CTRL_T);
    stdin.write("\r");
    expect(await answer).toBe(KEY);
    expect(shown()).not.toContain(KEY);
    expect(shown().slice(before)).not.toMatch(/\*/);
    expect(shown()).not.toContain("ctrl+t");
  });

  it("asks for what is no secret in the open", async () => {
    const { stdin, terminal, until } = onStreams();
    const answer = terminal.askPlain("accountSid:");
    await until("accountSid:");
    stdin.write("acme1\n");
    expect(await answer).toBe("acme1");
  });

  it("ends with a word when a question is given up", async () => {
    const { stdin, terminal, until } = onStreams();
    const answer = terminal.askPlain("accountSid:").catch((error: unknown) => error);
    await until("accountSid:");
    stdin.end();
    const error = await answer;
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 130, message: "interrupted: nothing was handed in." });
  });

  it("reads what is piped in to its end, in any pieces", async () => {
    const { stdin, terminal } = onStreams();
    const text = terminal.readInput();
    stdin.write('{"authKey"');
    stdin.end(':"ü"}');
    expect(await text).toBe('{"authKey":"ü"}');
  });
});
