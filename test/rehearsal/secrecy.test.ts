import { describe, expect, it } from "vitest";
import { formsOf, holdsKey } from "../../rehearsal/report/secrecy.ts";
import { startMessaging } from "../../rehearsal/vendors/startmessaging.ts";

const KEY = "sk_live_5eed5eed00112233445566778899aabbccddeeff";

describe("the search for keys", () => {
  it.each([
    ["in clear", `key ${KEY} is unknown`],
    ["without its prefix", "key 5eed5eed00112233445566778899aabbccddeeff is unknown"],
    ["cut in its middle", "…66778899aabbccddeeff"],
    ["in base64", Buffer.from(KEY).toString("base64")],
    ["in base64 for URLs", Buffer.from(KEY).toString("base64url")],
  ])("finds a key %s", (_, text) => {
    expect(holdsKey(text, formsOf(KEY))).toBe(true);
  });

  it("finds a key of the vendor that nobody has told it of", () => {
    expect(holdsKey("sk_live_0000111122223333444455556666777788889999", [], startMessaging.looksLike)).toBe(
      true,
    );
  });

  it("lets pass ids, hashes of other things, and the prefix that the vendor shows", () => {
    const text =
      "sk_live_5eed key 0c77aa01-9a1b-4d35-8102-e533a5a04037 dualkey/0123456789abcdef/0123456789abcdef";
    expect(holdsKey(text, formsOf(KEY), startMessaging.looksLike)).toBe(false);
  });
});
