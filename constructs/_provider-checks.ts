import { Token } from "cdktf";
import { stalenessOf } from "../contract/consumer-policy.ts";
import type { Problem } from "../contract/errors.ts";
import { OVERLAP_SLACK_SECONDS } from "../contract/policy.ts";
import type { buildPolicy } from "./_rotated-key-policy.ts";
import type { KeyProvider } from "./key-provider.ts";

/** A full ARN, without the wildcards that a role's policy would take for more than one secret. */
const SECRET_ARN = /^arn:[^:*?]+:secretsmanager:[^:*?]+:\d{12}:secret:[^:*?]+-[A-Za-z0-9]{6}$/;
const KMS_KEY_ARN = /^arn:[^:*?]+:kms:[^:*?]+:\d{12}:key\/[^:*?]+$/;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const USER_NAME = /^[\w+=,.@-]+$/;
const USER_PATH = /^\/([\x21-\x29\x2b-\x3e\x40-\x7e]+\/)?$/;

/** Finds what is wrong with a key's provider that the policy's own rules do not know of. What only Terraform knows passes. */
export function checkProvider(provider: KeyProvider, policy: ReturnType<typeof buildPolicy>): Problem[] {
  const { adminSecretArn, adminKmsKeyArn, user } = provider.access;
  return [
    ...checkText("adminSecretArn", adminSecretArn, {
      form: SECRET_ARN,
      message:
        "which is no full ARN of a secret. Give that of the admin secret, with its last six characters",
    }),
    ...checkText("adminKmsKeyArn", adminKmsKeyArn, {
      form: KMS_KEY_ARN,
      message: "which is no ARN of a KMS key. Give the key's ARN",
    }),
    ...checkText("userName", user?.name, {
      form: USER_NAME,
      message: "which is no name of an IAM user. Give the name, without its path",
    }),
    ...checkText("userPath", user?.path, {
      form: USER_PATH,
      message: 'which is no path of an IAM user. Begin and end it with a slash: "/services/"',
    }),
    ...checkOutage(policy),
  ];
}

function checkText(
  option: string,
  text: string | undefined,
  { form, message }: { readonly form: RegExp; readonly message: string },
): Problem[] {
  if (text === undefined || text === "" || Token.isUnresolved(text) || form.test(text)) return [];
  return [{ path: `provider.${option}`, message: `is "${text}", ${message}` }];
}

/** A consumer goes on with the token that it has read until its cache is old: it fails for as long. */
function checkOutage({ provider, consumers }: ReturnType<typeof buildPolicy>): Problem[] {
  if (provider.id !== "twilio-auth-token") return [];
  const { outageSeconds } = provider;
  const path = "provider.outageSeconds";
  const allow = "Say for how long logins may fail at each rotation";
  if (outageSeconds === undefined) return [{ path, message: `is missing. ${allow}` }];
  const caches = consumers.flatMap((one) => stalenessOf(one) ?? []);
  if ([outageSeconds, ...caches].some((one) => Token.isUnresolved(one) || typeof one !== "number")) return [];
  const least = Math.max(0, ...caches) + OVERLAP_SLACK_SECONDS;
  if (outageSeconds >= least || outageSeconds < 1) return [];
  const message = `is ${outageSeconds}, and the slowest consumer may use the old token for ${least} seconds after it has died. Set at least ${least}, or have it read the secret more often`;
  return [{ path, message }];
}
