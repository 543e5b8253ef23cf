import { setTimeout as pause } from "node:timers/promises";
import type { DevTools } from "./devtools.ts";

/** How a reader looks at the page. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  /** Pixels of the screen for one of the page. */
  readonly density: number;
}

export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One page, looked at in one way, with everything that it complains about. */
export class Tab {
  /** Errors and warnings of the console, exceptions, and whatever was asked of the network. */
  readonly complaints: string[] = [];
  readonly #devtools: DevTools;
  readonly #session: string;
  #isLoaded = false;

  private constructor(devtools: DevTools, session: string, url: string) {
    this.#devtools = devtools;
    this.#session = session;
    devtools.listen(session, (method, params) => {
      if (method === "Page.loadEventFired") this.#isLoaded = true;
      const complaint = complaintOf(method, params, url);
      if (complaint) this.complaints.push(complaint);
    });
  }

  /** Opens a file, and waits until it is drawn. */
  static async open(devtools: DevTools, url: string, view: View): Promise<Tab> {
    const { targetId } = await devtools.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab(devtools, String(sessionId), url);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await tab.#send(`${domain}.enable`);
    const { width, height, density, scheme } = view;
    const metrics = { width, height, deviceScaleFactor: density, mobile: width < 600 };
    await tab.#send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await tab.#send("Emulation.setEmulatedMedia", { features });
    await tab.#send("Page.navigate", { url });
    await tab.#until(async () => tab.#isLoaded);
    return tab;
  }

  /** @returns the value of an expression in the page */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    const { result, exceptionDetails } = answer as {
      result: { value: T };
      exceptionDetails?: { text: string };
    };
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  }

  async press(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) await this.#send("Input.dispatchKeyEvent", { type, key });
  }

  /** @returns a PNG */
  async photograph(clip: Clip): Promise<Buffer> {
    const options = { format: "png", captureBeyondViewport: true, clip: { ...clip, scale: 1 } };
    const { data } = await this.#send("Page.captureScreenshot", options);
    return Buffer.from(String(data), "base64");
  }

  #send(method: string, params: Readonly<Record<string, unknown>> = {}) {
    return this.#devtools.send(method, params, this.#session);
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const untilMs = Date.now() + 15_000;
    while (!(await isSo())) {
      if (Date.now() > untilMs) throw new Error("The page is not loaded after 15 s.");
      await pause(20);
    }
  }
}

/** @returns what is wrong about an event of a page, if anything is */
export function complaintOf(
  method: string,
  params: Readonly<Record<string, unknown>>,
  url: string,
): string | undefined {
  switch (method) {
    case "Runtime.exceptionThrown": {
      const { exceptionDetails } = params as {
        exceptionDetails: { text: string; exception?: { description?: string } };
      };
      return `exception: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`;
    }
    case "Runtime.consoleAPICalled": {
      const { type, args } = params as { type: string; args: { value?: unknown; description?: string }[] };
      if (type !== "error" && type !== "warning" && type !== "assert") return undefined;
      return `console ${type}: ${args.map(({ value, description }) => value ?? description).join(" ")}`;
    }
    case "Log.entryAdded": {
      const { entry } = params as { entry: { level: string; text: string } };
      return entry.level === "error" || entry.level === "warning"
        ? `${entry.level}: ${entry.text}`
        : undefined;
    }
    case "Network.requestWillBeSent": {
      const { request } = params as { request: { url: string } };
      return request.url === url || request.url.startsWith("data:") ? undefined : `request: ${request.url}`;
    }
    default:
      return undefined;
  }
}
