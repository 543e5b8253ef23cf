import { CommanderError } from "commander";
import { parseCommandLine } from "./command-line.ts";
import { perform } from "./perform.ts";

/** `npm start -- [SCENARIO] [OPTIONS]`. Exit codes: 0 as it should be, 1 not, 2 asked wrongly, 130 stopped by Ctrl-C. */
async function main(): Promise<number> {
  try {
    return await perform(parseCommandLine(process.argv.slice(2)), process.stdout);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

process.exitCode = await main();
