import { describe, expect, it } from "vitest";
import { ProviderUnavailableError } from "../../contract/errors.ts";
import type { ListedSecret } from "../../core/aws/fleet.ts";
import { aRotator, NOW_MS, TICK } from "./a-rotator.ts";

const HOUR_MS = 3_600_000;
const arnOf = (name: string) => `arn:aws:secretsmanager:ap-south-1:111122223333:secret:${name}-a1B2c3`;

function aSecret(name: string, versions: ListedSecret["versions"]): ListedSecret {
  return { arn: arnOf(name), name, rotationEnabled: true, versions, notUnderstood: [] };
}

const live = { kind: "live", v8: "01d00000", atMs: NOW_MS - HOUR_MS } as const;
const current = { id: "0ld", v8: "01d00000", isCurrent: true, isPending: false, labels: [live] };
const retiring = { id: "ret", v8: "01d00000", isCurrent: false, isPending: false, labels: [live] };
const idle = (name: string) => aSecret(name, [current]);
const owing = (name: string) => aSecret(name, [current, retiring]);

describe("a sweep", () => {
  it("asks for one reconciliation of each secret whose labels owe something, and of no other", async () => {
    const { invoke, asked, counted } = aRotator({ secrets: [idle("a"), owing("b"), idle("c"), owing("d")] });
    await expect(invoke(TICK)).resolves.toEqual({ listed: 4, owing: 2, failed: 0 });
    expect(asked).toEqual(["b", "d"]);
    expect(counted).toEqual({ SecretsOwing: 2 });
  });

  it("goes on to the next secret when one cannot be asked for", async () => {
    const { invoke, asked, counted, logs } = aRotator({
      secrets: [owing("a"), owing("b"), owing("c")],
      reconcile: async ({ name }) => {
        if (name === "a") throw new ProviderUnavailableError("a: Invoke did not get through");
      },
    });
    await expect(invoke(TICK)).resolves.toEqual({ listed: 3, owing: 3, failed: 1 });
    expect(asked).toEqual(["b", "c"]);
    expect(counted).toEqual({ SecretsOwing: 3, InvocationsFailed: 1 });
    expect(logs[0]).toMatchObject({ level: "error", secret: "a" });
  });

  it("sees to what was listed before the listing failed, and then fails", async () => {
    const listingFails = new ProviderUnavailableError("deployment keys: ListSecrets did not get through");
    const { invoke, asked } = aRotator({ secrets: [owing("a")], listingFails });
    await expect(invoke(TICK)).rejects.toThrow("ListSecrets did not get through");
    expect(asked).toEqual(["a"]);
  });

  it("never has more than ten invocations under way", async () => {
    let [underWay, most] = [0, 0];
    const names = Array.from({ length: 25 }, (_, index) => `s${index}`);
    const { invoke, asked } = aRotator({
      secrets: names.map(owing),
      reconcile: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay -= 1;
      },
    });
    await invoke(TICK);
    expect(asked).toHaveLength(25);
    expect(most).toBe(10);
  });

  it("looks at an idle secret once a day, each at a time of its own", async () => {
    const names = Array.from({ length: 600 }, (_, index) => `idle/${index}`);
    const { invoke } = aRotator({ secrets: names.map(idle) });
    const { owing: looked } = (await invoke(TICK)) as { owing: number };
    // 288 ticks a day: about two of 600 in each, and a crowd in none.
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(12);
  });
});
