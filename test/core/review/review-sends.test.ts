import { describe, expect, it } from "vitest";
import { Random } from "../../../bench/traffic/random.ts";
import { MAX_REVIEW_FINDINGS } from "../../../contract/send-review.ts";
import type { Send } from "../../../core/cutover/key-provider.ts";
import { maskNumber } from "../../../core/review/mask.ts";
import {
  attack,
  customer,
  DAY,
  EXPOSURE,
  HOUR,
  kindsOf,
  ordinary,
  ordinaryWeeks,
  review,
  send,
} from "./a-review.ts";

const ATTACKED: readonly Send[] = [
  ...ordinaryWeeks(),
  ...attack(80, (index, atMs) => send(atMs, `+91${9_812_345_000 + index}`)),
  ...attack(60, (index, atMs) => send(atMs, `+${94_770_000_000 + index * 61_195}`, { country: "LK" })),
  ...attack(90, (index, atMs) => send(atMs, customer(index % 2), { cost: { amount: 0.1, currency: "INR" } })),
];

describe("a review", () => {
  it("is the same whatever the order of the pages", () => {
    const inOrder = review(ATTACKED);
    expect(inOrder.findings.length).toBeGreaterThan(2);
    expect(review(ATTACKED.toReversed())).toEqual(inOrder);
    for (const seed of [1, 2, 3]) expect(review(shuffled(ATTACKED, seed))).toEqual(inOrder);
  });

  it("holds no phone number whole, nor one that could be put together again", () => {
    const text = JSON.stringify(review(ATTACKED));
    for (const digits of text.match(/\d{6,}/g) ?? []) expect(digits).toMatch(/^0+$/);
    expect(text).toContain("+9198•••••000");
  });

  it("is empty where nothing was sent", () => {
    expect(review([])).toEqual({
      window: { since: "2026-06-01T00:00:00.000Z", until: "2026-06-03T00:00:00.000Z" },
      sends: 0,
      suspect: { sends: 0 },
      countries: [],
      findings: [],
      moreFindings: 0,
      peaks: [],
      coverage: { kind: "complete" },
    });
  });

  it("says what it was compared with", () => {
    const { baseline, countries } = review(ordinaryWeeks(2));
    expect(baseline).toEqual({
      since: "2026-05-18T00:00:00.000Z",
      until: "2026-06-01T00:00:00.000Z",
      sends: 14 * (24 * 20 + 8),
    });
    expect(countries[0]).toEqual({ country: "IN", count: 960, expected: 960 });
  });

  it("adds up what the suspect sends cost, once for each currency", () => {
    const priced = attack(60, (index, atMs) =>
      send(atMs, `+${94_770_000_000 + index * 61_195}`, {
        country: "LK",
        cost: { amount: 0.1, currency: index % 2 === 0 ? "USD" : "EUR" },
      }),
    );
    const cost = [
      { amount: 3, currency: "EUR" },
      { amount: 3, currency: "USD" },
    ];
    const found = review([...ordinaryWeeks(), ...priced]);
    expect(found.suspect).toEqual({ sends: 60, cost });
    expect(found.findings[0]?.cost).toEqual(cost);
  });

  it("names fifty findings at the most, and says how many more there are", () => {
    const countries = Array.from({ length: 60 }, (_, index) => `${letter(index / 26)}${letter(index)}`);
    const everywhere = countries.flatMap((country, place) =>
      attack(30, (index, atMs) => send(atMs, `+3${place + 10}${1_000_000 + index * 61_195}`, { country })),
    );
    const { findings, moreFindings } = review([...ordinaryWeeks(), ...everywhere]);
    expect(findings).toHaveLength(MAX_REVIEW_FINDINGS);
    expect(moreFindings).toBe(10);
    expect(findings.map(({ rank }) => rank)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it("puts what is worst first", () => {
    const { findings } = review([
      ...ATTACKED,
      ...attack(12, (index, atMs) => send(atMs, `+3725${1_000_000 + index * 61_195}`, { country: "EE" })),
    ]);
    expect(findings[0]?.count).toBe(Math.max(...findings.map(({ count }) => count)));
    expect(findings.at(-1)).toMatchObject({ severity: "notice", country: "EE" });
  });
});

describe("sends that lack something", () => {
  it("are reviewed by country where there are no numbers", () => {
    const bare = (one: Send): Send => {
      const { to: _, ...rest } = one;
      return rest;
    };
    const lanka = attack(60, (_, atMs) => bare(send(atMs, "", { country: "LK" })));
    const found = review([...ordinaryWeeks().map(bare), ...lanka]);
    expect(kindsOf(found)).toEqual(["unseen-country LK"]);
    expect(found.findings[0]).not.toHaveProperty("numbers");
  });

  it("do no harm: no country, no number, no cost, or a number that is none", () => {
    const bare = Array.from({ length: 30 }, (_, index) => ({ atMs: EXPOSURE.sinceMs + index * HOUR }));
    const odd = ["", "+", "unknown", "+91 98123", "1".repeat(40)].map((number) =>
      send(EXPOSURE.sinceMs, number, { cost: { amount: Number.NaN, currency: "INR" } }),
    );
    const late = [send(EXPOSURE.untilMs, customer(1)), send(Number.NaN, customer(1)), send(-1, customer(1))];
    const found = review([...ordinaryWeeks(), ...bare, ...odd, ...late]);
    expect(found.findings).toEqual([]);
    expect(found.sends).toBe(48 * 20 + 16 + 30 + 5);
  });
});

describe("a baseline", () => {
  const lanka = attack(60, (index, atMs) =>
    send(atMs, `+${94_770_000_000 + index * 61_195}`, { country: "LK" }),
  );

  it.each([1, 0.3, 0.1])("of %s weeks is enough", (weeks) => {
    expect(review(ordinaryWeeks(weeks)).findings).toEqual([]);
    expect(kindsOf(review([...ordinaryWeeks(weeks), ...lanka]))).toEqual(["unseen-country LK"]);
  });

  it("may be absent: the exposure's quieter half stands in", () => {
    const found = review([...ordinary(EXPOSURE), ...lanka]);
    expect(found).not.toHaveProperty("baseline");
    expect(kindsOf(found)).toEqual(["unseen-country LK"]);
    expect(review(ordinary(EXPOSURE)).findings).toEqual([]);
  });

  it("may be absent where the exposure is a key's whole life", () => {
    const exposure = { sinceMs: EXPOSURE.untilMs - 60 * DAY, untilMs: EXPOSURE.untilMs };
    const found = review([...ordinary(exposure), ...lanka], { exposure });
    expect(kindsOf(found)).toEqual(["unseen-country LK"]);
  });
});

describe("a masked number", () => {
  it.each([
    [919_812_345_210, 12, "+9198•••••210"],
    [37_258_123_456, 11, "+372•••••456"],
    [6_591_234, 7, "+6•••••4"],
    [12, 2, "+••"],
  ])("%i shows its ends, and hides five digits between", (number, digits, masked) => {
    expect(maskNumber(number * 10 ** (15 - digits), digits)).toBe(masked);
  });
});

function shuffled(sends: readonly Send[], seed: number): Send[] {
  const random = new Random(seed);
  return sends
    .map((one) => ({ one, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

function letter(index: number): string {
  return String.fromCharCode(65 + (Math.floor(index) % 26));
}
