import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { Sensitive } from "../contract/sensitive.ts";
import type { Send } from "../core/cutover/key-provider.ts";
import { SendReviewer } from "../core/review/review-sends.ts";
import { HomeNumbers, PUMPED, rangeOf, subscriberOf } from "./traffic/numbers.ts";
import { Random } from "./traffic/random.ts";

/** What is done with the sends; `make`: nothing but to make them, which the other two do as well. */
export type MillionMode = "review" | "parse" | "make";

export interface MillionMeasured {
  /** The most memory that the process ever had, Node's own included. */
  readonly maxRssMegabytes: number;
  /** Without the making of the sends. */
  readonly milliseconds: number;
}

const DAY = 86_400_000;
const SINCE_MS = Date.UTC(2026, 0, 5);
const DAYS = 35;
const EXPOSURE_DAYS = 3;
const PAGE = 500;

/** A process of its own: `node _million-sends.ts MODE COUNT` prints what it took, as JSON. */
function measure(mode: MillionMode, count: number): MillionMeasured {
  const untilMs = SINCE_MS + DAYS * DAY;
  const exposure = { sinceMs: untilMs - EXPOSURE_DAYS * DAY, untilMs };
  const reviewer = new SendReviewer({ exposure, leakedKeyIds: [], maxSends: count });
  const take = {
    review: (page: readonly Send[]) => reviewer.add(page),
    parse: (page: readonly Send[]) => {
      for (const { to } of page) parsePhoneNumberFromString(to?.reveal() ?? "");
    },
    make: () => {},
  }[mode];
  let milliseconds = 0;
  const time = (work: () => void) => {
    const start = performance.now();
    work();
    milliseconds += performance.now() - start;
  };
  for (const page of makePages(count)) time(() => take(page));
  if (mode === "review") time(() => reviewer.finish({ kind: "complete" }));
  return { maxRssMegabytes: process.resourceUsage().maxRSS / 1024, milliseconds };
}

/** Eight in ten are to customers who come back, one in a thousand is to a range that is pumped. */
function* makePages(count: number): Iterable<readonly Send[]> {
  const random = new Random(count);
  const home = new HomeNumbers(random);
  const pumped = rangeOf(random.pick(PUMPED), 4, random);
  for (let made = 0; made < count; ) {
    const page: Send[] = [];
    for (; page.length < PAGE && made < count; made++) {
      const customer = new Random(random.integer(0, count / 8));
      const isPumped = made > count * 0.95 && random.chance(0.02);
      const who = random.chance(0.8) ? customer : random;
      const { number, country, cost } = subscriberOf(isPumped ? pumped : home.plan(who), who);
      page.push({
        atMs: SINCE_MS + Math.floor((made / count) * DAYS * DAY),
        to: new Sensitive(`+${number}`),
        ...(country === undefined ? {} : { country }),
        cost: { amount: cost, currency: "INR" },
      });
    }
    yield page;
  }
}

if (import.meta.main) {
  const [, , mode = "make", count = "1000000"] = process.argv;
  process.stdout.write(JSON.stringify(measure(mode as MillionMode, Number(count))));
}
