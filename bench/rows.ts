import type { BenchRow } from "./row.ts";
import { cachedRead } from "./rows/cached-read.ts";
import { coldReads } from "./rows/cold-reads.ts";
import { leakDepth } from "./rows/leak-depth.ts";
import { rotation } from "./rows/rotation.ts";
import { rotatorImport } from "./rows/rotator-import.ts";
import { sendReview } from "./rows/send-review.ts";

/** Everything that is measured, in the order of the table. */
export const ROWS: readonly BenchRow[] = [
  rotation,
  coldReads,
  cachedRead,
  rotatorImport,
  sendReview,
  leakDepth,
];
