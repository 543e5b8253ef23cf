import type { LogLine } from "../aws/lambda-fleet.ts";

/** An effect that a run has carried out, or tried to, and why. */
export interface EffectNote {
  readonly atMs: number;
  readonly goal: string;
  readonly effect: string;
  readonly because: string;
  readonly outcome: string;
  /** The key, the label or the version that it was about. */
  readonly subject: string;
}

/** Something that is owed and has to wait. */
export interface HoldNote {
  readonly because: string;
  readonly untilMs?: number | undefined;
}

interface Entry {
  readonly level?: string;
  readonly message?: string;
  readonly goal?: string;
  readonly effect?: string;
  readonly because?: string;
  readonly outcome?: string;
  readonly versionId?: string;
  readonly keyId?: string;
  readonly label?: string;
  readonly untilMs?: number;
  readonly error?: { readonly name?: string; readonly message?: string };
}

/** Reads the rotator's structured logs as they are written: what it does, and what it waits for. */
export class FunctionLog {
  readonly #effects: EffectNote[] = [];
  readonly #alarms = new Set<string>();
  #holds: { readonly invocationId: string | undefined; readonly notes: HoldNote[] } = {
    invocationId: undefined,
    notes: [],
  };

  /** What each hold that an alarm tells of was held for: its reasons, oldest first, none twice. */
  get alarms(): readonly string[] {
    return [...this.#alarms];
  }

  /** All effects so far, oldest first. */
  get effects(): readonly EffectNote[] {
    return this.#effects;
  }

  /** What the last run that had to wait, was refused or failed, said about it. */
  get holds(): readonly HoldNote[] {
    return this.#holds.notes;
  }

  /** @returns the effect that the line tells of, if it does */
  read({ line, atMs, invocationId }: LogLine): EffectNote | undefined {
    const entry = parse(line);
    if (entry?.message === "effect") {
      const note = noteOf(entry, atMs);
      this.#effects.push(note);
      return note;
    }
    const because = reasonIn(entry);
    if (because === undefined) return undefined;
    if (entry?.level === "WARN") this.#alarms.add(because);
    if (this.#holds.invocationId !== invocationId) this.#holds = { invocationId, notes: [] };
    this.#holds.notes.push({ because, untilMs: entry?.untilMs });
    return undefined;
  }
}

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

function noteOf(entry: Entry, atMs: number): EffectNote {
  const { goal = "", effect = "", because = "", outcome = "", keyId, label, versionId } = entry;
  const subject = label ?? (keyId ?? versionId ?? "").slice(0, 8);
  return { atMs, goal, effect, because, outcome, subject };
}

function reasonIn(entry: Entry | undefined): string | undefined {
  switch (entry?.message) {
    case "something is owed and has to wait":
    case "refused":
      return entry.because;
    case "the invocation failed":
      return entry.error?.message ?? entry.error?.name;
    default:
      return undefined;
  }
}
