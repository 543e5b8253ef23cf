/** The few forms of markdown that the summaries are made of. */

/** A table; its cells are markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A text as it is: names and labels may hold anything, and must not become links, mentions or columns. */
export function code(text: string): string {
  return `\`${text.replace(/[`|]/g, "'").replace(/\s+/g, " ")}\``;
}

/** A sentence that may quote what others wrote. */
export function prose(text: string): string {
  return text.replace(/[\\`*_[\]<>|#@]/g, (mark) => `\\${mark}`).replace(/\s+/g, " ");
}

/** The start of a version's id, enough to tell versions of one secret apart. */
export function shortId(versionId: string): string {
  return code(versionId.slice(0, 8));
}

/** How long ago, in the one unit that matters: `12 s`, `5 min`, `3 h`, `30 d`. */
export function age(fromMs: number | undefined, now: number): string {
  if (fromMs === undefined) return "unknown";
  const seconds = Math.max(0, Math.round((now - fromMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Minutes are enough for a reader: `2026-04-14 08:00 UTC`. */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
