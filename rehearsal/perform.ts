import { constants } from "node:os";
import type { Request } from "./command-line.ts";
import { writePage } from "./page/write-page.ts";
import { rehearse } from "./rehearse.ts";
import { findObstacle, readLastReport, writeReport } from "./report/files.ts";
import { paintFor } from "./screen/paint.ts";
import { openScreen } from "./screen/screen.ts";
import { concludeIn, summarize } from "./screen/summary.ts";

/** A signal that ends the rehearsal, as the reason of an abort. */
class Stopped extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const playedBy = ({ scenario, vendor }: Request) => ({ scenario: scenario.name, vendor: vendor.id });

/** Plays what was asked for, shows it, and writes it down. @returns the exit code */
export async function perform(request: Request, stream: NodeJS.WriteStream): Promise<number> {
  const obstacle = await findObstacle(playedBy(request), request.json);
  if (obstacle !== undefined) {
    process.stderr.write(`error: ${obstacle}\n`);
    return 2;
  }
  const abort = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    const stopped = new Stopped(signal);
    // Asked twice: without waiting. The embedded AWS kills its functions when this process ends, however it ends.
    if (abort.signal.aborted) process.exit(stopped.exitCode);
    abort.abort(stopped);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  // Nobody reads on (`npm start | head`): there is no use in going on.
  stream.on("error", () => abort.abort(new Stopped("SIGPIPE")));
  const screen = openScreen(stream);
  try {
    const report = await rehearse(request, { signal: abort.signal, onStage: (stage) => screen.show(stage) });
    screen.end();
    const isScripts = request.scenario.replacedBy === "script";
    const compared = isScripts
      ? await readLastReport({ ...playedBy(request), scenario: "cutover" })
      : undefined;
    const files = await writeReport(report, request.json);
    if (request.json === undefined) files.push(await writePage(report));
    const paint = paintFor(stream);
    stream.write(`${summarize(report, paint, compared)} Written: ${files.join(", ")}\n\n`);
    stream.write(`${concludeIn(report, paint)}\n\n`);
    return report.passed ? 0 : 1;
  } catch (error) {
    screen.end();
    const { reason } = abort.signal;
    if (!(reason instanceof Stopped)) throw error;
    stream.write(`Stopped. Everything that was started has ended.\n`);
    return reason.exitCode;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
