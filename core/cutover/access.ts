import type { Policy } from "../../contract/policy.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import { currentOf, keyOf } from "./ledger.ts";
import { ADMIN, type Decision, type Observation } from "./observation.ts";
import type { KeyList, ListedKey, SecretView, Version } from "./ports.ts";
import { alarm, type Found, found, hold, look, refuse } from "./steps.ts";

/** The current version and its key. */
export interface Current {
  readonly version: Version;
  readonly key: HeldKey;
}

/** How the keys of the secret's account are reached. */
export interface Access {
  /** What management calls are made with: the id of the current version, or ADMIN. */
  readonly with: string;
  /** Absent where no key is current yet: then the admin credential makes the first one. */
  readonly current?: Current;
}

/**
 * Finds how keys are reached, or says why they are not. A self-service provider is called with the current key, whose
 * answer proves it at the same time; an admin credential is never the key that is being rotated.
 */
export function accessOf(observation: Observation, policy: Policy): Found<Access> {
  const { secret, run } = observation;
  const { credential, source } = run.capabilities;
  const current = currentKeyOf(secret, policy);
  if ("kind" in current) return current;
  if (current.version !== undefined) {
    return found({ with: credential === "self" ? current.version.id : ADMIN, current });
  }
  if (credential === "admin" || credential === "role" || source === "person") return found({ with: ADMIN });
  return refuse(
    `secret ${secret.name} has no current key, and ${policy.provider.id} needs a key to make a key. ` +
      `Make the first one in the vendor's console and hand it in: dualkey hand-in ${secret.name}`,
  );
}

/** A key of one provider is never sent to another. */
function currentKeyOf(secret: SecretView, policy: Policy): Current | { readonly version?: never } | Decision {
  const version = currentOf(secret);
  if (version === undefined || version.content.kind === "empty") return {};
  const key = keyOf(version);
  if (key === undefined) return refuse(`secret ${secret.name}: ${because(version)}`);
  if (key.provider !== undefined && key.provider !== policy.provider.id) {
    return refuse(
      `secret ${secret.name}: the current key is of ${key.provider}, and the policy says ${policy.provider.id}. ` +
        `Put a key of ${policy.provider.id} into the secret, or set the policy back`,
    );
  }
  return { version, key };
}

/**
 * Why a new key may not follow the current one, or nothing: the secret has moved to another provider or account since
 * the key was made. To promote it would move the consumers back, and it is no key to be sent to another provider.
 */
export function staleOwnerOf(version: Version, secret: SecretView, policy: Policy): string | undefined {
  const { provider = policy.provider.id, account } = keyOf(version) ?? {};
  const wanted = policy.provider.account ?? keyOf(currentOf(secret))?.account ?? account;
  const isOfAccount = account === undefined || account === wanted;
  if (provider === policy.provider.id && isOfAccount) return undefined;
  const moved = `${policy.provider.id}${wanted === undefined ? "" : `, account ${wanted}`}`;
  return `version ${version.id}: its key was made by ${provider}, account ${account}, and the secret has moved to ${moved} since`;
}

/** The provider's list, of the account that the policy names; or what has to come first. */
export function listedKeys(observation: Observation, access: Access, policy: Policy): Found<KeyList> {
  const { list } = observation;
  if (list === undefined) return look({ kind: "list", with: access.with });
  if (list.kind === "unknown") {
    const because = `the provider's list of keys is unknown: ${list.because}`;
    const about = access.current ? { versionId: access.current.version.id } : {};
    return list.isRefused ? alarm(because, about) : hold(because);
  }
  const { account } = policy.provider;
  if (account !== undefined && account !== list.account) {
    const whose = access.with === ADMIN ? "the admin credential" : "the current key";
    return alarm(
      `${whose} belongs to account ${list.account} of ${policy.provider.id}, and the policy says ${account}. ` +
        `Put one of that account into the secret, or correct the policy`,
    );
  }
  return found({ account: list.account, complete: list.complete, keys: list.keys });
}

/** Whether the credential that the list was asked for with was refused. */
export function isListRefused({ list }: Pick<Observation, "list">): boolean {
  return list?.kind === "unknown" && list.isRefused === true;
}

/** Whether the list was asked for and does not come, and another call may come off all the same: no key was refused. */
export function isListSilent({ list, run }: Observation): boolean {
  return list?.kind === "unknown" && (!isListRefused({ list }) || run.capabilities.credential !== "self");
}

/** Whether a list that is whole shows a key no more, or disabled. */
export function isListedGone({ list }: Observation, keyId: string): boolean {
  if (list?.kind !== "listed" || !list.complete) return false;
  const itself = list.keys.find(({ id }) => id === keyId);
  return itself === undefined || itself.isDisabled === true;
}

/** Which listed key has these fields: told by the fields, else by the id; `undefined` where neither tells. */
export function findListed(keys: readonly ListedKey[], key: HeldKey): ListedKey | undefined {
  return keys.find((any) => any.is(key.fields)) ?? keys.find(({ id }) => id === key.keyId);
}

function because(version: Version): string {
  return version.content.kind === "unreadable" ? version.content.because : "the current version has no key";
}
