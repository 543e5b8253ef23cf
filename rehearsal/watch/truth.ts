import { createHash } from "node:crypto";
import { parseLabel } from "../../contract/labels.ts";
import type { TrueVersion, Truth } from "../../core/cutover/promises.ts";
import type { SecretView } from "../aws/secret-view.ts";
import type { World } from "../world/world.ts";

/** Looks at both sides of a world at once, past their APIs: what the secret truly holds, which keys truly work. */
export function lookAtTruth(world: World): Truth {
  const { aws, gateway, secretArn } = world;
  const tallies = gateway.truth.tallies();
  const prefix = keyNamePrefixOf(secretArn);
  return {
    atMs: Date.now(),
    versions: (aws.secrets.get(secretArn)?.versions ?? []).map((version) => trueVersion(version, world)),
    keys: gateway.truth.keys().map(({ id, label, createdAtMs, deletedAtMs }) => {
      const lastSendAtMs = tallies.get(id)?.lastSendAtMs;
      return {
        id,
        works: deletedAtMs === undefined,
        bornAtMs: createdAtMs,
        isOurs: label.startsWith(prefix),
        ...(lastSendAtMs === undefined ? {} : { lastSendAtMs }),
      };
    }),
  };
}

/** What changes a truth: two of the same text are the same but for time and traffic. */
export function fingerprintOf({ versions, keys }: Truth): string {
  return JSON.stringify([versions, keys.map(({ id, works }) => [id, works])]);
}

/** How dualkey names the keys of a secret at the provider; written anew here, for a watcher takes nobody's word. */
function keyNamePrefixOf(secretArn: string): string {
  return `dualkey/${createHash("sha256").update(secretArn).digest("hex").slice(0, 16)}/`;
}

function trueVersion({ id, labels, value }: SecretView["versions"][number], world: World): TrueVersion {
  const keyId = value === undefined ? undefined : keyIdOf(value, world);
  return {
    id,
    isCurrent: labels.includes("AWSCURRENT"),
    isPending: labels.includes("AWSPENDING"),
    labels: labels.flatMap((text) => {
      const parsed = parseLabel(text);
      return parsed.kind === "ours" ? [parsed.label] : [];
    }),
    ...(keyId === undefined ? {} : { keyId }),
  };
}

/** The first key was handed in without its id. */
function keyIdOf(value: string, { firstKey }: World): string | undefined {
  const { keyId, apiKey } = JSON.parse(value) as { keyId?: string; apiKey?: string };
  return apiKey === firstKey.apiKey ? firstKey.id : keyId;
}
