import { describe, expect, it } from "vitest";
import { AwsCallError } from "../../action/failure.ts";
import { type Followed, follow } from "../../action/follow.ts";
import { formatLabel } from "../../contract/labels.ts";
import type { DescribedSecret } from "../../contract/status.ts";

const OLD = "aaaaaaaa-0000-4000-8000-000000000000";
const TOKEN = "bbbbbbbb-0000-8000-8000-000000000000";

const live = (id: string) => formatLabel({ kind: "live", v8: id.slice(0, 8), atMs: 0 });
const replaced = formatLabel({ kind: "replaced", v8: OLD.slice(0, 8), atMs: 0 });

function aSecret(stages: Readonly<Record<string, readonly string[]>>): DescribedSecret {
  return {
    arn: "arn",
    name: "prod/otp",
    isDeleted: false,
    rotationEnabled: true,
    versions: Object.entries(stages).map(([id, stages]) => ({ id, stages })),
  };
}

const BEFORE = aSecret({ [OLD]: ["AWSCURRENT", live(OLD)] });
const WAITING = aSecret({ [OLD]: ["AWSCURRENT", live(OLD)], [TOKEN]: ["AWSPENDING"] });
const MOVED = aSecret({
  [OLD]: ["AWSPREVIOUS", live(OLD)],
  [TOKEN]: ["AWSPENDING", "AWSCURRENT", live(TOKEN)],
});
const SETTLED = aSecret({
  [OLD]: ["AWSPREVIOUS", live(OLD), replaced],
  [TOKEN]: ["AWSCURRENT", live(TOKEN)],
});

const failing = (isTransient: boolean) =>
  new AwsCallError("prod/otp: DescribeSecret failed", { code: "X", isTransient, cause: undefined });

/** Follows through a script of looks, the last of which goes on for ever; time passes only between two looks. */
async function through(...looks: (DescribedSecret | Error)[]): Promise<Followed & { looks: number }> {
  let [timeMs, count] = [0, 0];
  const followed = await follow(BEFORE, {
    token: TOKEN,
    untilMs: 120_000,
    signal: new AbortController().signal,
    now: () => timeMs,
    sleep: async (ms) => {
      timeMs += ms;
    },
    describe: async () => {
      const look = looks[Math.min(count++, looks.length - 1)];
      if (look === undefined || look instanceof Error) throw look;
      return look;
    },
  });
  return { ...followed, looks: count };
}

describe("following a rotation", () => {
  it("ends when the new key is current and the old one is marked as replaced", async () => {
    expect(await through(WAITING, MOVED, SETTLED)).toMatchObject({
      end: "promoted",
      secret: SETTLED,
      looks: 3,
    });
  });

  it("takes the new key for current after a while, even if the last step never ends", async () => {
    const { end, atMs, looks } = await through(MOVED);
    expect({ end, atMs }).toEqual({ end: "promoted", atMs: 0 });
    expect(looks).toBeLessThan(20);
  });

  it("does not take one stale look for a rotation that was given up", async () => {
    expect(await through(WAITING, BEFORE, WAITING, BEFORE, SETTLED)).toMatchObject({ end: "promoted" });
  });

  it("takes two looks in a row without the version for a rotation that was given up", async () => {
    expect(await through(WAITING, BEFORE, BEFORE)).toMatchObject({ end: "given-up", looks: 3 });
  });

  it("waits a minute for a version that was never seen, for its start may be hidden by stale reads", async () => {
    const { end, atMs } = await through(BEFORE);
    expect(end).toBe("given-up");
    expect(atMs).toBeGreaterThan(60_000);
  });

  it("goes on after a look that did not get through, which is no sign of anything", async () => {
    expect(await through(WAITING, failing(true), failing(true), SETTLED)).toMatchObject({ end: "promoted" });
  });

  it("loses sight where it may not look any more, and does not call that a failed rotation", async () => {
    expect(await through(WAITING, failing(false))).toMatchObject({
      end: "lost-sight",
      isStale: true,
      because: "prod/otp: DescribeSecret failed",
    });
  });

  it("says when its time is over that the last look is an old one", async () => {
    expect(await through(WAITING)).toMatchObject({ end: "time-over", atMs: 120_000 });
    expect(await through(WAITING)).not.toHaveProperty("isStale");
    expect(await through(WAITING, failing(true))).toMatchObject({ end: "time-over", isStale: true });
  });

  it("asks at most every ten seconds when nothing moves", async () => {
    expect((await through(WAITING)).looks).toBeLessThan(20);
  });
});
