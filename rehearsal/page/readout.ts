import type { Run } from "./run.ts";

/** What was so at one instant of a run. */
export interface Readout {
  /** `4.2 s, overlap` */
  readonly title: string;
  /** Name and value, in the order of the chart. `tone` names the colour that the value has in it. */
  readonly lines: readonly { readonly name: string; readonly value: string; readonly tone: Tone }[];
}

export type Tone = "old" | "new" | "clean" | "other" | "fail" | "fault" | "none";

/** How near to the cursor a fault has to be, in seconds. */
const NEAR = 0.2;

/** Reads a run at an instant, for a tooltip and for those who cannot see one. */
export function readAt(run: Run, seconds: number): Readout {
  const isAt = ({ from, to }: { readonly from: number; readonly to: number }) =>
    from <= seconds && seconds < to;
  const phase = run.phases.find(isAt)?.name;
  return {
    title: [`${seconds.toFixed(1)} s`, phase].filter(Boolean).join(", "),
    lines: [
      ...run.keys.flatMap(({ name, hue, spans }) => {
        const state = spans.find(isAt)?.state;
        return state ? [{ name, value: state, tone: hue }] : [];
      }),
      ...servicesAt(run, isAt),
      ...sendsAt(run, Math.floor(seconds)),
      ...attacksAt(run, Math.floor(seconds)),
      ...run.faults
        .filter(({ at }) => Math.abs(at - seconds) < NEAR)
        .map(({ says }) => ({ name: "fault", value: says, tone: "fault" as const })),
    ],
  };
}

type Line = Readout["lines"][number];

function servicesAt(run: Run, isAt: (span: { from: number; to: number }) => boolean): Line[] {
  const spans = run.services.flatMap((service) => service.spans.filter(isAt));
  const users = run.keys.flatMap(({ id, name, hue }): Line[] => {
    const users = spans.filter(({ key, works }) => key === id && works).length;
    return users ? [{ name: `services, ${name}`, value: String(users), tone: hue }] : [];
  });
  const lost = spans.filter(({ works }) => !works).length;
  return lost ? [...users, { name: "services, dead key", value: String(lost), tone: "fail" }] : users;
}

function attacksAt({ attacks }: Run, second: number): Line[] {
  const sent = attacks.find((one) => one.second === second);
  if (!sent) return [];
  return [
    {
      name: "attacker, accepted",
      value: `${sent.accepted} per s`,
      tone: sent.accepted > 0 ? "fail" : "none",
    },
    { name: "attacker, refused", value: `${sent.refused} per s`, tone: "none" },
  ];
}

function sendsAt({ sends, keys }: Run, second: number): Line[] {
  const sent = sends.find((one) => one.second === second);
  if (!sent) return [];
  const accepted = keys.flatMap(({ name, hue }, index): Line[] => {
    const count = sent.byKey[index] ?? 0;
    return count ? [{ name: `logins, ${name}`, value: `${count} per s`, tone: hue }] : [];
  });
  return [
    ...accepted,
    { name: "failed logins", value: `${sent.failed} per s`, tone: sent.failed ? "fail" : "none" },
  ];
}
