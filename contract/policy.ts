import { z } from "zod";
import { ConsumerSchema, stalenessOf } from "./consumer-policy.ts";
import { ConfigError, type Problem } from "./errors.ts";
import { ProviderSchema } from "./provider-policy.ts";

const Seconds = z.int().min(0);
const Name = z.string().min(1);

/** What dualkey itself writes into a value, beside the provider's fields: whose key it is. */
const OWN_FIELDS = ["keyId", "provider", "account", "createdAt", "expiresAt"] as const;
export type OwnField = (typeof OWN_FIELDS)[number];

const FieldName = Name.refine((name) => ![...OWN_FIELDS, "__proto__"].includes(name), {
  error: ({ input }) =>
    `is "${input}", where no key can stand: ${OWN_FIELDS.join(", ")} say whose key it is. Take another name`,
});

/** Slack for replication and clock skew on top of a consumer's cache: a bound, not a measurement. */
export const OVERLAP_SLACK_SECONDS = 1;

const PolicySchema = z
  .strictObject({
    version: z.literal(1),
    /** The name of the secret that this policy is for. */
    secret: Name,
    environment: Name,
    provider: ProviderSchema,
    /**
     * The name of the hand-in secret, which people may write and not read. @default none: no key is handed in
     */
    handIn: Name.optional(),
    /** How the key stands in the secret. @default "json" */
    value: z.enum(["json", "raw"]).default("json"),
    /** The consumers' names of the provider's fields: `{ "apiKey": "SM_KEY" }`. @default the provider's own */
    fields: z
      .record(z.string(), FieldName)
      .refine((fields) => new Set(Object.values(fields)).size === Object.keys(fields).length, {
        error: "gives one name to two fields. Give each a name of its own",
      })
      .optional(),
    /** How long the replaced key works on at the least. */
    minOverlapSeconds: Seconds,
    /** For how long nobody has used the replaced key before it is revoked. */
    quietForSeconds: z.int().min(1),
    /** After this, `atMaxOverlap` says what happens where evidence is unknown. */
    maxOverlapSeconds: z.int().min(1),
    /** `hold`: keep the replaced key and raise an alarm. `revoke`: revoke it, unless evidence shows that it is used. */
    atMaxOverlap: z.enum(["hold", "revoke"]),
    /** How many uses of the new key must be seen before silence on the old one counts. @default 1 */
    minSample: z.int().min(1).max(100).default(1),
    /**
     * When consumers' reports move AWSCURRENT back to the key before: so many rejections, and so large a share of what
     * they have sent with the new key. @default 5 rejections, and half of all
     */
    rollBackAt: z.strictObject({ rejections: z.int().min(1), share: z.number().gt(0).max(1) }).optional(),
    /** Everything that reads the secret to call the provider; the first is the canary, which goes before the others. */
    consumers: z
      .array(ConsumerSchema)
      .min(1)
      .refine((consumers) => new Set(consumers.map(({ name }) => name)).size === consumers.length, {
        error: "has two of one name. Give each consumer a name of its own",
      }),
  })
  // `when`: a mistake in one field must not hide a mistake between two others.
  .refine((policy) => problemOfOverlap(policy) === undefined, {
    path: ["minOverlapSeconds"],
    error: (issue) => problemOfOverlap(issue.input) ?? "",
    when: () => true,
  })
  .refine((policy) => problemOfMaxOverlap(policy) === undefined, {
    path: ["maxOverlapSeconds"],
    error: (issue) => problemOfMaxOverlap(issue.input) ?? "",
    when: () => true,
  });

/** What a deployment wants for one key: one SSM parameter, written by the constructs, read by the functions. */
export type Policy = z.infer<typeof PolicySchema>;

/** A policy as it is written: what has a default may be left out. */
export type PolicyInput = z.input<typeof PolicySchema>;

/**
 * Reads a policy, the text of its SSM parameter. Refuses unknown fields, so that a typo is not a default.
 *
 * @throws ConfigError that lists all problems with their paths
 */
export function parsePolicy(text: string, where: string): Policy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(where, [{ path: "", message: "is not JSON. Deploy the constructs again" }], {
      cause,
    });
  }
  const parsed = PolicySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ConfigError(where, problemsOf(parsed.error));
}

/**
 * Says what is wrong with a policy that is about to be written. Values of which `isKnownLater` says so pass, as does
 * what depends on them: Terraform gives them at apply, and the functions check the whole when they read it.
 */
export function findPolicyProblems(
  policy: PolicyInput,
  isKnownLater: (value: unknown) => boolean = () => false,
): Problem[] {
  const { error } = PolicySchema.safeParse(policy);
  const issues = error?.issues ?? [];
  const known = issues.filter(({ path }) => !valuesAlong(policy, path).some(isKnownLater));
  return problemsOf({ issues: known });
}

/** One problem per issue of zod, with the path as a user would write it. */
export function problemsOf(error: Pick<z.ZodError, "issues">): { path: string; message: string }[] {
  return error.issues.map((issue) => ({ path: z.core.toDotPath(issue.path), message: issue.message }));
}

/** The values on the way to a path, from the whole to the last that there is. */
function valuesAlong(whole: unknown, path: readonly PropertyKey[]): unknown[] {
  const values = [whole];
  for (const key of path) {
    const last = values.at(-1);
    if (typeof last !== "object" || last === null) break;
    values.push((last as Record<PropertyKey, unknown>)[key]);
  }
  return values;
}

function problemOfOverlap(input: unknown): string | undefined {
  const policy = input as Partial<Policy> | null;
  const overlap = policy?.minOverlapSeconds;
  const consumers = Array.isArray(policy?.consumers) ? policy.consumers : [];
  const caches = consumers.map((one) => one && stalenessOf(one)).filter((s) => typeof s === "number");
  const least = Math.max(0, ...caches) + OVERLAP_SLACK_SECONDS;
  if (typeof overlap !== "number" || caches.length === 0 || overlap >= least) return undefined;
  return `is ${overlap}, and the slowest consumer may use a key for ${least} seconds after it is replaced. Set at least ${least}`;
}

function problemOfMaxOverlap(input: unknown): string | undefined {
  const policy = input as Partial<Policy> | null;
  const [min, max] = [policy?.minOverlapSeconds, policy?.maxOverlapSeconds];
  if (typeof min !== "number" || typeof max !== "number" || max >= min) return undefined;
  return `is ${max}, which is less than minOverlapSeconds (${min}). Set at least ${min}`;
}
