import { TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Problem } from "../contract/errors.ts";
import { findSecretNameProblems, handInSecretName } from "../contract/names.ts";
import { findPolicyProblems, type PolicyInput } from "../contract/policy.ts";
import { checkConsumers, checkReportNames } from "./_consumer-checks.ts";
import { findJsonProblems } from "./_json.ts";
import { checkProvider } from "./_provider-checks.ts";
import type { buildPolicy } from "./_rotated-key-policy.ts";
import type { KeyProvider } from "./key-provider.ts";
import type { RotatedKeyProps } from "./rotated-key.ts";

const DAY_SECONDS = 86_400;

/** How long the name of a secret may be. */
const MAX_NAME = 512;

/** What a key's policy calls otherwise than its options do. */
const OPTION_OF: Readonly<Record<string, string>> = {
  secret: "secretName",
  handIn: "secretName",
  "provider.adminSecret": "provider.adminSecretArn",
};

/** Finds all that is wrong with the options of a key, and with the policy that they make. What only Terraform knows passes. */
export function checkRotatedKey(
  scope: Construct,
  { props, policy }: { readonly props: RotatedKeyProps; readonly policy: ReturnType<typeof buildPolicy> },
): Problem[] {
  return [
    ...checkName(props.secretName, policy.handIn),
    ...checkPolicy(policy, props.provider),
    ...checkConsumers(props.consumers),
    ...checkReportNames(policy.consumers),
    ...checkHandIn(props),
    ...checkInterval(props.rotateEveryDays, policy.maxOverlapSeconds),
    ...checkRecovery(props.recoveryWindowDays),
    ...checkStack(scope, props),
  ];
}

/** The hand-in secret's name is the longer one, and has no parameter of that name. */
function checkName(secretName: string, handIn: string | undefined): Problem[] {
  if (Token.isUnresolved(secretName)) return [];
  const problems = findSecretNameProblems(secretName, "secretName");
  const room = MAX_NAME - handInSecretName("").length;
  if (problems.length > 0 || handIn === undefined || secretName.length <= room) return problems;
  const message = `is "${secretName}", and its hand-in secret's name is longer than the ${MAX_NAME} characters of a secret's. Use at most ${room} characters, or set handIn: false`;
  return [{ path: "secretName", message }];
}

function checkHandIn({ handIn, provider }: RotatedKeyProps): Problem[] {
  if (handIn !== false || provider.policy.id !== "hand-in") return [];
  const message = "is false, and this vendor's keys come in no other way. Leave it out";
  return [{ path: "handIn", message }];
}

/** The rules are the contract's: the functions hold the same text to them. */
function checkPolicy(policy: ReturnType<typeof buildPolicy>, provider: KeyProvider): Problem[] {
  const { minOverlapSeconds } = policy;
  const ofProvider = checkProvider(provider, policy);
  const found = [
    ...findPolicyProblems(policy as PolicyInput, Token.isUnresolved),
    ...findJsonProblems(policy),
  ].map(({ path, message }) => ({ path: OPTION_OF[path] ?? path, message }));
  const isSaid = (path: string) => ofProvider.some((problem) => problem.path === path);
  const problems = [...found.filter(({ path }) => !isSaid(path)), ...ofProvider];
  if (minOverlapSeconds !== undefined) return problems;
  const message =
    "has no default, as a consumer's cacheSeconds or staleSeconds is only known when Terraform applies it. Set it";
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
