import type { KeyReport } from "../report/key-report.ts";
import type { Report } from "../report/report.ts";
import { LEAK_PHASES, phasesOf } from "../watch/phase.ts";
import { type KeySpan, keySpansOf } from "./key-spans.ts";
import { type ServiceSpan, serviceSpansOf } from "./service-spans.ts";

/** A key of the page. Times are seconds since logins began. */
export interface RunKey {
  readonly id: string;
  /** What it is to a reader: `old key`, `new key`. */
  readonly name: string;
  /** Which of the keys' colours is its own. */
  readonly hue: "old" | "new" | "clean" | "other";
  readonly spans: readonly KeySpan[];
}

export interface RunService {
  readonly name: string;
  readonly spans: readonly ServiceSpan[];
}

export interface RunPhase {
  readonly name: string;
  readonly says: string;
  /** Its place in the order of a cutover, for where its name does not fit; null where nothing is being done. */
  readonly mark: string | null;
  readonly from: number;
  readonly to: number;
}

/** What was sent in one second: accepted sends in the order of the keys, then what failed. */
export interface RunSecond {
  readonly second: number;
  readonly byKey: readonly number[];
  readonly failed: number;
}

/** What an attacker sent in one second. */
export interface RunAttack {
  readonly second: number;
  readonly accepted: number;
  readonly refused: number;
}

/** What a chart of the page is drawn from, here and in the browser. */
export interface Run {
  readonly scenario: string;
  /** Where the time line ends. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly failed: number;
  /** Strangers' keys are not among them: nothing happens to those. */
  readonly keys: readonly RunKey[];
  readonly services: readonly RunService[];
  readonly phases: readonly RunPhase[];
  readonly sends: readonly RunSecond[];
  readonly faults: readonly { readonly at: number; readonly says: string }[];
  /** What somebody sent with a leaked key; empty where none has leaked. */
  readonly attacks: readonly RunAttack[];
  /** When the leaked key was dead; null where none has leaked, or it lives. */
  readonly contained: number | null;
}

/** Brings a report to what the page draws. */
export function tellRun(report: Report): Run {
  const at = clockOf(report);
  const sends = wholeSeconds(report.sends);
  const seconds = sends.length;
  const mine = report.keys.filter(({ madeBy }) => madeBy !== "stranger");
  const names = nameKeys(report);
  return {
    scenario: report.scenario,
    seconds,
    perSecond: report.logins.perSecond,
    failed: report.logins.failed,
    keys: mine.map((key) => {
      const { name, hue } = names.get(key.id) ?? { name: key.id, hue: "other" };
      return { id: key.id, name, hue, spans: keySpansOf(key, { at, end: seconds }) };
    }),
    services: report.services.map(({ name, until, moves }) => {
      const end = until ? Math.min(seconds, at(until)) : seconds;
      return { name, spans: serviceSpansOf(moves, { keys: report.keys, at, end }) };
    }),
    phases: tellPhases(report, { at, end: seconds }),
    sends: sends.map(({ second, byKey, failed }) => {
      return { second, byKey: mine.map(({ id }) => byKey[id] ?? 0), failed };
    }),
    faults: report.events
      .filter(({ kind }) => kind === "fault")
      .map((event) => ({ at: at(event.at), says: [event.what, event.because].filter(Boolean).join(": ") })),
    attacks: (report.leak?.attacker.bySecond ?? []).filter(({ second }) => second < seconds),
    contained: report.leak?.containedAt ? at(report.leak.containedAt) : null,
  };
}

/** Seconds since logins began, to the millisecond. */
export function clockOf({ loginsFrom }: Report): (time: string) => number {
  return (time) => (Date.parse(time) - Date.parse(loginsFrom)) / 1000;
}

/** What the page calls a key, and which of the keys' colours is its own. */
export interface KeyName {
  readonly name: string;
  readonly hue: RunKey["hue"];
}

/**
 * Names the keys: the first is the old one, the new one took its place or was to take it, and a clean one was made when one
 * of them had leaked.
 */
export function nameKeys({ keys, leak }: Pick<Report, "keys" | "leak">): Map<string, KeyName> {
  const mine = keys.filter(({ madeBy }) => madeBy !== "stranger");
  const [first, ...rest] = mine;
  const isLater = ({ created }: KeyReport) => (leak ? created >= leak.leakedAt : false);
  const before = rest.filter((key) => !isLater(key));
  const successor = before.findLast(({ promoted }) => promoted !== null) ?? before.at(-1);
  const clean = rest.find((key) => isLater(key) && key.promoted !== null);
  let others = 0;
  const nameOf = (key: KeyReport): KeyName => {
    if (key.madeBy === "stranger") return { name: "stranger’s key", hue: "other" };
    if (key === first) return { name: "old key", hue: "old" };
    if (key === successor) return { name: "new key", hue: "new" };
    if (key === clean) return { name: "clean key", hue: "clean" };
    others += 1;
    return { name: `key ${others + 2}`, hue: "other" };
  };
  const [leaked, ...more] = leak?.keys ?? [];
  return new Map(
    keys.map((key) => {
      const named = nameOf(key);
      // Where several leaked, which is which says more.
      return [key.id, key.id === leaked && more.length === 0 ? { ...named, name: "leaked key" } : named];
    }),
  );
}

/** The last second is cut short by the end of the load, and would look like a fall; a failure in it is never hidden. */
function wholeSeconds(sends: Report["sends"]): Report["sends"] {
  const isCutShort = sends.length > 1 && sends.at(-1)?.failed === 0;
  return isCutShort ? sends.slice(0, -1) : sends;
}

function tellPhases(
  { phases, events, vendor, scenario, leak }: Report,
  { at, end }: { readonly at: (time: string) => number; readonly end: number },
): RunPhase[] {
  const script = events.filter(({ kind }) => kind === "script").map((event) => at(event.at));
  const [from] = script;
  const to = script.at(-1);
  // A script knows no phases: what it does is one moment.
  if (from !== undefined && to !== undefined) return [{ ...SCRIPT, from, to }];
  const cutover = scenario === "leak" ? [] : Object.keys(phasesOf(vendor.cutover, scenario));
  const known = leak ? [...cutover, ...phases.map(({ name }) => name), ...Object.keys(LEAK_PHASES)] : cutover;
  const steps = [...new Set(known)].filter((name) => !UNNUMBERED.has(name));
  return phases.map(({ name, says, at: time }, index) => {
    const next = phases[index + 1];
    const mark = steps.includes(name) ? String(steps.indexOf(name) + 1) : null;
    return { name, says, mark, from: Math.max(0, at(time)), to: next ? at(next.at) : end };
  });
}

/** Where nothing is being done. */
const UNNUMBERED: ReadonlySet<string> = new Set(["steady", "after", "closed"]);

const SCRIPT = {
  name: "script",
  says: "a key is made and stored, and the old one is revoked at once",
  mark: "script",
} as const;
