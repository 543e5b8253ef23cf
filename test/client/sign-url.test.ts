import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type SigningKey, type SignUrlOptions, signUrl } from "../../client/index.ts";
import { ConfigError } from "../../contract/errors.ts";

const KEY = {
  publicKey: "pk_AAAAAAAAAAAAAAAAAAAAAA",
  secretKey: "sk_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
};
const IMAGE = {
  baseUrl: "https://optstuff.example.com",
  projectSlug: "shop",
  operations: "w_800,f_webp",
  image: "images.example.com/photo.jpg",
} satisfies SignUrlOptions;

const sign = (options: Partial<SignUrlOptions> = {}, key: SigningKey = KEY) =>
  signUrl(key, { ...IMAGE, ...options });
const signatureOf = (url: string) => new URL(url).searchParams.get("sig");

describe("signUrl", () => {
  // The vectors were made with the vendor's own algorithm (`createUrlSignature` of its public repository).
  it("signs as the vendor does", () => {
    expect(sign()).toBe(
      "https://optstuff.example.com/api/v1/shop/w_800,f_webp/images.example.com/photo.jpg" +
        "?key=pk_AAAAAAAAAAAAAAAAAAAAAA&sig=sgvPpy6q4DDKDhELy5R9ctZVqp_M8vo1",
    );
  });

  it("signs the end of a URL with it, to the second", () => {
    const url = new URL(sign({ expiresAt: new Date(1_706_500_000_999) }));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      key: "pk_AAAAAAAAAAAAAAAAAAAAAA",
      sig: "Kva9HFCXl5-aPCour9OJbGURknA28UB8",
      exp: "1706500000",
    });
  });

  it("takes a key as it comes from the secret", () => {
    const fromSecret: Readonly<Record<string, string>> = { ...KEY, keyId: "pk_AAAAAAAAAAAAAAAAAAAAAA" };
    expect(sign({}, fromSecret)).toBe(sign());
  });

  it.each([
    ["my photo.jpg", "my%20photo.jpg"],
    ["photo.jpg?v=2&w=3", "photo.jpg%3Fv=2&w=3"],
    ["größe.jpg", "gr%C3%B6%C3%9Fe.jpg"],
    ["a#b+c,d.jpg", "a%23b+c,d.jpg"],
  ])("encodes %s in the URL, and keeps it out of the URL's own query", (name, encoded) => {
    const url = sign({ image: `images.example.com/${name}` });
    const path = "/api/v1/shop/w_800,f_webp/images.example.com/";
    expect(url.slice(IMAGE.baseUrl.length, url.lastIndexOf("?"))).toBe(path + encoded);
    expect(new URL(url).pathname).toBe(path + encoded);
    expect(decodeURIComponent(new URL(url).pathname)).toBe(path + name);
    expect([...new URL(url).searchParams.keys()]).toEqual(["key", "sig"]);
  });

  it("signs the decoded form: what the URL encodes makes no other signature", () => {
    // The signature of `w_800,f_webp/images.example.com/my photo.jpg?v=2`, made with openssl.
    expect(signatureOf(sign({ image: "images.example.com/my photo.jpg?v=2" }))).toBe(
      "jRz6KQReVES7cn2Z3-ZtVEpOim60rOCC",
    );
  });

  it("makes another signature of anything that is signed", () => {
    const signatures = [
      sign(),
      sign({ operations: "_" }),
      sign({ image: "images.example.com/other.jpg" }),
      sign({ expiresAt: new Date(1_706_500_000_000) }),
      sign({}, { ...KEY, secretKey: "sk_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI" }),
    ].map(signatureOf);
    expect(new Set(signatures).size).toBe(5);
    expect(signatures.every((signature) => /^[A-Za-z0-9_-]{32}$/.test(signature ?? ""))).toBe(true);
  });

  it("takes a base URL with a path or a slash at its end", () => {
    expect(sign({ baseUrl: "https://example.com/img/" })).toMatch(
      /^https:\/\/example\.com\/img\/api\/v1\/shop\//,
    );
  });

  it.each<[string, Partial<SignUrlOptions>]>([
    ["a protocol", { image: "https://images.example.com/photo.jpg" }],
    ["a protocol that lost a slash", { image: "https:/images.example.com/photo.jpg" }],
    ["a path without host", { image: "/photo.jpg" }],
    ["no image", { image: "" }],
    ["an image that is encoded already", { image: "images.example.com/my%20photo.jpg" }],
    ["a path that a URL would resolve", { image: "images.example.com/../photo.jpg" }],
    ["a line break", { image: "images.example.com/photo.jpg\n" }],
    ["half a character", { image: "images.example.com/\ud800.jpg" }],
    ["operations with a slash", { operations: "w_800/f_webp" }],
    ["no operations", { operations: "" }],
    ["a slug with a slash", { projectSlug: "shop/../x" }],
    ["an end that is no time", { expiresAt: new Date(Number.NaN) }],
    ["plain http", { baseUrl: "http://optstuff.example.com" }],
    ["a base URL with a query", { baseUrl: "https://optstuff.example.com/?a=b" }],
  ])("refuses %s", (_, options) => {
    expect(() => sign(options)).toThrow(ConfigError);
  });

  it("says all that is wrong at once, where it is, and never what the key is", () => {
    const swapped = { publicKey: KEY.secretKey, secretKey: KEY.publicKey };
    const error = thrownBy(() => sign({ projectSlug: "", image: "" }, swapped));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map(({ path }) => path)).toEqual([
      "publicKey",
      "secretKey",
      "projectSlug",
      "image",
    ]);
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).not.toContain(KEY.secretKey);
    expect(shown).not.toContain(KEY.secretKey.slice(3, 20));
  });

  it("says that a half of the key is missing in the secret", () => {
    expect(() => sign({}, { publicKey: KEY.publicKey })).toThrow(/secretKey: does not start with sk_/);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
