import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { unzipSync } from "fflate";

/** Unpacks a zip archive into a folder, as Lambda does with a function's code. */
export function unzip(archive: string, into: string): void {
  for (const [name, content] of Object.entries(contentsOf(archive))) {
    if (!name.endsWith("/")) write(resolve(into, name), into, content);
  }
}

function contentsOf(archive: string): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(readFileSync(archive));
  } catch (cause) {
    throw new Error(`${archive} is no zip archive`, { cause });
  }
}

function write(path: string, folder: string, content: Uint8Array): void {
  if (!path.startsWith(resolve(folder) + sep)) {
    throw new Error(`a zip archive has ${path} outside of its folder`);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
