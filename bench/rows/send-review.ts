import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { MillionMeasured, MillionMode } from "../_million-sends.ts";
import { versionOf } from "../_version.ts";
import { type BenchResult, type BenchRow, compare, medianOf } from "../row.ts";
import { ATTACK_KINDS } from "../traffic/attacks.ts";
import { buildCase, HELD_OUT_FAMILY } from "../traffic/cases.ts";
import { byReview, byThreshold, type Score, score } from "../traffic/score.ts";

const SIZES = {
  full: { cases: 150, peaceful: 60, sends: 1_000_000, rounds: 3 },
  tiny: { cases: 3, peaceful: 1, sends: 2000, rounds: 1 },
};
const THRESHOLD = "a country's hour above the mean of its hours before by 3 standard deviations, 5 at least";

/** How well the review of a leak's sends tells attacks from holidays, and what it takes. */
export const sendReview: BenchRow = {
  name: "send-review",
  title: "attacks that are missed, and peaks that are taken for one, on traces that nothing was tuned on",
  run: async (size) => [...measureScores(SIZES[size]), ...(await measureMillion(SIZES[size]))],
};

type Size = (typeof SIZES)["full"];

function measureScores({ cases, peaceful }: Size): BenchResult[] {
  const family = HELD_OUT_FAMILY;
  const methods = [byReview, byThreshold];
  const [ours, reference] = score(
    Array.from({ length: cases }, (_, index) => () => buildCase({ family, index })),
    methods,
  );
  const [atPeace, referenceAtPeace] = score(
    Array.from(
      { length: peaceful },
      (_, index) => () => buildCase({ family, index: cases + index, kinds: [] }),
    ),
    methods,
  );
  const compareScores = (name: string, unit: string, value: (score: Score | undefined) => number) =>
    compare({ name, ours: value(ours), reference: value(reference), unit, referenceIs: THRESHOLD });
  return [
    ...ATTACK_KINDS.map((kind) =>
      compareScores(
        `send-review/${kind}`,
        "% of its sends missed",
        (of) => 100 * (1 - (of?.recall.get(kind) ?? 1)),
      ),
    ),
    compareScores(
      "send-review/wrong-sends",
      "% of flagged sends no attack's",
      (of) => 100 * (1 - (of?.precision ?? 1)),
    ),
    compareScores(
      "send-review/wrong-findings",
      "% of findings no attack's",
      (of) => (100 * (of?.wrongFindings ?? 0)) / Math.max(1, of?.findings ?? 0),
    ),
    compare({
      name: "send-review/peaceful",
      ours: atPeace?.findings ?? 0,
      reference: referenceAtPeace?.findings ?? 0,
      unit: `findings in ${peaceful} cases without an attack`,
      referenceIs: THRESHOLD,
    }),
  ];
}

async function measureMillion({ sends, rounds }: Size): Promise<BenchResult[]> {
  const program = await buildProgram();
  const took = new Map<MillionMode, MillionMeasured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const mode of ["review", "parse", "make"] as const) {
      took.set(mode, [...(took.get(mode) ?? []), await measureOnce(program, mode, sends)]);
    }
  }
  const median = (mode: MillionMode, of: keyof MillionMeasured) =>
    medianOf((took.get(mode) ?? []).map((measured) => measured[of]));
  const count = sends.toLocaleString("en");
  return [
    compare({
      name: "send-review/memory",
      ours: median("review", "maxRssMegabytes"),
      reference: median("make", "maxRssMegabytes"),
      unit: "MB, the process",
      referenceIs: `a process that makes the same ${count} sends and drops them`,
    }),
    compare({
      name: "send-review/time",
      ours: median("review", "milliseconds"),
      reference: median("parse", "milliseconds"),
      unit: "ms",
      referenceIs: `libphonenumber-js ${versionOf("libphonenumber-js")} parsing the same ${count} numbers`,
    }),
  ];
}

/** Bundled, as the functions are: Node needs 50 MB more to read TypeScript. */
async function buildProgram(): Promise<string> {
  const outfile = fileURLToPath(new URL("../../build/bench/million-sends.mjs", import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL("../_million-sends.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    logLevel: "warning",
  });
  return outfile;
}

async function measureOnce(program: string, mode: MillionMode, sends: number): Promise<MillionMeasured> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, mode, String(sends)]);
  return JSON.parse(stdout) as MillionMeasured;
}
