import { fileURLToPath } from "node:url";
import { bench } from "./bench.ts";
import { ROWS } from "./rows.ts";

const path = fileURLToPath(new URL("../out/bench.json", import.meta.url));
const print = (text: string) => void process.stdout.write(text);
try {
  await bench({ rows: ROWS, name: process.argv[2], size: "full", path, print });
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
