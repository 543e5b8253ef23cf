import { ProviderRejectedError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { HandIn, KeyProvider, ListedKey, ProbeAnswer } from "../../core/cutover/ports.ts";
import { namePrefixOf } from "../../core/run.ts";
import type { LookFn, Write } from "./ports.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, changeKeys, type Key, lastSendAt, materialOf, type World } from "./world.ts";

interface Wires {
  readonly write: Write;
  readonly look: LookFn;
}

/** The vendor of a world, in the shape that the world has. */
export function providerOf(world: World, wires: Wires): KeyProvider {
  const { capabilities, provider } = SHAPES[world.shape];
  const verbs: KeyProvider = {
    id: provider.id,
    capabilities,
    identify: () => ({}),
    probe: (fields) => probe(world, fields, wires),
  };
  if (capabilities.source === "person") return verbs;
  if (capabilities.source === "in-place") return { ...verbs, ...inPlace(world, wires) };
  return {
    ...verbs,
    ...listing(world, wires),
    ...(capabilities.source === "client" ? choosing(world, wires) : making(world, wires)),
    ...ending(world, wires),
  };
}

export function handInOf(world: World, { write, look }: Wires): HandIn {
  return {
    name: "prod/otp/hand-in",
    look: () =>
      look("offer", () => {
        const { offer } = world;
        if (offer === undefined || offer.isTaken) return { kind: "none" };
        return { kind: "key", versionId: "offer", key: { fields: fieldsOf(offer.holds) } };
      }),
    take: () =>
      write("take", () => {
        if (world.offer) world.offer = { ...world.offer, isTaken: true };
      }),
  };
}

export function fieldsOf(keyId: string): KeyFields {
  return { apiKey: new Sensitive(materialOf(keyId)) };
}

function keyIdIn(fields: KeyFields): string {
  return fields.apiKey?.reveal().replace(materialOf(""), "") ?? "";
}

/** The account that a management call belongs to: that of the key it is made with, or of the admin credential. */
function accountOf(world: World, credential: KeyFields): string {
  if (SHAPES[world.shape].capabilities.credential !== "self") return world.policyAccount ?? "A";
  const key = world.keys.find(({ id, works }) => works && id === keyIdIn(credential));
  if (key === undefined) throw new ProviderRejectedError("HTTP 401 Invalid API key");
  return key.account;
}

function probe(world: World, fields: KeyFields, { look }: Wires): Promise<ProbeAnswer> {
  const rejected = (): ProbeAnswer => ({ kind: "rejected", because: "HTTP 401" });
  const answer = (isStale: boolean): ProbeAnswer => {
    const keys = isStale ? world.keysBefore : world.keys;
    return keys.some((key) => key.works && key.id === keyIdIn(fields)) ? { kind: "accepted" } : rejected();
  };
  return look("probe", answer, rejected);
}

function listing(world: World, { look }: Wires): Pick<KeyProvider, "list" | "settings" | "countSends"> {
  const { capabilities } = SHAPES[world.shape];
  return {
    list: (credential) =>
      look("list", (isStale) => {
        const account = accountOf(world, credential);
        const keys = (isStale ? world.keysBefore : world.keys)
          .filter((key) => isListed(key) && key.account === account)
          .map((key) => listed(world, key));
        return { account, complete: true, keys };
      }),
    ...(capabilities.carriedOver.length === 0
      ? {}
      : {
          settings: ({ credential }) =>
            look("settings", () => {
              accountOf(world, credential);
              return {};
            }),
        }),
    ...(capabilities.sends?.byKey
      ? {
          countSends: ({ credential, keyId, sinceMs }) =>
            look("sends", () => {
              accountOf(world, credential);
              const isCurrent = world.history.at(-1)?.keyId === keyId;
              const lastAtMs = world.isBlind && !isCurrent ? undefined : lastSendAt(world, keyId);
              return lastAtMs === undefined || lastAtMs < sinceMs ? { count: 0 } : { count: 100, lastAtMs };
            }),
        }
      : {}),
  };
}

function isListed({ works, isDisabled }: Key): boolean {
  return works || isDisabled === true;
}

function listed(world: World, { id, name, createdAt, isDisabled = false }: Key): ListedKey {
  const { capabilities } = SHAPES[world.shape];
  const lastUsedAtMs = capabilities.lastUsed && lastSendAt(world, id);
  return {
    id,
    ...(capabilities.list?.names ? { name } : {}),
    createdAtMs: createdAt,
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
    isDisabled,
    is: (fields) => (capabilities.source === "client" ? undefined : keyIdIn(fields) === id),
  };
}

function making(world: World, { write }: Wires): Pick<KeyProvider, "make"> {
  return {
    async make({ credential, name }) {
      let made: string | undefined;
      await write("make", () => {
        const account = accountOf(world, credential);
        checkSlots(world, account);
        made = addKey(world, { account, name, works: true });
      });
      const keyId = made ?? "";
      return {
        keyId,
        account: accountOf(world, credential),
        fields: fieldsOf(keyId),
        createdAtMs: world.now,
      };
    },
  };
}

function choosing(world: World, { write }: Wires): Pick<KeyProvider, "make" | "register"> {
  return {
    make: async ({ credential }) => {
      world.made += 1;
      const fields = fieldsOf(`key${world.made}`);
      return { account: accountOf(world, credential), fields, createdAtMs: world.now };
    },
    async register({ credential, fields }) {
      const id = keyIdIn(fields);
      await write("register", () => {
        const account = accountOf(world, credential);
        checkSlots(world, account);
        changeKeys(world, (keys) => {
          // The vendor keeps no names: this one is for the promises, which know whose key it is.
          keys.push({ id, account, name: namePrefixOf(ARN), createdAt: world.now, works: true });
        });
      });
      return { keyId: id };
    },
  };
}

/** The key that is made last is the one that takes the current one's place; the one made before is lost. */
function inPlace(world: World, { write }: Wires): Pick<KeyProvider, "make" | "replace"> {
  const works = world.shape === "in place, and the new key works beside the old one";
  return {
    async make({ credential, name }) {
      let made: string | undefined;
      let account = "";
      await write("make", () => {
        account = accountOf(world, credential);
        changeKeys(world, (keys) => {
          for (const key of keys) if (key.id === world.secondary) key.works = false;
        });
        made = addKey(world, { account, name, works, isInert: !works });
        world.secondary = made;
      });
      const keyId = made ?? "";
      return { account, fields: fieldsOf(keyId), createdAtMs: world.now };
    },
    replace: ({ credential }) =>
      write("replace", () => {
        const account = accountOf(world, credential);
        const { secondary } = world;
        if (secondary === undefined) throw new ProviderRejectedError("HTTP 400 there is no secondary token");
        changeKeys(world, (keys) => {
          for (const key of keys) {
            if (key.account !== account) continue;
            key.works = key.id === secondary;
            if (key.works) key.isInert = false;
          }
        });
        delete world.secondary;
      }),
  };
}

function ending(world: World, { write }: Wires): Pick<KeyProvider, "revoke" | "remove"> {
  const { revoke } = SHAPES[world.shape].capabilities;
  const change = (keyId: string, credential: KeyFields, end: (key: Key) => void) => {
    const account = accountOf(world, credential);
    const key = world.keys.find((any) => isListed(any) && any.id === keyId && any.account === account);
    if (key === undefined) return; // the vendor knows no such key in this account
    changeKeys(world, (keys) => {
      for (const any of keys) if (any.id === keyId) end(any);
    });
  };
  return {
    revoke: ({ credential, keyId }) =>
      write("revoke", () =>
        change(keyId, credential, (key) => {
          key.works = false;
          key.isDisabled = revoke === "disable-then-delete";
        }),
      ),
    ...(revoke === "disable-then-delete"
      ? {
          remove: ({ credential, keyId }) =>
            write("remove", () =>
              change(keyId, credential, (key) => {
                key.works = false;
                key.isDisabled = false;
              }),
            ),
        }
      : {}),
  };
}

function checkSlots(world: World, account: string): void {
  const { maxLiveKeys = Number.POSITIVE_INFINITY } = SHAPES[world.shape].capabilities;
  const taken = world.keys.filter((key) => isListed(key) && key.account === account);
  if (taken.length >= maxLiveKeys)
    throw new ProviderRejectedError("HTTP 400 as many keys as can live at once");
}

function addKey(world: World, over: Omit<Key, "id" | "createdAt">): string {
  world.made += 1;
  const id = `key${world.made}`;
  changeKeys(world, (keys) => keys.push({ id, createdAt: world.now, ...over }));
  return id;
}
