import { z } from "zod";

/** How many findings a review names at the most; it says how many more there are. */
export const MAX_REVIEW_FINDINGS = 50;

/** What a finding is about. */
export const REVIEW_FINDING_KINDS = [
  /** A country to which the account sends never, or rarely. */
  "unseen-country",
  /** A known country, or a range of numbers, with far more numbers than it should have at these hours of the week. */
  "volume",
  /** Numbers that follow each other, or crowd in one range. */
  "sequential-numbers",
  /** Many sends to one number. */
  "repeated-number",
  /** Sends by a leaked key after its consumers had moved. */
  "after-cutover",
  /** Money that the other findings do not account for. */
  "cost",
] as const;

export type ReviewFindingKind = (typeof REVIEW_FINDING_KINDS)[number];

const Time = z.iso.datetime();
const Count = z.number().int().nonnegative();
/** What it would be without an attack: an estimate, so no whole number. */
const Expected = z.number().nonnegative();
const Country = z.string().regex(/^[A-Z]{2}$/);
const Money = z.strictObject({ amount: z.number(), currency: z.string() });

/** A phone number of which at least five digits are hidden, in a row and for good: `+9198•••••210`. */
export const MaskedNumber = z.string().regex(/^\+\d{0,4}•{5,}\d{0,3}$/);

export const ReviewFinding = z.strictObject({
  /** 1 is the worst. */
  rank: z.number().int().positive(),
  kind: z.enum(REVIEW_FINDING_KINDS),
  /** A `notice` may well be harmless: few sends, or consumers that were late to move. */
  severity: z.enum(["alarm", "notice"]),
  /** Sends. */
  count: Count,
  expected: Expected,
  /** Distinct numbers among them; absent where the provider tells no numbers. */
  distinctNumbers: Count.optional(),
  /** The first and the last of them. */
  since: Time,
  until: Time,
  /** ISO 3166-1 alpha-2; absent where it is about several, or about numbers of no country. */
  country: Country.optional(),
  /** What they cost, as far as the provider says. */
  cost: z.array(Money).optional(),
  /** Up to three examples, masked. */
  numbers: z.array(MaskedNumber).max(3).optional(),
  /** One sentence. */
  reason: z.string(),
});

export type ReviewFinding = z.infer<typeof ReviewFinding>;

const Range = z.strictObject({ since: Time, until: Time });

/** How much of what was to be read has been. */
export const ReviewCoverage = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("complete") }),
  z.strictObject({
    kind: z.literal("partial"),
    /** From here on the window was read whole; absent where no part of it was. */
    readSince: Time.optional(),
    /** Why, as the end of a sentence. */
    because: z.string(),
  }),
]);

export type ReviewCoverage = z.infer<typeof ReviewCoverage>;

/**
 * What the sends of an exposure look like beside those before it, as the incident's record has it. Published: it holds
 * no whole phone number, no text of a message, and no key material (P6).
 */
export const SendReview = z.strictObject({
  /** The window of exposure: from the leak's time, or the key's birth, until the review. */
  window: Range,
  /** What it was compared with; absent where there is too little. Then the exposure's quieter half stands in. */
  baseline: Range.extend({ sends: Count }).optional(),
  /** All sends in the window. */
  sends: Count,
  /** Those by the leaked keys; absent where the provider does not name the key. */
  leakedKeySends: Count.optional(),
  /** Those that some finding is about, each counted once, and what they cost. */
  suspect: z.strictObject({ sends: Count, cost: z.array(Money).optional() }),
  /** Where most went, the busiest first. */
  countries: z.array(z.strictObject({ country: z.string(), count: Count, expected: Expected })),
  findings: z.array(ReviewFinding).max(MAX_REVIEW_FINDINGS),
  moreFindings: Count,
  /**
   * Rises that all of the service's usual destinations share: a peak or a campaign of its own, by their looks. No
   * findings; whoever knows of no campaign should still ask.
   */
  peaks: z.array(Range.extend({ count: Count, expected: Expected })),
  coverage: ReviewCoverage,
});

export type SendReview = z.infer<typeof SendReview>;
