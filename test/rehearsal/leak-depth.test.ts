import { beforeAll, describe, expect, it } from "vitest";
import { type MeasuredDepth, measureDepth } from "../../rehearsal/leak/measure-depth.ts";
import { awsIam } from "../../rehearsal/vendors/aws-iam.ts";
import { startMessaging } from "../../rehearsal/vendors/startmessaging.ts";
import { buildBundle } from "../../rehearsal/world/bundle.ts";

const operationsAt = ({ calls }: MeasuredDepth, depth: number) =>
  calls
    .filter((call) => call.depth === depth)
    .map(({ operation }) => operation)
    .toSorted();

describe("the depth of a leak response, measured", () => {
  beforeAll(() => buildBundle(new AbortController().signal), 60_000);

  it("is told from when calls arrive and are answered: those that are made side by side count once", {
    timeout: 60_000,
  }, async () => {
    const measured = await measureDepth(startMessaging, "replace-first");
    expect(operationsAt(measured, 1)).toContain("GetParameter");
    expect(operationsAt(measured, 1)).toContain("DescribeSecret");
    const last = measured.calls.at(-1);
    expect(last).toMatchObject({ operation: "delete-key", depth: measured.depth });
    const order = ["create-key", "PutSecretValue", "delete-key"];
    const depths = order.map(
      (name) => measured.calls.find(({ operation }) => operation === name)?.depth ?? 0,
    );
    expect(depths).toEqual(depths.toSorted((a, b) => a - b));
    expect(new Set(depths).size).toBe(order.length);
  });

  it("is at most eight where a clean key takes the leaked one's place first", {
    timeout: 60_000,
  }, async () => {
    const { depth } = await measureDepth(startMessaging, "replace-first");
    expect(depth).toBeLessThanOrEqual(8);
  });

  it("is three where another credential revokes, and nothing has to be known of the key but its id", {
    timeout: 60_000,
  }, async () => {
    const measured = await measureDepth(awsIam, "revoke-first");
    expect(measured.depth).toBe(3);
    expect(operationsAt(measured, 3)).toContain("UpdateAccessKey");
  });
});
