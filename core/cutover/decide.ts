import type { Policy } from "../../contract/policy.ts";
import { staleOwnerOf } from "./access.ts";
import { createKey } from "./create-key.ts";
import { finishCutover } from "./finish-cutover.ts";
import { pause, resume } from "./freeze.ts";
import { respondToLeak } from "./leak-response.ts";
import { currentOf, keyOf, sameFields, versionOf } from "./ledger.ts";
import type { Decision, Goal, Observation } from "./observation.ts";
import { goBack, retireNow } from "./operator.ts";
import type { SecretView, Version } from "./ports.ts";
import { reconcile } from "./reconcile.ts";
import { registerKey } from "./register-key.ts";
import { revokeNamed } from "./revoke-named.ts";
import { settleLost } from "./settle-attempt.ts";
import { done, look, poll, refuse } from "./steps.ts";

/**
 * Decides the next one thing to do, from what is true and nothing else.
 *
 * There is no script of steps. A run calls this, carries out what it says, looks again, and calls it again, until it
 * says `done`, `wait` or `refuse`. A crash between two calls is therefore just a later look, and every flow is the
 * same loop with another goal. Pure: the same arguments give the same decision.
 *
 * @param now milliseconds since the epoch
 */
export function decide(observation: Observation, goal: Goal, policy: Policy, now: number): Decision {
  const refusal = refuseToGuess(observation.secret);
  if (refusal) return refusal;
  switch (goal.kind) {
    case "reconcile":
      return reconcile(observation, policy, now);
    case "pause":
      return pause(observation.secret, now);
    case "resume":
      return resume(observation.secret);
    case "roll-back":
      return goBack(observation, policy, now);
    case "leak-response":
      return respondToLeak(observation, goal, policy, now);
    case "revoke":
      return revokeNamed(observation, goal, { policy, now });
    case "retire-now":
      return retireNow(observation, goal.scope, { policy, now });
    default:
      return takeStep(observation, goal, policy, now);
  }
}

type Step = Extract<Goal, { readonly token: string }>;

function takeStep(observation: Observation, goal: Step, policy: Policy, now: number): Decision {
  const { attempt } = observation.run;
  if (attempt?.state === "refused" || attempt?.state === "unknown") {
    return settleLost(observation, attempt, policy, now); // whatever became of its version
  }
  const version = versionInRotation(observation.secret, goal);
  if ("kind" in version) return version;
  switch (goal.kind) {
    case "createSecret":
      return version.isCurrent ? done : createKey(observation, version, policy, now);
    case "setSecret":
      return version.isCurrent ? done : registerKey(observation, version, policy, now);
    case "testSecret":
      return testKey(observation, version, policy, now);
    case "finishSecret":
      return finishCutover(observation, version, policy, now);
  }
}

/** What nobody understands, nobody touches. */
function refuseToGuess(secret: SecretView): Decision | undefined {
  if (secret.isDeleted) return refuse(`secret ${secret.name} is scheduled for deletion. Restore it first`);
  const [text] = secret.notUnderstood;
  if (text === undefined) return undefined;
  return refuse(
    `secret ${secret.name} has the label "${text}", which looks like dualkey's and is not understood. ` +
      "Update dualkey if a newer one wrote it; else remove the label",
  );
}

/** What the service's protocol demands of every step: rotation is on, and the token names a version in rotation. */
function versionInRotation(secret: SecretView, goal: { kind: string; token: string }): Version | Decision {
  if (!secret.rotationEnabled) {
    return refuse(`secret ${secret.name} has rotation switched off. Turn it on, and rotate again`);
  }
  const version = versionOf(secret, goal.token);
  if (version === undefined) {
    return refuse(
      `secret ${secret.name} has no version ${goal.token} with a label: its rotation was given up. Rotate again`,
    );
  }
  if (version.isCurrent || version.isPending) return version;
  return refuse(
    `version ${goal.token} of secret ${secret.name} is neither AWSPENDING nor AWSCURRENT: its rotation was given up. Rotate again`,
  );
}

/** The service runs this step alone whenever rotation settings change, on an empty version or a copy of the current. */
function testKey(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  if (version.isCurrent || version.content.kind === "empty") return done;
  const key = keyOf(version);
  if (key === undefined) return refuse(`${nameOf(version)} cannot be read`);
  const current = keyOf(currentOf(observation.secret));
  if (current && sameFields(current, key)) return done;
  const moved = staleOwnerOf(version, observation.secret, policy);
  if (moved) return refuse(`${moved}. Rotate again`);
  const probe = observation.probes[version.id];
  if (probe === undefined) return look({ kind: "probe", versionId: version.id });
  if (probe.kind === "accepted") return done;
  // In place, a key may work only when it has taken the current one's place; finishSecret sees to that.
  if (probe.kind === "rejected" && observation.run.capabilities.source === "in-place") return done;
  return poll(`the provider does not accept the new key yet: ${probe.because}`, now, {
    versionId: version.id,
  });
}

function nameOf(version: Version): string {
  return `version ${version.id}`;
}
