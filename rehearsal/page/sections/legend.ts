import { hatch } from "../hatch.ts";
import { type Html, html } from "../html.ts";
import { KEY_STATES, type KeyState } from "../key-spans.ts";
import type { Run } from "../run.ts";

/** Shorter than this, a state cannot be seen on the time line, and needs no explanation: seconds. */
const VISIBLE = 0.25;

/** Writes what the patterns and the colours mean, of those that can be seen. */
export function writeLegend(runs: readonly Run[]): Html {
  const spans = runs.flatMap(({ keys }) => keys.flatMap((key) => key.spans));
  const states = (Object.keys(KEY_STATES) as KeyState[]).filter((state) => {
    return state === "made" || spans.some((span) => span.state === state && span.to - span.from >= VISIBLE);
  });
  const hues = new Set(runs.flatMap(({ keys }) => keys.map(({ hue }) => hue)));
  const keys = runs.flatMap((run) => run.keys);
  const nameOf = (hue: string) => keys.find((key) => key.hue === hue)?.name ?? `${hue} key`;
  const isAttacked = runs.some(({ attacks }) => attacks.length > 0);
  const hasFailed = runs.some(({ failed }) => failed > 0);
  return html`
<div class="legends">
  <dl class="legend" aria-label="Colours">
    <div><dt><i class="swatch old"></i>${nameOf("old")}</dt></div>
    ${hues.has("new") ? html`<div><dt><i class="swatch new"></i>${nameOf("new")}</dt></div>` : undefined}
    ${hues.has("clean") ? html`<div><dt><i class="swatch clean"></i>clean key</dt><dd>made for the leaked one</dd></div>` : undefined}
    ${hasFailed ? html`<div><dt><i class="swatch fail"></i>failed login</dt><dd>or a dead key in use</dd></div>` : undefined}
    ${isAttacked ? html`<div><dt><i class="swatch fail"></i>attacker’s send</dt><dd>that was accepted; those that were refused are pale</dd></div>` : undefined}
  </dl>
  <dl class="legend" aria-label="Patterns">
    ${states.map((state) => html`<div><dt>${sample(state)}${state}</dt><dd>${KEY_STATES[state]}</dd></div>`)}
  </dl>
</div>`;
}

const BOX = { x: 1, y: 1, width: 26, height: 12 };

function sample(state: KeyState): Html {
  return html`<svg class="swatch" viewBox="0 0 28 14" width="28" height="14" aria-hidden="true">${drawing(state)}</svg>`;
}

function drawing(state: KeyState): Html {
  const frame = (kind: string) => html`<rect class="${kind}" x="1" y="1" width="26" height="12" rx="2"/>`;
  switch (state) {
    case "current":
      return frame("solid");
    case "made":
      return frame("frame");
    case "revoked":
      return frame("frame dotted");
    case "retiring":
      return html`${frame("frame")}<path class="lines" d="${hatch(BOX, 7, "rising")}"/>`;
    case "condemned":
      return html`${frame("frame")}<path class="lines" d="${hatch(BOX, 7, "rising") + hatch(BOX, 7, "falling")}"/>`;
    case "dead":
      return html`<path class="cross" d="M3 3l8 8M3 11l8 -8"/><path class="lines dotted" d="M13 7h14"/>`;
  }
}
