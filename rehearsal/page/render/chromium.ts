import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DevTools } from "./devtools.ts";

/** A browser that runs for this process alone, with a profile that goes when it ends. */
export interface Chromium {
  readonly devtools: DevTools;
  close(): Promise<void>;
}

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** It talks to nobody but this process. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--font-render-hinting=none",
  "--remote-debugging-port=0",
];
const START_MS = 30_000;

/** @throws Error that says how to install one, where there is none */
export async function startChromium(): Promise<Chromium> {
  const browser = findChromium();
  const profile = await mkdtemp(join(tmpdir(), "rehearsal-page-"));
  const child = spawn(browser, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: "ignore",
  });
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    // Its helpers may still write for a moment.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    const devtools = await DevTools.connect(await endpointOf(profile, child));
    return { devtools, close: () => devtools.close().then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

function findChromium(): string {
  const given = process.env.CHROMIUM;
  const found = given ?? PLACES.find((place) => existsSync(place));
  if (found !== undefined && existsSync(found)) return found;
  const where = given === undefined ? PLACES.join(", ") : `$CHROMIUM: ${given}`;
  throw new Error(
    `The page is looked at in Chromium, and there is none (${where}). ` +
      "Install it with `apt-get install chromium`, or name one in $CHROMIUM.",
  );
}

/** The browser writes its port and path into its profile as soon as it listens. */
async function endpointOf(profile: string, child: ChildProcess): Promise<string> {
  const untilMs = Date.now() + START_MS;
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  while (Date.now() < untilMs) {
    if (failure) throw new Error("Chromium did not start.", { cause: failure });
    if (child.exitCode !== null) throw new Error(`Chromium ended at once, with exit code ${child.exitCode}.`);
    const text = await readFile(join(profile, "DevToolsActivePort"), "utf8").catch(() => "");
    const [port, path] = text.trim().split("\n");
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await pause(50);
  }
  throw new Error(`Chromium does not listen after ${START_MS / 1000} s.`);
}
