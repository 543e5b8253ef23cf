import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startChromium } from "./render/chromium.ts";
import type { DevTools } from "./render/devtools.ts";
import { type Clip, Tab, type View } from "./render/tab.ts";

/** `npm run page -- [PAGE…] [--picture]`: looks at pages as readers do, and takes the README's pictures if asked to. */

const SCHEMES = ["light", "dark"] as const;
const VIEWS: readonly View[] = SCHEMES.flatMap((scheme) => [
  { width: 1280, height: 800, scheme, density: 1 },
  { width: 390, height: 844, scheme, density: 2 },
]);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { picture: { type: "boolean", default: false } },
});
const pages = positionals.length > 0 ? positionals : ["out/rehearsal.html"];
process.exitCode = await main(pages).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function main(pages: readonly string[]): Promise<number> {
  for (const page of pages) {
    await readFile(page).catch((cause: unknown) => {
      throw new Error(`There is no page ${page}. Play a rehearsal first: npm start`, { cause });
    });
  }
  const chromium = await startChromium();
  try {
    let wrong = 0;
    for (const page of pages) {
      for (const view of VIEWS) wrong += await look(chromium.devtools, page, view);
      if (values.picture) await takePictures(chromium.devtools, page);
    }
    return wrong === 0 ? 0 : 1;
  } finally {
    await chromium.close();
  }
}

/** @returns how many things are wrong */
async function look(devtools: DevTools, page: string, view: View): Promise<number> {
  const tab = await Tab.open(devtools, pathToFileURL(page).href, view);
  const wrong = [...(await faultsOf(tab, view)), ...tab.complaints];
  const file = `out/${basename(page, ".html")}.${view.width}.${view.scheme}.png`;
  await mkdir("out", { recursive: true });
  await writeFile(file, await tab.photograph(await wholeOf(tab, view)));
  const verdict = wrong.length === 0 ? "ok" : wrong.map((text) => `\n  ${text}`).join("");
  process.stdout.write(`${page} at ${view.width} px, ${view.scheme}: ${verdict}  (${file})\n`);
  return wrong.length;
}

/** What a reader would stumble over: a chart that is not there, a page that scrolls sideways, a cursor without words. */
async function faultsOf(tab: Tab, { width }: View): Promise<string[]> {
  const faults: string[] = [];
  const drawn = await tab.evaluate<number[]>(
    `[...document.querySelectorAll("[data-chart]")].map((room) => room.querySelectorAll("svg path").length)`,
  );
  if (drawn.length === 0 || drawn.some((count) => count < 20))
    faults.push(`charts are empty: ${drawn.join(", ")}`);
  const scrolls = await tab.evaluate<number>("document.documentElement.scrollWidth");
  if (scrolls > width) faults.push(`the page is ${scrolls} px wide`);
  await tab.evaluate(`document.querySelector("[data-chart]").focus()`);
  await tab.press("ArrowRight");
  const says = await tab.evaluate<string>(
    `document.querySelector("[data-chart]").getAttribute("aria-valuetext")`,
  );
  if (!/\d s.*(old|leaked) key: /.test(says)) faults.push(`the cursor reads "${says}"`);
  const shows = await tab.evaluate<boolean>(`document.querySelector(".readout") !== null`);
  if (!shows) faults.push("the cursor shows no readout");
  await tab.evaluate("document.activeElement.blur()");
  return faults;
}

async function wholeOf(tab: Tab, { width }: View): Promise<Clip> {
  return { x: 0, y: 0, width, height: await tab.evaluate<number>("document.documentElement.scrollHeight") };
}

/** The result and the charts, without what is read afterwards. */
async function takePictures(devtools: DevTools, page: string): Promise<void> {
  for (const scheme of SCHEMES) {
    const view: View = { width: 1140, height: 800, scheme, density: 1.3 };
    const tab = await Tab.open(devtools, pathToFileURL(page).href, view);
    await tab.evaluate(`for (const folded of document.querySelectorAll("details")) folded.hidden = true`);
    const height = await tab.evaluate<number>(
      `document.getElementById("picture").getBoundingClientRect().bottom`,
    );
    const picture = await tab.photograph({ x: 0, y: 0, width: view.width, height: Math.ceil(height) + 16 });
    const file = `docs/rehearsal${scheme === "dark" ? "-dark" : ""}.png`;
    await writeFile(file, picture);
    process.stdout.write(`${file}: ${Math.round(picture.length / 1000)} kB\n`);
  }
}
