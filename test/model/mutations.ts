import { OutcomeUnknownError, ProviderRejectedError } from "../../contract/errors.ts";
import type { Label } from "../../contract/labels.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import type {
  Call,
  ConsumerReports,
  KeyList,
  KeyProvider,
  ProbeAnswer,
  Rollouts,
  SecretStore,
  Version,
} from "../../core/cutover/ports.ts";
import type { Ports } from "../../core/run.ts";
import type { Mutation } from "./runs.ts";
import type { ShapeName } from "./shapes.ts";
import { TIMES } from "./world.ts";

export interface Tooth extends Mutation {
  /** What is said of the promise that breaks. */
  readonly breaks: RegExp;
  /** Where it shows. @default "an ordinary rotation" */
  readonly scenario?: string;
  /** At which vendor. @default "self-service" */
  readonly shape?: ShapeName;
}

/**
 * dualkey made wrong on purpose, in the ways that the design warns of: the model has teeth if it finds each of them.
 * A decision is made wrong by what it sees: to skip a wait is to see an older label, to skip a probe is to see a yes.
 */
export const MUTATIONS: Readonly<Record<string, Tooth>> = {
  "the fence is no longer than a run lives": {
    fenceMs: TIMES.timeoutMs - 10_000,
    breaks: /^P1: key \w+ is live and clean in the ledger, and does not work/,
  },
  "the fence forgets that reads are stale and calls arrive late": {
    fenceMs: TIMES.timeoutMs,
    breaks: /^P1: key \w+ is live and clean in the ledger, and does not work/,
  },
  "orphans are revoked without the fence": {
    ports: (ports) => ({ ...ports, provider: listedAsOld(ports.provider) }),
    breaks: /^P1: key \w+ is live and clean in the ledger, and does not work/,
  },
  "a condemned key is revoked without the fence": {
    ports: (ports) => ({ ...ports, secrets: withOldLabels(ports.secrets, "condemned") }),
    scenario: "a rotation, and somebody who helps by hand",
    breaks: /^P1: key \w+ is (current|live and clean in the ledger,) and does not work/,
  },
  "the overlap is not waited for": {
    ports: (ports) => ({ ...ports, secrets: withOldLabels(ports.secrets, "replaced", "condemned") }),
    breaks: /^P3: key \w+ was revoked in its overlap/,
  },
  "`replaced` is never attached": {
    ports: (ports) => ({ ...ports, secrets: withoutAttaching("replaced", ports.secrets) }),
    breaks: /^P3: key \w+ was revoked without ever being replaced/,
  },
  "a key is revoked without evidence": {
    ports: (ports) => ({ ...ports, provider: withEvidence(ports.provider) }),
    scenario: "an ordinary rotation, and one consumer that never moves",
    breaks: /^P3: key \w+ was revoked while a consumer sent with it/,
  },
  "a key is promoted without a probe": {
    ports: (ports) => ({ ...ports, provider: acceptingPending(ports) }),
    scenario: "a rotation, and somebody who revokes its new key",
    breaks: /^P1: key \w+ is current and does not work/,
  },
  "a 401 alone proves a key dead": {
    ports: (ports) => ({ ...ports, provider: neverListing("key2", ports.provider) }),
    scenario: "an ordinary rotation, and one consumer that never moves",
    breaks: /^P[24]: key \w+ (was forgotten and works|works, and no version names it any more)/,
  },
  "the list of another account is trusted": {
    ports: (ports) => ({ ...ports, provider: ofAccount("A", ports.provider) }),
    scenario: "another account without a word in the policy",
    breaks: /^P[24]: key \w+ (was forgotten and works|works, and no version names it any more)/,
  },
  "`live` comes off last": {
    ports: (ports) => ({ ...ports, secrets: liveOffLast(ports.secrets) }),
    breaks: /^P1: key \w+ is live and clean in the ledger, and does not work/,
  },
  "an unknown put is resolved by reading": {
    ports: (ports) => ({ ...ports, secrets: putResolvedByReading(ports.secrets) }),
    breaks: /^P1: key \w+ is live and clean in the ledger, and does not work/,
  },
  "a key that takes another's place is made by two runs at once": {
    ports: (ports) => ({ ...ports, secrets: claimingAlone(ports.secrets) }),
    shape: "in place",
    breaks: /^P1: key \w+ is current and does not work/,
  },
  "one rejection is enough where no list says it, too": {
    ports: (ports) => ({ ...ports, provider: rejectingOnceMore(ports) }),
    shape: "in place, and the new key works beside the old one",
    breaks: /^P[24]: key \w+ (was forgotten and works|works, and no version names it any more)/,
  },
  "a chosen key is forgotten while a run may still register it": {
    ports: (ports) => ({ ...ports, secrets: forgettingEarly(ports.secrets) }),
    scenario: "a rotation, and somebody who helps by hand",
    shape: "client-chosen, two slots",
    breaks: /^P2: key \w+ is an orphan at rest/,
  },
  "a consumer that reports nothing counts as moved": {
    ports: (ports) => ({ ...ports, ...(ports.reports ? { reports: speakingForAll(ports.reports) } : {}) }),
    scenario: "a consumer that never moves, and another that never reports",
    shape: "consumers report",
    breaks: /^P3: key \w+ was revoked while a consumer sent with it/,
  },
  "a rollout is not observed": {
    ports: (ports) => ({ ...ports, ...(ports.rollouts ? { rollouts: neverSeen(ports.rollouts) } : {}) }),
    shape: "consumers report",
    breaks: /^(a key is still retiring|a consumer was started anew again and again)/,
  },
  "a disabled key takes its slot for ever": {
    ports: (ports) => ({ ...ports, provider: neverRemoving(ports.provider) }),
    shape: "no names, two slots",
    breaks: /^key \w+ is disabled, and takes a slot/,
  },
};

/** A version whose key was never registered seems to have been condemned for ever. */
function forgettingEarly(secrets: SecretStore): SecretStore {
  return seen(secrets, (version) => {
    const isUnregistered = version.content.kind === "key" && version.content.key.keyId === undefined;
    if (!isUnregistered || !version.labels.some(({ kind }) => kind === "live")) return version;
    const labels = version.labels.map((label) =>
      label.kind === "condemned" ? { ...label, atMs: 0 } : label,
    );
    return { ...version, labels };
  });
}

/** Every run takes its own claim for the only one, as long as the key is not stored. */
function claimingAlone(secrets: SecretStore): SecretStore {
  let own: string | undefined;
  return {
    ...secrets,
    async read(call) {
      const view = await secrets.read(call);
      const open = view.versions.filter(({ content }) => content.kind === "empty").map(({ v8 }) => v8);
      const isHidden = (label: Label) =>
        label.kind === "making" && label.nonce !== own && open.includes(label.target);
      const versions = view.versions.map((version) => ({
        ...version,
        labels: version.labels.filter((label) => !isHidden(label)),
      }));
      return { ...view, versions };
    },
    attach: (request, call) => {
      if (request.label.kind === "making") own = request.label.nonce;
      return secrets.attach(request, call);
    },
  };
}

/** A key that is not current, and is rejected once, is rejected for the rest of the run. */
function rejectingOnceMore({ provider, secrets }: Ports): KeyProvider {
  const rejected = new Map<string, ProbeAnswer>();
  return {
    ...provider,
    async probe(fields, call) {
      const name = fields.apiKey?.reveal() ?? "";
      const answer = rejected.get(name) ?? (await provider.probe(fields, call));
      const { versions } = await secrets.read(call);
      const isCurrent = versions.some(({ isCurrent: is, content }) => {
        return is && content.kind === "key" && content.key.fields.apiKey?.reveal() === name;
      });
      if (answer.kind === "rejected" && !isCurrent) rejected.set(name, answer);
      return answer;
    },
  };
}

/** What nobody reports is taken for what everybody should: sends with the current key, and none with the one before. */
function speakingForAll(reports: ConsumerReports): ConsumerReports {
  return {
    async read(request, call) {
      const { completeUntilMs } = await reports.read(request, call);
      const byVersion = Object.fromEntries(
        request.versionIds.map((id) => [id, { sends: id.startsWith("token") ? 100 : 0, rejections: 0 }]),
      );
      return { completeUntilMs, reports: request.consumers.map((consumer) => ({ consumer, byVersion })) };
    },
  };
}

function neverSeen(rollouts: Rollouts): Rollouts {
  return { ...rollouts, look: async () => ({ kind: "not-started" }) };
}

function neverRemoving(provider: KeyProvider): KeyProvider {
  return { ...provider, remove: async () => undefined };
}

/** Labels of these kinds seem to have been there for ever. */
function withOldLabels(secrets: SecretStore, ...kinds: readonly string[]): SecretStore {
  const store = seen(secrets, (version) => ({
    ...version,
    labels: version.labels.map((label) =>
      "atMs" in label && kinds.includes(label.kind) ? { ...label, atMs: 0 } : label,
    ),
  }));
  return {
    ...store,
    async detach({ versionId, label }, call) {
      const { versions } = await secrets.read(call);
      const labels = versions.find(({ id }) => id === versionId)?.labels ?? [];
      const itself = kinds.includes(label.kind) ? labels.find(({ kind }) => kind === label.kind) : undefined;
      await secrets.detach({ versionId, label: itself ?? label }, call);
    },
  };
}

/** Shows every version otherwise than it is. */
function seen(secrets: SecretStore, change: (version: Version) => Version): SecretStore {
  return {
    ...secrets,
    async read(call) {
      const view = await secrets.read(call);
      return { ...view, versions: view.versions.map(change) };
    },
  };
}

/** A label of this kind is seen on every version that is live, and attached to none. */
function withoutAttaching(kind: "replaced", secrets: SecretStore): SecretStore {
  return seen(secrets, (version) => {
    const isRetiring =
      !version.isCurrent && !version.isPending && version.labels.some((any) => any.kind === "live");
    if (!isRetiring) return version;
    return { ...version, labels: [...version.labels, { kind, v8: version.id.slice(0, 8), atMs: 0 }] };
  });
}

function listedAsOld(provider: KeyProvider): KeyProvider {
  return {
    ...provider,
    async list(credential, call) {
      const list = await listed(provider, credential, call);
      return { ...list, keys: list.keys.map((key) => ({ ...key, createdAtMs: 0 })) };
    },
  };
}

/** Every key but the credential seems to be quiet, and the credential busy. */
function withEvidence(provider: KeyProvider): KeyProvider {
  return {
    ...provider,
    async countSends(request, call) {
      const { keys } = await listed(provider, request.credential, call);
      const isCurrent = keys.some((key) => key.id === request.keyId && key.is(request.credential));
      return { count: isCurrent ? 100 : 0 };
    },
  };
}

function acceptingPending({ provider, secrets }: Ports): KeyProvider {
  return {
    ...provider,
    async probe(fields, call) {
      const { versions } = await secrets.read(call);
      const isPending = versions.some(({ isPending, content }) => {
        return (
          isPending &&
          content.kind === "key" &&
          content.key.fields.apiKey?.reveal() === fields.apiKey?.reveal()
        );
      });
      return isPending ? { kind: "accepted" } : provider.probe(fields, call);
    },
  };
}

/** What the list says of a key that was replaced is not asked: what is left of the proof is the probes. */
function neverListing(id: string, provider: KeyProvider): KeyProvider {
  return {
    ...provider,
    async list(credential, call) {
      const list = await listed(provider, credential, call);
      return { ...list, keys: list.keys.filter((key) => key.id !== id || key.is(credential)) };
    },
  };
}

function listed({ list }: KeyProvider, credential: KeyFields, call: Call): Promise<KeyList> {
  if (list === undefined) throw new Error("the provider lists no keys");
  return list(credential, call);
}

function ofAccount(account: string, provider: KeyProvider): KeyProvider {
  return {
    ...provider,
    list: async (credential, call) => ({ ...(await listed(provider, credential, call)), account }),
  };
}

/** Tidies a dead version from the other end: each label is a call of its own, and the run may be killed between two. */
function liveOffLast(secrets: SecretStore): SecretStore {
  return {
    ...secrets,
    async detach(request, call) {
      if (request.label.kind === "live") {
        const { versions } = await secrets.read(call);
        const others = versions.find(({ id }) => id === request.versionId)?.labels ?? [];
        for (const label of others) {
          if (label.kind !== "live") await secrets.detach({ versionId: request.versionId, label }, call);
        }
      }
      await secrets.detach(request, call);
    },
  };
}

/** Asks the store whether a put without an answer was applied. The store may show how it was before. */
function putResolvedByReading(secrets: SecretStore): SecretStore {
  return {
    ...secrets,
    async store(request, call) {
      try {
        await secrets.store(request, call);
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError)) throw error;
        const { versions } = await secrets.read(call);
        const isStored = versions.some(
          ({ id, content }) => id === request.versionId && content.kind === "key",
        );
        if (!isStored) throw new ProviderRejectedError("store: it is not there");
      }
    },
  };
}
