import type { Problem } from "./errors.ts";

/** The tag that says which deployment a secret belongs to. */
export const DEPLOYMENT_TAG = "dualkey:deployment";

/**
 * The tag of a hand-in secret, with its deployment: a tag of its own, for a secret with `dualkey:deployment` is one whose
 * keys are looked after.
 */
export const HAND_IN_TAG = "dualkey:hand-in";

/** Gives the name of the hand-in secret of a key, which people may write and not read. */
export function handInSecretName(secretName: string): string {
  return `${secretName}/hand-in`;
}

/** Gives the name of the function that operators' requests go to. */
export function responderName(deployment: string): string {
  return `dualkey-${deployment}-responder`;
}

/** What the name of a deployment looks like: it stands in names of functions, parameters and tags. */
export const DEPLOYMENT_NAME = /^[A-Za-z0-9_.-]+$/;

/** Gives the name of the SSM parameter that holds a secret's policy: the constructs write it, the functions read it. */
export function policyParameterName(deployment: string, secretName: string): string {
  return `/dualkey/${deployment}/${secretName}`;
}

/** What the names of incidents' records begin with, in the bucket of records: `incidents/<secret>/…`. */
export const INCIDENT_PREFIX = "incidents/";

/** What the names of what is left of dead keys begin with, in the bucket of records. */
export const DEAD_KEY_PREFIX = "dead-keys/";

/** Parameter Store's own limit on levels, of which `/dualkey/<deployment>/` takes two. */
const MAX_LEVELS = 15 - 2;

/**
 * Says what keeps a secret of this name from having a policy: names of secrets may hold characters that names of
 * parameters may not.
 *
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
export function findSecretNameProblems(name: string, path: string): Problem[] {
  const say = (message: string) => ({ path, message: `is "${name}", and ${message}` });
  const problems: Problem[] = [];
  const strange = [...new Set(name.match(/[^A-Za-z0-9_.\-/]/g) ?? [])];
  if (strange.length > 0) {
    problems.push(
      say(
        `its policy's parameter cannot have ${strange.map((one) => JSON.stringify(one)).join(", ")} in its name. ` +
          "Name the secret with letters, digits, and _ . - / only",
      ),
    );
  }
  const levels = name.split("/");
  if (levels.includes("")) {
    problems.push(
      say("a parameter's name has no empty level. Begin and end with no slash, and use none twice"),
    );
  }
  if (levels.length > MAX_LEVELS) {
    problems.push(say(`a parameter's name has no more levels. Use at most ${MAX_LEVELS - 1} slashes`));
  }
  // 512 is Secrets Manager's own limit, and stays below Parameter Store's.
  if (name.length > 512) problems.push(say("a secret's name has at most 512 characters. Shorten it"));
  return problems;
}
