import { createHash } from "node:crypto";
import { parseLabel } from "../../contract/labels.ts";
import type { TrueVersion, Truth } from "../../core/cutover/promises.ts";
import type { TrueKey } from "../../sandbox/_journal.ts";
import type { SecretView } from "../aws/secret-view.ts";
import type { Fields } from "../vendor.ts";
import type { World } from "../world/world.ts";
import type { SendSeries } from "./send-series.ts";

/** Looks at both sides of a world at once, past their APIs: what the secret truly holds, which keys truly work. */
export function lookAtTruth(world: World, sends: Pick<SendSeries, "lastAtMs">): Truth {
  const { aws, vendor, secretArn } = world;
  const { truth } = vendor.sandbox;
  return {
    atMs: Date.now(),
    versions: (aws.secrets.get(secretArn)?.versions ?? []).map((version) => trueVersion(version, world)),
    keys: truth.keys().map((key) => {
      const { id, createdAtMs, endedAtMs } = key;
      const lastSendAtMs = sends.lastAtMs(id);
      return {
        id,
        works: endedAtMs === undefined,
        bornAtMs: createdAtMs,
        isOurs: makerOf(key, world) === "dualkey",
        ...(lastSendAtMs === undefined ? {} : { lastSendAtMs }),
      };
    }),
  };
}

/** What changes a truth: two of the same text are the same but for time and traffic. */
export function fingerprintOf({ versions, keys }: Truth): string {
  return JSON.stringify([versions, keys.map(({ id, works }) => [id, works])]);
}

/** Which key has these fields: by their value, and never by what dualkey has written beside it. */
export function keyIdOf(fields: Fields, { vendor }: Pick<World, "vendor">): string | undefined {
  const { keyIdOf: keyIdIn, sandbox } = vendor;
  return keyIdIn ? keyIdIn(fields) : sandbox.truth.keyIdOf?.(fields);
}

/** Who made a key. Where the vendor keeps names it must have dualkey's; elsewhere, whoever is left. */
export function makerOf(
  { id, name }: Pick<TrueKey, "id" | "name">,
  { vendor, madeByHand, secretArn }: World,
): "dualkey" | "hand" | "stranger" | "other" {
  if (id === vendor.strangersKey?.id || id === vendor.admin?.keyId) return "stranger";
  if (madeByHand.has(id)) return "hand";
  return name === "" || name.startsWith(keyNamePrefixOf(secretArn)) ? "dualkey" : "other";
}

/** How dualkey names the keys of a secret at the provider; written anew here, for a watcher takes nobody's word. */
function keyNamePrefixOf(secretArn: string): string {
  return `dualkey/${createHash("sha256").update(secretArn).digest("hex").slice(0, 16)}/`;
}

function trueVersion({ id, labels, value }: SecretView["versions"][number], world: World): TrueVersion {
  const keyId = value === undefined ? undefined : keyIdOf(JSON.parse(value) as Fields, world);
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
