import { describe, expect, it } from "vitest";
import { allows, parsePolicyDocument } from "../../../rehearsal/apply/_iam.ts";

const BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default";

/** Whether a role with this condition allows to put events of these sources. */
function puts(sources: readonly string[] | undefined, Condition?: object): boolean {
  const statement = { Effect: "Allow", Action: "events:PutEvents", Resource: BUS, Condition };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const context = sources === undefined ? {} : { context: { "events:source": sources } };
  const call = { action: "events:PutEvents", resource: BUS, ...context };
  return allows(parsePolicyDocument(document, "role"), call);
}

const AS_DUALKEY = { "ForAllValues:StringEquals": { "events:source": "dualkey" } };

describe("a statement with a condition", () => {
  it("allows what meets it", () => {
    expect(puts(["dualkey"], AS_DUALKEY)).toBe(true);
    expect(puts(["dualkey", "dualkey"], AS_DUALKEY)).toBe(true);
  });

  it.each([
    ["one event of another source", ["dualkey", "aws.events"]],
    ["no event", []],
    ["a call that says nothing of it", undefined],
  ])("does not allow %s", (_, sources) => {
    expect(puts(sources, AS_DUALKEY)).toBe(false);
  });

  it("allows nothing where it is not understood, so that nothing passes for checked", () => {
    expect(puts(["dualkey"])).toBe(true);
    expect(puts(["dualkey"], { StringEquals: { "events:source": "dualkey" } })).toBe(false);
  });
});
