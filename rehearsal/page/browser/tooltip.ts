import type { Readout } from "../readout.ts";

/** Shows a readout beside the cursor. Built of nodes: whatever a report says is text here, and never markup. */
export function drawTooltip({ title, lines }: Readout): HTMLElement {
  const box = element("div", "readout");
  box.append(element("strong", "readout-title", title));
  const list = element("dl", "readout-lines");
  for (const { name, value, tone } of lines) {
    const row = element("div", `readout-line tone-${tone}`);
    row.append(element("dt", "", name), element("dd", "", value));
    list.append(row);
  }
  box.append(list);
  return box;
}

function element(tag: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
