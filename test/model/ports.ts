import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../contract/errors.ts";
import { formatLabel, type Label, v8Of } from "../../contract/labels.ts";
import type { HeldKey, KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { Content, KeyProvider, ProbeAnswer, SecretStore, SecretView } from "../../core/cutover/ports.ts";
import {
  ARN,
  changeKeys,
  lastSendAt,
  materialOf,
  moveCurrent,
  type Secret,
  TIMES,
  type Version,
  type World,
  writeSecret,
} from "./world.ts";

/** What happens to one call of a port. */
export type Fault =
  /** The run is killed before, or after, the call is applied. */
  | "crash-before"
  | "crash-after"
  /** The call is not answered; it was applied, or not. */
  | "unknown-applied"
  | "unknown-lost"
  /** The other side says that nothing was applied. */
  | "unavailable"
  /** A read shows the secret one write ago; a list or a probe, the provider's keys one change ago. */
  | "stale"
  /** The provider answers 401 to a key that works, as it does for a suspended account. */
  | "refused";

/** The end of a killed run: no port names it, so nothing catches it. */
export class Killed extends Error {}

export interface PortCall {
  readonly kind: "read" | "write" | "look";
  readonly name: string;
}

/** Asked at every call: what happens to it, after whatever else it makes happen first. */
export type Intercept = (call: PortCall) => Promise<Fault | undefined>;

export interface Model {
  readonly secrets: SecretStore;
  readonly provider: KeyProvider;
}

/** The ports of a run on a model world. `onChange` is called around every change, for the promises to be judged. */
export function modelPorts(world: World, intercept: Intercept, change: (apply: () => void) => void): Model {
  const write = async (name: string, apply: () => void): Promise<void> => {
    const fault = await intercept({ kind: "write", name });
    if (fault === "crash-before") throw new Killed();
    if (fault === "unknown-lost") throw new OutcomeUnknownError(`${name}: no answer`);
    if (fault === "unavailable") throw new ProviderUnavailableError(`${name}: not applied`);
    change(apply);
    if (fault === "crash-after") throw new Killed();
    if (fault === "unknown-applied") throw new OutcomeUnknownError(`${name}: no answer`);
  };
  const look = async <T>(name: string, answer: (isStale: boolean) => T, refused?: () => T): Promise<T> => {
    const fault = await intercept({ kind: "look", name });
    if (fault === "crash-before") throw new Killed();
    if (fault === "unavailable") throw new ProviderUnavailableError(`${name}: HTTP 503`);
    if (fault === "refused" && refused) return refused();
    if (fault === "refused") throw new ProviderRejectedError(`${name}: HTTP 401 Invalid API key`);
    return answer(fault === "stale" && world.now - world.keysChangedAt <= TIMES.staleMs);
  };
  return { secrets: storeOf(world, { write, intercept }), provider: providerOf(world, { write, look }) };
}

type Write = (name: string, apply: () => void) => Promise<void>;
type LookFn = <T>(name: string, answer: (isStale: boolean) => T, refused?: () => T) => Promise<T>;

function storeOf(world: World, { write, intercept }: { write: Write; intercept: Intercept }): SecretStore {
  return {
    async read() {
      const fault = await intercept({ kind: "read", name: "read" });
      if (fault === "crash-before") throw new Killed();
      if (fault === "unavailable") throw new ProviderUnavailableError("read: not answered");
      const isStale = fault === "stale" && world.now - world.wroteAt <= TIMES.staleMs;
      return viewOf(isStale ? world.before : world.secret, world);
    },
    store: ({ versionId, key, live }) =>
      write("store", () => {
        const version = must(world.secret, versionId);
        if (version.holds === key.keyId) return; // a put of the same content is ignored, labels included
        if (version.holds !== undefined) throw new StaleStateError("another content");
        writeSecret(world, () => {
          for (const any of world.secret.versions)
            any.stages = any.stages.filter((stage) => stage !== "AWSPENDING");
          version.stages.push("AWSPENDING");
          if (key.keyId !== undefined) version.holds = key.keyId;
          addLabel(version, live);
          if (world.isRaw) addLabel(version, idLabelOf(versionId, key));
          else version.isNamed = true;
        });
      }),
    attach: ({ versionId, label }) =>
      write("attach", () => {
        must(world.secret, versionId);
        writeSecret(world, (secret) => addLabel(must(secret, versionId), label));
      }),
    detach: ({ versionId, label }) =>
      write("detach", () => {
        const text = formatLabel(label);
        const has = must(world.secret, versionId).labels.some((any) => formatLabel(any) === text);
        if (!has) throw new StaleStateError("the label is not there");
        writeSecret(world, (secret) => {
          const version = must(secret, versionId);
          version.labels = version.labels.filter((any) => formatLabel(any) !== text);
        });
      }),
    promote: ({ from, to }) =>
      write("promote", () => {
        const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
        if (current?.id !== from) throw new StaleStateError("AWSCURRENT is elsewhere");
        must(world.secret, to);
        moveCurrent(world, to);
      }),
    dropPending: ({ versionId }) =>
      write("drop-pending", () => {
        if (!must(world.secret, versionId).stages.includes("AWSPENDING"))
          throw new StaleStateError("not pending");
        writeSecret(world, (secret) => {
          const version = must(secret, versionId);
          version.stages = version.stages.filter((stage) => stage !== "AWSPENDING");
        });
      }),
  };
}

function providerOf(world: World, { write, look }: { write: Write; look: LookFn }): KeyProvider {
  const accountOf = (fields: KeyFields): string => {
    const key = world.keys.find(({ id, works }) => works && materialOf(id) === fields.apiKey?.reveal());
    if (key === undefined) throw new ProviderRejectedError("HTTP 401 Invalid API key");
    return key.account;
  };
  return {
    id: "startmessaging",
    capabilities: { fieldNames: ["apiKey"], listCap: 100, credential: "self", sendsByKey: true },
    list: (credential) =>
      look("list", (isStale) => {
        const account = accountOf(credential);
        const keys = (isStale ? world.keysBefore : world.keys)
          .filter((key) => key.works && key.account === account)
          .map(({ id, name, createdAt }) => ({
            id,
            name,
            createdAtMs: createdAt,
            settings: {},
            is: (fields: KeyFields) => fields.apiKey?.reveal() === materialOf(id),
          }));
        return { account, complete: true, keys };
      }),
    async make({ credential, name }) {
      let made: string | undefined;
      await write("make", () => {
        const account = accountOf(credential);
        world.made += 1;
        const id = `key${world.made}`;
        made = id;
        changeKeys(world, (keys) => keys.push({ id, account, name, createdAt: world.now, works: true }));
      });
      const keyId = made ?? "";
      const account = accountOf(credential);
      return { keyId, account, fields: fieldsOf(keyId), createdAtMs: world.now };
    },
    revoke: ({ credential, keyId }) =>
      write("revoke", () => {
        const account = accountOf(credential);
        const key = world.keys.find((any) => any.works && any.id === keyId && any.account === account);
        if (key === undefined) return; // the vendor knows no such key in this account
        changeKeys(world, (keys) => {
          for (const any of keys) if (any.id === keyId) any.works = false;
        });
      }),
    probe: (fields) => {
      const rejected = (): ProbeAnswer => ({ kind: "rejected", because: "HTTP 401" });
      const answer = (isStale: boolean): ProbeAnswer => {
        const keys = isStale ? world.keysBefore : world.keys;
        const works = keys.some((key) => key.works && materialOf(key.id) === fields.apiKey?.reveal());
        return works ? { kind: "accepted" } : rejected();
      };
      return look("probe", answer, rejected);
    },
    sends: ({ credential, keyId, sinceMs }) =>
      look("sends", () => {
        accountOf(credential);
        const lastAtMs = lastSendAt(world, keyId);
        return lastAtMs === undefined || lastAtMs < sinceMs ? { count: 0 } : { count: 100, lastAtMs };
      }),
  };
}

function viewOf(secret: Secret, world: World): SecretView {
  return {
    arn: ARN,
    name: "prod/otp",
    rotationEnabled: secret.rotationEnabled,
    isDeleted: false,
    versions: secret.versions
      .filter(({ stages, labels }) => stages.length + labels.length > 0)
      .map((version) => ({
        id: version.id,
        createdAtMs: version.createdAt,
        v8: v8Of(version.id),
        isCurrent: version.stages.includes("AWSCURRENT"),
        isPending: version.stages.includes("AWSPENDING"),
        labels: version.labels.map((label) => ({ ...label })),
        content: contentOf(version, world),
      })),
    labelCount: secret.versions.reduce(
      (count, { stages, labels }) => count + stages.length + labels.length,
      0,
    ),
    notUnderstood: [],
    readAtMs: world.now,
  };
}

function contentOf(version: Version, world: World): Content {
  const { holds } = version;
  if (holds === undefined) return { kind: "empty" };
  const fields = fieldsOf(holds);
  const account = world.keys.find(({ id }) => id === holds)?.account ?? "?";
  if (version.isNamed) {
    return { kind: "key", key: { fields, keyId: holds, account, provider: "startmessaging" } };
  }
  const label = version.labels.find(({ kind }) => kind === "id");
  if (label?.kind !== "id") return { kind: "key", key: { fields } };
  return {
    kind: "key",
    key: { fields, keyId: label.keyId, account: label.account, provider: label.provider },
  };
}

function fieldsOf(keyId: string): KeyFields {
  return { apiKey: new Sensitive(materialOf(keyId)) };
}

function idLabelOf(versionId: string, { keyId = "", account = "" }: HeldKey): Label {
  return { kind: "id", v8: versionId.slice(0, 8), keyId, account, provider: "startmessaging" };
}

function addLabel(version: Version, label: Label): void {
  const text = formatLabel(label);
  if (!version.labels.some((any) => formatLabel(any) === text)) version.labels.push(label);
}

function must(secret: Secret, versionId: string): Version {
  const version = secret.versions.find(({ id }) => id === versionId);
  if (version === undefined) throw new StaleStateError(`no version ${versionId}`);
  return version;
}
