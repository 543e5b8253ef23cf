import type { Policy } from "../../contract/policy.ts";
import type { Current } from "./access.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { alarm, effect, hold, look, poll, refuse } from "./steps.ts";

/**
 * Puts a pending key in the place of the current one, which fails from that moment on: the only rotation that a vendor
 * without an overlap has. The policy must say for how long consumers may fail. AWSCURRENT follows as soon as a probe
 * accepts the new key; whatever is interrupted in between, the probes say on which side of the move the provider is.
 */
export function replaceInPlace(
  observation: Observation,
  { version, current }: { readonly version: Version; readonly current: Current },
  policy: Policy,
  now: number,
): Decision {
  const { probes, run, secret } = observation;
  const about = { versionId: version.id };
  const outageSeconds = outageSecondsOf(policy);
  if (outageSeconds === undefined) {
    return refuse(
      `secret ${secret.name}: at ${policy.provider.id} a new key takes the old one's place at once, and consumers fail ` +
        "until they have read it. Say in the policy for how long they may: outageSeconds",
    );
  }
  const old = probes[current.version.id];
  if (old === undefined) return look({ kind: "probe", versionId: current.version.id });
  if (old.kind === "unknown") return hold(`the current key's state is unknown: ${old.because}`, about);
  if (run.replaced === "refused") {
    return alarm(
      "the provider refuses to put the new key in the place of the current one. Rotate again",
      about,
    );
  }
  if (run.replaced === "asked")
    return poll("the new key was put in place, and is not accepted yet", now, about);
  if (old.kind === "rejected") {
    return alarm(
      `the provider accepts neither the current key nor the new one (${old.because}): the account may be suspended, or ` +
        "its key was changed in the console. Then put the one that works into the secret",
      about,
    );
  }
  // Nobody may have given the key up while the provider was asked.
  if (secret.readAtMs < old.atMs) return look({ kind: "secret" });
  return effect(
    { kind: "replace-key", with: current.version.id },
    `the new key takes the old one's place, and consumers fail until they have read it: at most ${outageSeconds} s, as the policy allows`,
  );
}

function outageSecondsOf({ provider }: Policy): number | undefined {
  return "outageSeconds" in provider ? provider.outageSeconds : undefined;
}
