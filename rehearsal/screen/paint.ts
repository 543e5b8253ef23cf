import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** Gives a text a style, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

/** Paints for a stream: only for a terminal, and not where NO_COLOR is set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

/** One piece of a line. */
export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
  readonly align?: "right" | undefined;
}

/** Puts cells into columns of these widths, two spaces apart. What is too long is cut with an ellipsis. */
export function row(cells: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const columns = cells.map(({ text, style, align }, index) => {
    const width = widths[index] ?? text.length;
    const cut = cutTo(text, width);
    const filled = align === "right" ? cut.padStart(width) : cut.padEnd(width);
    return style === undefined ? filled : paint(style, filled);
  });
  return columns.join("  ").trimEnd();
}

/** Cuts a text to a width. */
export function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Breaks a text into lines of this width, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

/** 12,345 */
export function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

/** Seconds with one decimal, as in `12.3 s`. */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
