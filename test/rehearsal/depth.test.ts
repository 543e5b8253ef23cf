import { describe, expect, it } from "vitest";
import { type CallSpan, callsUpTo, placeCalls } from "../../rehearsal/watch/depth.ts";

/** A call from one millisecond to another. */
const call = (operation: string, fromMs: number, toMs: number): CallSpan => {
  return { service: "aws", operation, fromMs, toMs };
};

const depths = (...calls: CallSpan[]) =>
  Object.fromEntries(placeCalls(calls).map(({ operation, depth }) => [operation, depth]));

describe("the depth of a call", () => {
  it("is 1 for the first, and one more for each that waited for another's answer", () => {
    expect(depths(call("read", 0, 10), call("make", 10, 20), call("store", 25, 30))).toEqual({
      read: 1,
      make: 2,
      store: 3,
    });
  });

  it("counts calls that overlap in time once", () => {
    expect(depths(call("values", 0, 10), call("mark", 1, 11), call("list", 9, 19))).toEqual({
      values: 1,
      mark: 1,
      list: 1,
    });
  });

  it("counts the calls of the longer of two branches", () => {
    const [slow, quick] = [call("slow", 0, 30), [call("quick-1", 0, 10), call("quick-2", 11, 20)]];
    expect(depths(slow, ...quick, call("revoke", 31, 40))).toMatchObject({ revoke: 3 });
  });

  it("is the same in whatever order the calls were written down", () => {
    const calls = [call("store", 25, 30), call("read", 0, 10), call("make", 10, 20)];
    expect(depths(...calls)).toEqual(depths(...calls.toReversed()));
  });

  it("is asked for up to one call, whatever comes after it", () => {
    const revoke = call("revoke", 10, 20);
    const way = callsUpTo([call("read", 0, 9), revoke, call("prove", 21, 30)], revoke);
    expect(way.map(({ operation, depth }) => [operation, depth])).toEqual([
      ["read", 1],
      ["revoke", 2],
    ]);
  });

  it("is asked for up to one call, which is the deepest and the last: what set off while it was under way is left out", () => {
    const revoke = call("revoke", 10, 40);
    const beside = [call("announce", 10, 15), call("write", 16, 20), call("write again", 21, 30)];
    const way = callsUpTo([call("read", 0, 9), ...beside, revoke], revoke);
    expect(way.map(({ operation, depth }) => [operation, depth])).toEqual([
      ["read", 1],
      ["announce", 2],
      ["revoke", 2],
    ]);
  });
});
