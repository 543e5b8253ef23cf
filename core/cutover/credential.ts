import type { Policy } from "../../contract/policy.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import { currentOf, keyOf } from "./ledger.ts";
import type { Observation } from "./observation.ts";
import type { KeyList, SecretView, Version } from "./ports.ts";
import { alarm, type Found, found, hold, look, refuse } from "./steps.ts";

/** The current version and its key: at a self-service provider, the credential of all management calls. */
export interface Credential {
  readonly version: Version;
  readonly key: HeldKey;
}

/** Finds the credential, or says why there is none. A key of one provider is never sent to another. */
export function credentialOf(secret: SecretView, policy: Policy): Found<Credential> {
  const version = currentOf(secret);
  if (version === undefined || version.content.kind === "empty") {
    return refuse(
      `secret ${secret.name} has no current key, and ${policy.provider.id} needs a key to make a key. ` +
        "Put the first key, made in the vendor's console, into the secret",
    );
  }
  const key = keyOf(version);
  if (key === undefined) return refuse(`secret ${secret.name}: ${because(version)}`);
  if (key.provider !== undefined && key.provider !== policy.provider.id) {
    return refuse(
      `secret ${secret.name}: the current key is of ${key.provider}, and the policy says ${policy.provider.id}. ` +
        `Put a key of ${policy.provider.id} into the secret, or set the policy back`,
    );
  }
  return found({ version, key });
}

/**
 * Why a new key may not follow the current one, or nothing: the secret has moved to another provider or account since
 * the key was made. To promote it would move the consumers back, and it is no key to be sent to another provider.
 */
export function staleOwnerOf(version: Version, secret: SecretView, policy: Policy): string | undefined {
  const { provider = policy.provider.id, account } = keyOf(version) ?? {};
  const wanted = policy.provider.account ?? keyOf(currentOf(secret))?.account ?? account;
  if (provider === policy.provider.id && account === wanted) return undefined;
  const moved = `${policy.provider.id}${wanted === undefined ? "" : `, account ${wanted}`}`;
  return `version ${version.id}: its key was made by ${provider}, account ${account}, and the secret has moved to ${moved} since`;
}

/** The provider's list through the current key, of the account that the policy names; or what has to come first. */
export function listedKeys(
  observation: Observation,
  { version }: Credential,
  policy: Policy,
): Found<KeyList> {
  const { list } = observation;
  if (list === undefined) return look({ kind: "list", with: version.id });
  if (list.kind === "unknown") {
    const because = `the provider's list of keys is unknown: ${list.because}`;
    return list.isRefused ? alarm(because, { versionId: version.id }) : hold(because);
  }
  const { account } = policy.provider;
  if (account !== undefined && account !== list.account) {
    return alarm(
      `the current key belongs to account ${list.account} of ${policy.provider.id}, and the policy says ${account}. ` +
        "Put a key of that account into the secret, or correct the policy",
    );
  }
  return found({ account: list.account, complete: list.complete, keys: list.keys });
}

function because(version: Version): string {
  return version.content.kind === "unreadable" ? version.content.because : "the current version has no key";
}
