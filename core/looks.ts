import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  VerificationError,
} from "../contract/errors.ts";
import type { KeyFields } from "../contract/secret-value.ts";
import { type Context, callIn } from "./context.ts";
import { keyOf, versionOf } from "./cutover/ledger.ts";
import type { Look, Observation } from "./cutover/observation.ts";

/** Adds one look to an observation. A look that fails is a fact: `unknown`, and why. */
export async function lookAt(observation: Observation, look: Look, context: Context): Promise<Observation> {
  const { secrets, provider, clock } = context.ports;
  const call = callIn(context);
  switch (look.kind) {
    case "secret":
      return { ...observation, secret: await secrets.read(call) };
    case "list": {
      const answer = await attempt(() => provider.list(fieldsOf(observation, look.with), call));
      const atMs = clock.now();
      const list =
        "failed" in answer
          ? { ...unknown(answer), isRefused: answer.isRefused }
          : ({ kind: "listed", ...answer.value } as const);
      return { ...observation, list: { ...list, atMs } };
    }
    case "probe": {
      const answer = await attempt(() => provider.probe(fieldsOf(observation, look.versionId), call));
      const atMs = clock.now();
      const probe = "failed" in answer ? unknown(answer) : answer.value;
      return { ...observation, probes: { ...observation.probes, [look.versionId]: { ...probe, atMs } } };
    }
    case "use": {
      const { keyId, sinceMs } = look;
      const credential = fieldsOf(observation, look.with);
      const answer = await attempt(() => provider.sends({ credential, keyId, sinceMs }, call));
      const use = "failed" in answer ? unknown(answer) : ({ kind: "counted", ...answer.value } as const);
      return { ...observation, uses: { ...observation.uses, [look.versionId]: use } };
    }
  }
}

/** The key of a version that a decision has seen. */
export function fieldsOf(observation: Observation, versionId: string): KeyFields {
  const key = keyOf(versionOf(observation.secret, versionId));
  if (key === undefined)
    throw new Error(`version ${versionId} has no key: a decision names only versions that have one`);
  return key.fields;
}

type Answer<T> = { readonly value: T } | { readonly failed: string; readonly isRefused: boolean };

async function attempt<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (isExpected(error))
      return { failed: error.message, isRefused: error instanceof ProviderRejectedError };
    throw error;
  }
}

/** Errors that the ports name. Anything else is a bug, and no fact about the world. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof ProviderRejectedError ||
    error instanceof ProviderUnavailableError ||
    error instanceof OutcomeUnknownError ||
    error instanceof VerificationError
  );
}

function unknown({ failed }: { readonly failed: string }) {
  return { kind: "unknown", because: failed } as const;
}
