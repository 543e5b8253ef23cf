import { z } from "zod";
import { ConfigError } from "../../contract/errors.ts";
import { problemsOf } from "../../contract/policy.ts";
import { type FunctionCall, matchesPattern } from "../aws/lambda-function.ts";

const Texts = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);

/** A condition that is not understood here allows nothing, so that nothing passes for checked. */
const Document = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z
    .array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.literal("Allow"),
        Action: Texts,
        Resource: Texts,
        Condition: z.record(z.string(), z.record(z.string(), Texts)).optional(),
      }),
    )
    .min(1),
});

/** What one statement of a role's policy allows. */
export type AllowStatement = z.infer<typeof Document>["Statement"][number];

/** Reads the document of a role's policy. @throws ConfigError that lists what IAM would not take, or is not understood */
export function parsePolicyDocument(text: string, where: string): readonly AllowStatement[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(where, [{ path: "policy", message: "is not JSON" }], { cause });
  }
  const parsed = Document.safeParse(json);
  if (parsed.success) return parsed.data.Statement;
  const problems = problemsOf(parsed.error);
  throw new ConfigError(
    where,
    problems.map(({ path, message }) => ({ path: `policy.${path}`, message })),
  );
}

/** Whether any of these statements allows a call. */
export function allows(
  statements: readonly AllowStatement[],
  { action, resource, context = {} }: FunctionCall,
): boolean {
  return statements.some(
    ({ Action, Resource, Condition = {} }) =>
      Action.some((pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())) &&
      Resource.some((pattern) => matchesPattern(pattern, resource)) &&
      Object.entries(Condition).every(([operator, keys]) => isMet(operator, keys, context)),
  );
}

/** The operators that are understood: how what is wanted compares to what a call has. */
const MATCHERS: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  "ForAllValues:StringEquals": (wanted, value) => wanted === value,
  StringLike: matchesPattern,
};

/** IAM takes a key without a value for met; here that would hide a call that says nothing of it. */
function isMet(
  operator: string,
  keys: Readonly<Record<string, readonly string[]>>,
  context: NonNullable<FunctionCall["context"]>,
): boolean {
  const matches = MATCHERS[operator];
  if (!matches) return false;
  return Object.entries(keys).every(([key, wanted]) => {
    const values = context[key] ?? [];
    return values.length > 0 && values.every((value) => wanted.some((one) => matches(one, value)));
  });
}
