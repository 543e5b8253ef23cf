/** The first eight characters of a key's id, to tell keys apart by. Of an id that has parts, those of its last one. */
export function shortId(id: string): string {
  return (id.split("/").at(-1) ?? id).slice(0, 8);
}
