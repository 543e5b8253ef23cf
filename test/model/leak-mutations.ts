import { OutcomeUnknownError } from "../../contract/errors.ts";
import type { KeyProvider, SecretStore, Version } from "../../core/cutover/ports.ts";
import { lastingStoriesOf } from "./leak-stories.ts";
import type { LeakStory } from "./leak-story.ts";
import type { Mutation } from "./runs.ts";
import type { ShapeName } from "./shapes.ts";
import { TIMES } from "./world.ts";

export interface LeakTooth extends Mutation {
  /** What is said of the promise that breaks. */
  readonly breaks: RegExp;
  /** The story in which it shows. */
  readonly story: string;
  /** @default "self-service" */
  readonly shape?: ShapeName;
  /** Where the story is from. @default leakStoriesOf */
  readonly stories?: (shape: ShapeName) => Promise<readonly LeakStory[]>;
}

/** Leak response made wrong on purpose: the model has teeth if it finds each of them. */
export const LEAK_MUTATIONS: Readonly<Record<string, LeakTooth>> = {
  "the clock does not see that a key leaked": {
    ports: (ports) => ({ ...ports, secrets: seen(ports.secrets, withoutLeaks) }),
    story: "no rotation: leak-response current",
    breaks: /^a leak's label is left at rest/,
  },
  "every key seems to be born after the leak": {
    ports: (ports) => ({
      ...ports,
      secrets: seen(ports.secrets, (version) => reborn(version, ports.clock.now())),
    }),
    story: "no rotation: leak-response all",
    breaks: /^P5: (leak-response is done, and key \w+ works|key \w+ leaked, and works)/,
  },
  "a revoke that is not answered counts as one that was": {
    ports: (ports) => ({ ...ports, provider: takingSilenceForYes(ports.provider) }),
    story: "no rotation: leak-response current",
    breaks: /^P5: key \w+ leaked, and works after the deadline/,
  },
  "a look from before the mark is good enough to revoke by": {
    ports: (ports) => ({ ...ports, secrets: readingAhead(ports.secrets) }),
    story: "after createSecret: leak-response pending",
    breaks: /^P1: key \w+ is current and does not work/,
  },
  "a leak is forgotten while a run may still register a key of it": {
    fenceMs: TIMES.timeoutMs / 4,
    story: "after createSecret: leak-response pending",
    shape: "client-chosen, two slots",
    breaks: /^P2: key \w+ is an orphan at rest/,
  },
  "a probe that is not answered counts as one that says no": {
    ports: (ports) => ({ ...ports, provider: takingSilenceForNo(ports.provider) }),
    stories: lastingStoriesOf,
    story: "no rotation, and probe is unavailable for 10 minutes: leak-response current",
    breaks: /^P5: key \w+ leaked, and works after the deadline/,
  },
};

/** Shows every version otherwise than it is. */
function seen(secrets: SecretStore, change: (version: Version) => Version): SecretStore {
  const changed = <T extends { readonly versions: readonly Version[] }>(view: T): T => ({
    ...view,
    versions: view.versions.map(change),
  });
  return {
    ...secrets,
    read: async (call) => changed(await secrets.read(call)),
    fill: async (outline, call) => changed(await secrets.fill(outline, call)),
  };
}

function withoutLeaks(version: Version): Version {
  return { ...version, labels: version.labels.filter(({ kind }) => kind !== "leaked") };
}

function reborn(version: Version, nowMs: number): Version {
  const labels = version.labels.map((label) => (label.kind === "live" ? { ...label, atMs: nowMs } : label));
  return { ...version, createdAtMs: nowMs, labels };
}

function takingSilenceForYes(provider: KeyProvider): KeyProvider {
  const { revoke } = provider;
  if (revoke === undefined) return provider;
  return {
    ...provider,
    revoke: (request, call) =>
      revoke(request, call).catch((error: unknown) => {
        if (!(error instanceof OutcomeUnknownError)) throw error;
      }),
  };
}

function takingSilenceForNo(provider: KeyProvider): KeyProvider {
  return {
    ...provider,
    probe: (key, call) => provider.probe(key, call).catch(() => ({ kind: "rejected", because: "HTTP 503" })),
  };
}

function readingAhead(secrets: SecretStore): SecretStore {
  return {
    ...secrets,
    outline: async (call) => ({ ...(await secrets.outline(call)), readAtMs: Number.POSITIVE_INFINITY }),
  };
}
