import { expect, test } from "vitest";
import { formatLabel, type Label, parseLabel, v8Of } from "../../contract/labels.ts";

const AT = Date.UTC(2026, 3, 14, 8, 0, 0, 123);

test.each<[Label, string]>([
  [{ kind: "live", v8: "1f0c9a2e", atMs: AT }, "dualkey:live.1f0c9a2e@2026-04-14T08:00:00.123Z"],
  [{ kind: "condemned", v8: "1f0c9a2e", atMs: AT }, "dualkey:condemned.1f0c9a2e@2026-04-14T08:00:00.123Z"],
  [
    { kind: "leaked", target: "all", atMs: AT, deadlineMs: AT + 60_000 },
    "dualkey:leaked.all@2026-04-14T08:00:00.123Z/2026-04-14T08:01:00.123Z",
  ],
  [
    { kind: "id", v8: "1f0c9a2e", keyId: "SG.a@b.c", provider: "sendgrid", account: "acme/eu" },
    "dualkey:id.1f0c9a2e.SG.a@b.c@sendgrid/acme/eu",
  ],
  [{ kind: "taken" }, "dualkey:taken"],
])("writes and reads %j", (label, text) => {
  expect(formatLabel(label)).toBe(text);
  expect(parseLabel(text)).toEqual({ kind: "ours", label });
});

test("leaves the labels of the service and of other tools alone", () => {
  for (const text of ["AWSCURRENT", "AWSPENDING", "release-7", "Dualkey:live"]) {
    expect(parseLabel(text)).toEqual({ kind: "foreign" });
  }
});

test.each([
  "dualkey:",
  "dualkey:live.1f0c9a2e",
  "dualkey:live.1f0c9a2e@yesterday",
  "dualkey:live.1f0c9a2e@2026-02-31T08:00:00.000Z",
  "dualkey:live.1f0c9a2e@2026-04-14T08:00:00Z",
  "dualkey:live.much-longer-than-eight@2026-04-14T08:00:00.000Z",
  "dualkey:leaked.all@2026-04-14T08:00:00.000Z",
  "dualkey:id.1f0c9a2e.key",
  "dualkey:frozen.1f0c9a2e@2026-04-14T08:00:00.000Z",
])("never guesses what %s means", (text) => {
  expect(parseLabel(text)).toEqual({ kind: "not-understood", text });
});

test("names versions apart, whoever made their ids: Terraform's all start alike", () => {
  expect(v8Of("1f0c9a2e-5b1d-4c3a-9f65-0d8e7b6a5c4d")).toBe("1f0c9a2e");
  const [one, other] = ["terraform-20260414080000123400000001", "terraform-20260414080000123400000002"].map(
    v8Of,
  );
  expect(one).toMatch(/^[0-9a-f]{8}$/);
  expect(one).not.toBe(other);
});

test("keeps every label within the 256 characters of a staging label", () => {
  const uuid = "123e4567-e89b-42d3-a456-426614174000";
  const label = formatLabel({
    kind: "id",
    v8: "1f0c9a2e",
    keyId: uuid,
    provider: "startmessaging",
    account: uuid,
  });
  expect(label.length).toBeLessThanOrEqual(256);
});
