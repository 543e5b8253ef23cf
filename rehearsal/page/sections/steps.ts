import { type Html, html } from "../html.ts";
import type { Run, RunPhase } from "../run.ts";
import { lasting } from "../wording.ts";

/** Writes the phases of a cutover in their order, how long each took, and what happens in it. */
export function writeSteps({ phases, scenario }: Run): Html | undefined {
  const byMark = new Map<string, RunPhase & { readonly lasted: number }>();
  for (const phase of phases) {
    if (phase.mark === null) continue;
    const lasted = (byMark.get(phase.mark)?.lasted ?? 0) + phase.to - phase.from;
    byMark.set(phase.mark, { ...phase, lasted });
  }
  const steps = [...byMark.values()].toSorted((a, b) =>
    String(a.mark).localeCompare(String(b.mark), "en", { numeric: true }),
  );
  if (steps.length < 2) return undefined;
  const title = scenario === "leak" ? "The leak, step by step" : "The cutover, step by step";
  return html`
<section aria-labelledby="steps">
  <h2 id="steps">${title}</h2>
  <ol class="steps">${steps.map(
    ({ mark, name, says, lasted }) => html`
    <li><span class="step-name"><span class="step-mark">${mark ?? ""}</span> ${name}</span> <span class="step-time">${lasting(lasted)}</span>
      <span class="step-says">${says}</span></li>`,
  )}</ol>
</section>`;
}
