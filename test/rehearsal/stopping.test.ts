import { describe, expect, it } from "vitest";
import { aRehearsal, descendantsOf, isAlive } from "./a-rehearsal.ts";

describe.concurrent("Ctrl-C", { timeout: 60_000 }, () => {
  it("ends a rehearsal and every process that it has started", async () => {
    const rehearsal = await aRehearsal("cutover", "--rate", "20");
    await rehearsal.until("make");
    const started = descendantsOf(rehearsal.pid);
    expect(started.length).toBeGreaterThan(0);
    process.kill(rehearsal.pid, "SIGINT");
    expect(await rehearsal.exitCode).toBe(130);
    expect(started.filter(isAlive)).toEqual([]);
    expect(rehearsal.printed()).toContain("Stopped. Everything that was started has ended.");
    await rehearsal.clear();
  });

  it("ends a chaos while its events are delivered late", async () => {
    const rehearsal = await aRehearsal("chaos", "--rate", "20");
    await rehearsal.until("make");
    const started = descendantsOf(rehearsal.pid);
    process.kill(rehearsal.pid, "SIGINT");
    expect(await rehearsal.exitCode).toBe(130);
    expect(started.filter(isAlive)).toEqual([]);
    await rehearsal.clear();
  });
});
