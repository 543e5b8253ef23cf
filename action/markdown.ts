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

const LINK = /https?:\/\/[^\s<>"'`|\\]*[^\s<>"'`|\\.,;:!?)]/g;

/**
 * A sentence that may quote what others wrote: nothing in it becomes a link, a mention, a reference, HTML, or a column.
 *
 * GitHub looks for mentions and references after it has taken backslashes off, so a space of no width breaks them up.
 */
export function prose(text: string): string {
  return sentence(text, code);
}

/** A sentence of dualkey's own, whose links are there to be followed: the page of a vendor's dashboard. */
export function instruction(text: string): string {
  return sentence(text, (link) => `<${link}>`);
}

function sentence(text: string, showLink: (link: string) => string): string {
  const line = text.replace(/\s+/g, " ");
  const between = line.split(LINK).map(escapeMarks);
  return (
    (between[0] ?? "") + [...line.matchAll(LINK)].map(([link], i) => showLink(link) + between[i + 1]).join("")
  );
}

function escapeMarks(text: string): string {
  return text.replace(/[\\`*_~[\]<>|]/g, (mark) => `\\${mark}`).replace(/[@#]/g, (mark) => `${mark}&#8203;`);
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

/** To the second, for time lines: `2026-04-14 08:00:04`, in UTC. */
export function clock(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace("T", " ");
}

/** How long something took: `0.13 s`, `4.2 s`, `95 s`, `12 min`, `3 h 20 min`, `4 d 2 h`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Number(seconds.toFixed(2))} s`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours * 60 === minutes ? `${hours} h` : `${hours} h ${minutes - hours * 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A number with its noun: `1 key`, `2 keys`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Gives a sentence its full stop, and its capital where it begins with a word, not with a name. */
export function capital(text: string): string {
  const first = text.replace(/^[a-z]+(?= )/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${first.replace(/\.$/, "")}.`;
}
