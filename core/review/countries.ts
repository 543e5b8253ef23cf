import { describeSequence } from "./_range-reasons.ts";
import {
  claim,
  type Detection,
  hourOf,
  nameOfDestination,
  plural,
  type Suspicion,
  severityOf,
  sortedHours,
} from "./detection.ts";
import { accumulate, findWindow, type HourWindow, type ScanRequest } from "./scan.ts";

/** Ten distinct numbers that the account never sent to: below, it may be a family. */
const LIMITS = { minCount: 10, minRatio: 3, minSurprise: 22 };
/** What travels through a country that was never seen, in any window. */
const FLOOR = 0.5;
/** A share of the newcomers below which a country is a rare one. */
const RARE_SHARE = 0.002;
/** So far above what is expected, all of a country's newcomers are an attack's, whatever the hour. */
const ALL_OVER_RATIO = 5;
const MAX_WINDOWS = 12;

/** Finds countries with newcomers that the reference does not account for: each by itself, then the rare ones together. */
export function findCountries(detection: Detection): Suspicion[] {
  const groups = groupByDestination(detection);
  const found = groups.flatMap(([destination, entries]) => findInCountry(detection, destination, entries));
  return [...found, ...findAcrossRare(detection, groups)];
}

type Group = readonly [destination: number, entries: readonly number[]];

/** Those of the foreign destinations, in the order of their names, which the order of the pages does not change. */
function groupByDestination({ population, usual, columns }: Detection): readonly Group[] {
  const groups = new Map<number, number[]>();
  for (const [entry, destination] of population.newcomers.destination.entries()) {
    if (usual.shares.isHome(destination) || columns.destinations.nameOf(destination) === "") continue;
    const group = groups.get(destination);
    if (group === undefined) groups.set(destination, [entry]);
    else group.push(entry);
  }
  const nameOf = ([destination]: Group) => columns.destinations.nameOf(destination);
  return [...groups].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function findInCountry(detection: Detection, destination: number, entries: readonly number[]): Suspicion[] {
  if (entries.length < LIMITS.minCount) return [];
  const cumulative = accumulate(detection.usual.expectedOf(destination));
  const overdispersion = detection.usual.overdispersionOf(destination);
  const scan = { cumulative, overdispersion, floor: FLOOR, ...LIMITS };
  const { taken, expected } = takeWindows(detection, entries, scan);
  if (taken.length === 0) return [];
  const rows = claim(detection, taken);
  const { shares } = detection.usual;
  const isRare = shares.shareOf(destination) < RARE_SHARE || shares.measuredOf(destination) === 0;
  const numbers = plural(taken.length, "number");
  const where = nameOfDestination(detection, destination);
  const reason = isRare
    ? `${plural(rows.length, "send")} to ${numbers} of ${where}, to which this account sends never or rarely.`
    : `${plural(rows.length, "send")} to ${numbers} of ${where} that were never seen before, where the same hours of the week and the growth of all other destinations account for ${Math.round(expected)}.`;
  return [
    {
      kind: isRare ? "unseen-country" : "volume",
      severity: severityOf(rows),
      destination,
      rows,
      expected: expected * detection.sendsPerNumber,
      reason,
    },
    ...describeSequence(detection, { destination, entries: taken, expected }),
  ];
}

/** Takes the most surprising window, and looks again at what is left. */
function takeWindows(
  detection: Detection,
  entries: readonly number[],
  scan: Omit<ScanRequest, "hours">,
): { taken: number[]; expected: number } {
  let rest = [...entries];
  const taken: number[] = [];
  let expected = 0;
  for (let round = 0; round < MAX_WINDOWS && rest.length >= scan.minCount; round++) {
    const window = findWindow({ ...scan, hours: sortedHours(detection, rest) });
    if (window === undefined) break;
    const all = Math.max(scan.floor, scan.cumulative.at(-1) ?? 0);
    if (rest.length >= ALL_OVER_RATIO * all) return { taken: [...taken, ...rest], expected: all };
    const isIn = isInWindow(detection, window);
    taken.push(...rest.filter(isIn));
    rest = rest.filter((entry) => !isIn(entry));
    expected += window.expected;
  }
  return { taken, expected };
}

function isInWindow(detection: Detection, { from, to }: HourWindow): (entry: number) => boolean {
  return (entry) => hourOf(detection, entry) >= from && hourOf(detection, entry) < to;
}

const MAX_NAMED = 5;

/** A drip over many countries is too thin in each of them; together they show it. */
function findAcrossRare(detection: Detection, groups: readonly Group[]): Suspicion[] {
  const { usual, claimed } = detection;
  const rare = groups
    .map(([destination, entries]): Group => [destination, entries.filter((entry) => claimed[entry] !== 1)])
    .filter(
      ([destination, entries]) => entries.length > 0 && usual.shares.shareOf(destination) < RARE_SHARE * 5,
    )
    .map(([destination, entries]) => {
      const expected = usual.expectedOf(destination);
      return { destination, entries, expected, total: expected.reduce((sum, value) => sum + value, 0) };
    });
  const pooled = new Float64Array(usual.hours);
  for (const { expected } of rare)
    for (const [hour, value] of expected.entries()) pooled[hour] = (pooled[hour] ?? 0) + value;
  const scan = { cumulative: accumulate(pooled), overdispersion: 0.1, floor: FLOOR * 2, ...LIMITS };
  const entries = rare.flatMap((group) => group.entries);
  const { taken } = takeWindows(detection, entries, scan);
  const inWindow = new Set(taken);
  const above = rare
    .map((group) => {
      const within = group.entries.filter((entry) => inWindow.has(entry));
      // A country that has part in it is an attack's all the time, if that is most of what it has.
      const isAll = within.length > 0 && group.entries.length >= LIMITS.minRatio * group.total;
      return isAll ? group : { ...group, entries: within };
    })
    .filter((group) => group.entries.length >= Math.max(2, 2 * group.total));
  const rows = claim(
    detection,
    above.flatMap((group) => group.entries),
  );
  if (rows.length === 0) return [];
  const named = above.sort((a, b) => b.entries.length - a.entries.length);
  const names = named.slice(0, MAX_NAMED).map(({ destination }) => nameOfDestination(detection, destination));
  const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : "";
  const expected = above.reduce((sum, group) => sum + group.total, 0) * detection.sendsPerNumber;
  const reason = `${plural(rows.length, "send")} spread over ${named.length} rare countries (${names.join(", ")}${more}), a few to each.`;
  return [{ kind: "unseen-country", severity: severityOf(rows), rows, expected, reason }];
}
