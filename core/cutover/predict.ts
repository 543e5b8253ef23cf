import type { Label } from "../../contract/labels.ts";
import { versionOf } from "./ledger.ts";
import { type Effect, IN_HAND, type Observation, type RunView } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";

/**
 * What the next look would show after an effect that came off, where its own answer says all of it: the leak's label, the
 * new key's version, the move. A compare-and-swap guards what follows, and so a leak response spares these looks.
 *
 * @returns nothing where a look has to say it
 */
export function predict(observation: Observation, effect: Effect, run: RunView): Observation | undefined {
  const { secret, probes } = observation;
  const spared = { ...observation, run };
  switch (effect.kind) {
    case "attach":
      if (!SAYS_ALL.has(effect.label.kind)) return undefined;
      return { ...spared, secret: withVersion(secret, effect.versionId, addLabel(effect.label)) };
    case "store-key": {
      const { attempt } = run;
      if (attempt?.state !== "stored") return undefined;
      const versions = [...secret.versions.filter(({ id }) => id !== attempt.version.id), attempt.version];
      const { [IN_HAND]: probe, ...others } = probes; // it was probed while it was stored
      const known = probe === undefined ? others : { ...others, [attempt.version.id]: probe };
      return { ...nothingElse(spared), secret: { ...secret, versions }, probes: known };
    }
    case "promote": {
      if (versionOf(secret, effect.to) === undefined) return undefined;
      const versions = secret.versions.map((any) => ({ ...any, isCurrent: any.id === effect.to }));
      return { ...nothingElse(spared), secret: { ...secret, versions }, probes };
    }
    default:
      return undefined;
  }
}

/** Another label may change what is read of the version, as an id does; and a claim is made to see who else has one. */
const SAYS_ALL: ReadonlySet<Label["kind"]> = new Set(["leaked", "live"]);

function addLabel(label: Version["labels"][number]): (version: Version) => Version {
  return (version) => ({ ...version, labels: [...version.labels, label] });
}

function withVersion(secret: SecretView, id: string, change: (version: Version) => Version): SecretView {
  return { ...secret, versions: secret.versions.map((any) => (any.id === id ? change(any) : any)) };
}

/** What the provider was asked before the effect may be true no more. */
function nothingElse({ secret, run }: Observation): Observation {
  return { secret, run, probes: {}, settings: {}, uses: {}, rollouts: {} };
}
