import { TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Problem } from "../contract/errors.ts";
import { findSecretNameProblems } from "../contract/names.ts";
import { findPolicyProblems, type PolicyInput } from "../contract/policy.ts";
import { findJsonProblems } from "./_json.ts";
import type { buildPolicy } from "./_rotated-key-policy.ts";
import type { RotatedKeyProps } from "./rotated-key.ts";

const DAY_SECONDS = 86_400;

/** What a key's policy calls otherwise than its options do. */
const OPTION_OF: Readonly<Record<string, string>> = { secret: "secretName" };

/** Finds all that is wrong with the options of a key, and with the policy that they make. What only Terraform knows passes. */
export function checkRotatedKey(
  scope: Construct,
  { props, policy }: { readonly props: RotatedKeyProps; readonly policy: ReturnType<typeof buildPolicy> },
): Problem[] {
  return [
    ...checkName(props.secretName),
    ...checkPolicy(policy),
    ...checkInterval(props.rotateEveryDays, policy.maxOverlapSeconds),
    ...checkRecovery(props.recoveryWindowDays),
    ...checkStack(scope, props),
  ];
}

function checkName(secretName: string): Problem[] {
  return Token.isUnresolved(secretName) ? [] : findSecretNameProblems(secretName, "secretName");
}

/** The rules are the contract's: the functions hold the same text to them. */
function checkPolicy(policy: ReturnType<typeof buildPolicy>): Problem[] {
  const { minOverlapSeconds } = policy;
  const found = [
    ...findPolicyProblems(policy as PolicyInput, Token.isUnresolved),
    ...findJsonProblems(policy),
  ];
  const problems = found.map(({ path, message }) => ({ path: OPTION_OF[path] ?? path, message }));
  if (minOverlapSeconds !== undefined) return problems;
  const message =
    "has no default, as a consumer's cacheSeconds is only known when Terraform applies it. Set it";
  const path = "minOverlapSeconds";
  return [...problems.filter((problem) => problem.path !== path), { path, message }];
}

function checkInterval(days: number | undefined, maxOverlapSeconds: number): Problem[] {
  if (days === undefined || Token.isUnresolved(days)) return [];
  const path = "rotateEveryDays";
  if (!Number.isInteger(days) || days < 1 || days > 1000) {
    return [{ path, message: `is ${days}. Set a whole number of days from 1 to 1000` }];
  }
  if (Token.isUnresolved(maxOverlapSeconds) || days * DAY_SECONDS > maxOverlapSeconds) return [];
  const least = Math.floor(maxOverlapSeconds / DAY_SECONDS) + 1;
  const message = `is ${days}, and the replaced key may live on for ${maxOverlapSeconds} seconds (maxOverlapSeconds): the next rotation would be refused. Set at least ${least}`;
  return [{ path, message }];
}

function checkRecovery(days: number | undefined): Problem[] {
  if (days === undefined || Token.isUnresolved(days)) return [];
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 30)) return [];
  const message = `is ${days}. Set 7 to 30 days, or 0 to delete the secret at once with its resource`;
  return [{ path: "recoveryWindowDays", message }];
}

/** The role's policy names the secret and the secret's rotation names the function: two stacks would wait for each other. */
function checkStack(scope: Construct, { rotation }: RotatedKeyProps): Problem[] {
  if (TerraformStack.of(scope) === TerraformStack.of(rotation)) return [];
  const message = `is in another stack (${rotation.node.path}), and each would need the other's outputs. Add the key in that stack, or give this one a KeyRotation with a deployment of its own`;
  return [{ path: "rotation", message }];
}
