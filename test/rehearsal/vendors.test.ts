import { describe, expect, it } from "vitest";
import { shortId } from "../../rehearsal/short-id.ts";
import { findVendor, VENDORS } from "../../rehearsal/vendors.ts";

describe("the vendors of the rehearsal", () => {
  it("are each found by their own id", () => {
    for (const vendor of VENDORS) expect(findVendor(vendor.id)).toBe(vendor);
    expect(findVendor("twilio")).toBeUndefined();
  });

  it("have one that stands for all whose keys people hand in", () => {
    expect(findVendor("hand-in")?.id).toBe("hand-in:msg91");
  });
});

describe("the short form of a key's id", () => {
  it("tells two keys of one account apart", () => {
    expect(shortId("0c77aa01-9a1b-4d35-8102-e533a5a04037")).toBe("0c77aa01");
    expect(shortId("ACb2c5f0/token-1")).toBe("token-1");
  });
});
