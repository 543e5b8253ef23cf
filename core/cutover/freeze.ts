import { currentOf, labelsOf, pausedAtMs } from "./ledger.ts";
import type { Decision, Hold } from "./observation.ts";
import type { SecretView } from "./ports.ts";
import { done, effect, refuse, waitFor } from "./steps.ts";

/** A change freeze: rotations wait, and so does what follows from them; leaks and rollbacks do not. */

export function pause(secret: SecretView, now: number): Decision {
  if (pausedAtMs(secret) !== undefined) return done;
  const current = currentOf(secret);
  if (current === undefined)
    return refuse(`secret ${secret.name} has no current key: there is nothing to pause`);
  return effect(
    { kind: "attach", versionId: current.id, label: { kind: "paused", atMs: now } },
    "an operator has asked for it",
  );
}

export function resume(secret: SecretView): Decision {
  for (const version of secret.versions) {
    const [label] = labelsOf(version, "paused");
    if (label)
      return effect({ kind: "detach", versionId: version.id, label }, "an operator has asked for it");
  }
  return done;
}

export function refuseFrozen(secret: SecretView): Decision | undefined {
  const because = becauseFrozen(secret);
  return because === undefined ? undefined : refuse(because);
}

export function holdFrozen(secret: SecretView, about: Omit<Hold, "because" | "alarm">): Decision | undefined {
  const because = becauseFrozen(secret);
  return because === undefined ? undefined : waitFor([{ because, ...about, alarm: false }]);
}

function becauseFrozen(secret: SecretView): string | undefined {
  return pausedAtMs(secret) === undefined
    ? undefined
    : `secret ${secret.name} is paused, and its rotations wait. Resume it when the change freeze is over`;
}
