import { OutcomeUnknownError, ProviderRejectedError } from "../../contract/errors.ts";
import type { SecretStore } from "../../core/cutover/ports.ts";
import type { Mutation } from "./events.ts";
import { TIMES } from "./world.ts";

/** dualkey made wrong on purpose, in the ways that the design warns of: the model has teeth if it finds each of them. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "the fence is no longer than a run lives": { fenceMs: TIMES.timeoutMs - 10_000 },
  "the fence forgets that reads are stale and calls arrive late": { fenceMs: TIMES.timeoutMs },
  "`live` comes off last": { ports: (ports) => ({ ...ports, secrets: liveOffLast(ports.secrets) }) },
  "an unknown put is resolved by reading": {
    ports: (ports) => ({ ...ports, secrets: putResolvedByReading(ports.secrets) }),
  },
};

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
