import type { Run } from "../run.ts";

/** The parts of a chart from top to bottom. They share one time axis. */
export type PartName = "keys" | "services" | "faults" | "sends" | "failures" | "attacks";

export interface Part {
  readonly name: PartName;
  readonly title: string;
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly left: number;
  readonly right: number;
  /** Where the bands of the phases begin; their names are above. */
  readonly top: number;
  readonly parts: readonly Part[];
  /** Of the whole chart, with its axis. */
  readonly height: number;
}

const NAMES = 30;
const TITLE = 24;
const AXIS = 24;

/** Puts the parts of a chart under each other. */
export function layOut(run: Run): Layout {
  const wanted: readonly (Omit<Part, "top"> & { readonly isThere?: boolean })[] = [
    { name: "keys", title: "Keys", height: run.keys.length * 28 },
    {
      name: "services",
      title: "Login services, by the key they send with",
      height: run.services.length * 20,
    },
    { name: "faults", title: "Faults injected into the rotator", height: 20, isThere: run.faults.length > 0 },
    { name: "sends", title: "Logins per second", height: 110 },
    { name: "failures", title: "Failed logins", height: 22 },
    {
      name: "attacks",
      title: "An attacker’s sends per second, with the leaked key",
      height: 48,
      isThere: run.attacks.length > 0,
    },
  ];
  let top = NAMES;
  const parts: Part[] = [];
  for (const { name, title, height, isThere = true } of wanted) {
    if (!isThere) continue;
    parts.push({ name, title, top: top + TITLE, height });
    top += TITLE + height;
  }
  return { left: run.attacks.length > 0 ? 72 : 60, right: 6, top: NAMES, parts, height: top + AXIS };
}
