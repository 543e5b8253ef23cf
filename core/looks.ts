import { ProviderRejectedError } from "../contract/errors.ts";
import type { KeyFields } from "../contract/secret-value.ts";
import { type Context, callIn } from "./context.ts";
import { keyOf, versionOf } from "./cutover/ledger.ts";
import { ADMIN, IN_HAND, type Look, type Observation, type UseLook } from "./cutover/observation.ts";
import type { KeyList, ListedKey } from "./cutover/ports.ts";
import { isExpected } from "./expected.ts";

/** Adds one look to an observation. A look that fails is a fact: `unknown`, and why. */
export async function lookAt(observation: Observation, look: Look, context: Context): Promise<Observation> {
  const { secrets, provider, clock, handIn, reports, rollouts } = context.ports;
  const call = callIn(context);
  switch (look.kind) {
    case "secret":
      return { ...observation, secret: await secrets.read(call) };
    case "list": {
      const answer = await attempt(async () => {
        return must(provider.list, "list").call(
          provider,
          await credentialFor(observation, look, context),
          call,
        );
      });
      const atMs = clock.now();
      const list =
        "failed" in answer
          ? { ...unknown(answer), isRefused: answer.isRefused }
          : ({
              kind: "listed",
              ...answer.value,
              times: timesListed(answer.value, observation.list),
            } as const);
      return { ...observation, list: { ...list, atMs } };
    }
    case "settings": {
      const { keyId } = look;
      const answer = await attempt(async () => {
        const credential = await credentialFor(observation, look, context);
        return must(provider.settings, "settings").call(provider, { credential, keyId }, call);
      });
      const settings =
        "failed" in answer
          ? { ...unknown(answer), isRefused: answer.isRefused }
          : ({ kind: "read", settings: answer.value } as const);
      return { ...observation, settings: { ...observation.settings, [keyId]: settings } };
    }
    case "probe": {
      const answer = await attempt(() => provider.probe(fieldsOf(observation, look.versionId), call));
      const atMs = clock.now();
      const probe = "failed" in answer ? unknown(answer) : answer.value;
      const before = observation.probes[look.versionId];
      const times = before?.kind === probe.kind ? before.times + 1 : 1;
      return {
        ...observation,
        probes: { ...observation.probes, [look.versionId]: { ...probe, atMs, times } },
      };
    }
    case "use": {
      const use = await useOf(observation, look, context);
      return { ...observation, uses: { ...observation.uses, [look.versionId]: use } };
    }
    case "reports": {
      const answer = await attempt(() => must(reports, "reports").read(look, call));
      const seen = "failed" in answer ? unknown(answer) : ({ kind: "read", ...answer.value } as const);
      return { ...observation, reports: seen };
    }
    case "rollout": {
      const answer = await attempt(() => must(rollouts, "rollouts").look(look, call));
      const state = "failed" in answer ? { ...unknown(answer), isRefused: answer.isRefused } : answer.value;
      return { ...observation, rollouts: { ...observation.rollouts, [look.consumer.name]: state } };
    }
    case "offer": {
      const answer = await attempt(() => must(handIn, "hand-in").look(call));
      return { ...observation, offer: "failed" in answer ? unknown(answer) : answer.value };
    }
  }
}

/** How often in a row the provider has listed the same keys, this time included. */
function timesListed({ account, keys }: KeyList, before: Observation["list"]): number {
  if (before?.kind !== "listed" || before.account !== account) return 1;
  const idsOf = (listed: readonly ListedKey[]) => listed.map(({ id, isDisabled }) => `${id} ${isDisabled}`);
  const isSame = idsOf(keys).toSorted().join() === idsOf(before.keys).toSorted().join();
  return isSame ? (before.times ?? 1) + 1 : 1;
}

/** Adds several looks that are made side by side. */
export async function lookAtAll(
  observation: Observation,
  looks: readonly Look[],
  context: Context,
): Promise<Observation> {
  const seen = await Promise.all(looks.map((look) => lookAt(observation, look, context)));
  let all = observation;
  for (const one of seen) all = merge(all, one, observation);
  return all;
}

/** What one look has added to what was known before. */
function merge(
  all: Observation,
  { list, offer, reports, ...one }: Observation,
  before: Observation,
): Observation {
  return {
    ...all,
    secret: one.secret === before.secret ? all.secret : one.secret,
    ...(list && list !== before.list ? { list } : {}),
    ...(offer && offer !== before.offer ? { offer } : {}),
    ...(reports && reports !== before.reports ? { reports } : {}),
    probes: { ...all.probes, ...newIn(one.probes, before.probes) },
    settings: { ...all.settings, ...newIn(one.settings, before.settings) },
    uses: { ...all.uses, ...newIn(one.uses, before.uses) },
    rollouts: { ...all.rollouts, ...newIn(one.rollouts, before.rollouts) },
  };
}

function newIn<T>(
  after: Readonly<Record<string, T>>,
  before: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value));
}

async function useOf(
  observation: Observation,
  look: Extract<Look, { kind: "use" }>,
  context: Context,
): Promise<UseLook> {
  const { provider } = context.ports;
  const { keyId, sinceMs } = look;
  const { countSends } = provider;
  if (countSends === undefined) {
    return { kind: "unknown", because: `${provider.id} does not list sends by key` };
  }
  const answer = await attempt(async () => {
    const credential = await credentialFor(observation, look, context);
    return countSends.call(provider, { credential, keyId, sinceMs }, callIn(context));
  });
  return "failed" in answer ? unknown(answer) : { kind: "counted", ...answer.value };
}

/** What a management call is made with: a version's key, the admin credential, or nothing but the function's role. */
export async function credentialFor(
  observation: Observation,
  { with: name }: { readonly with: string },
  context: Context,
): Promise<KeyFields> {
  if (name !== ADMIN) return fieldsOf(observation, name);
  return (await context.admin?.(callIn(context))) ?? {};
}

/** The key of a version that a decision has seen, or the one in hand. */
export function fieldsOf(observation: Observation, versionId: string): KeyFields {
  const { attempt } = observation.run;
  if (versionId === IN_HAND && attempt?.state === "in-hand") return attempt.made.fields;
  const key = keyOf(versionOf(observation.secret, versionId));
  if (key === undefined)
    throw new Error(`version ${versionId} has no key: a decision names only versions that have one`);
  return key.fields;
}

/** A verb that the capabilities declare, and that is therefore there. */
export function must<T>(verb: T | undefined, name: string): T {
  if (verb === undefined) throw new Error(`${name}: a decision asks only for what the provider declares`);
  return verb;
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

function unknown({ failed }: { readonly failed: string }) {
  return { kind: "unknown", because: failed } as const;
}
