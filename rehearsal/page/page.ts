import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Report } from "../report/report.ts";
import { embed, Html, html } from "./html.ts";
import { tellRun } from "./run.ts";
import { writeClosing } from "./sections/closing.ts";
import { writeEvents } from "./sections/events.ts";
import { writeKeys } from "./sections/keys.ts";
import { writeLeaks } from "./sections/leak.ts";
import { plainHeadline, writeAbout, writeOpening } from "./sections/opening.ts";
import { writePromises } from "./sections/promises.ts";
import { writeRuns } from "./sections/runs.ts";
import { writeSteps } from "./sections/steps.ts";

/** Builds one file that shows these runs, the first as the one that matters. It needs nothing else, and no network. */
export async function buildPage(reports: readonly [Report, ...Report[]]): Promise<string> {
  const [style, script] = await Promise.all([
    readFile(new URL("page.css", import.meta.url), "utf8"),
    bundleScript(),
  ]);
  const told = reports.map((report) => ({ report, run: tellRun(report) }));
  const [main] = told;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${plainHeadline(reports[0])} – dualkey rehearsal</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>
<div id="picture">${writeOpening(reports)}${writeRuns(told)}</div>
${writeLeaks(reports)}
<div class="explained">${writeAbout(reports[0])}${main && writeSteps(main.run)}</div>
${writeKeys(reports)}
${writePromises(reports)}
${writeEvents(reports)}
</main>
${writeClosing(reports)}
<script type="application/json" id="runs">${embed(told.map(({ run }) => run))}</script>
<script>${new Html(script)}</script>
</body>
</html>
`;
  return page.markup;
}

/** Nothing may be loaded from anywhere, and the one script that runs is the one that was built here. */
function policyFor(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
}

/** Bundles the charts with what they use of the chart library. */
async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("browser/main.ts", import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
  const [bundle] = outputFiles;
  if (!bundle)
    throw new Error("esbuild: the bundle of rehearsal/page/browser/main.ts is missing from its output");
  // In a string or a pattern, this is the same to the script, and does not end its element.
  return bundle.text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--").trim();
}
