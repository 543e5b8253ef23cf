import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../contract/errors.ts";
import { formatLabel, type Label, v8Of } from "../../contract/labels.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import type {
  ConsumerReports,
  Content,
  HandIn,
  KeyProvider,
  Rollouts,
  SecretStore,
  SecretView,
} from "../../core/cutover/ports.ts";
import { reportsOf, rolloutsOf } from "./consumers.ts";
import { fieldsOf, handInOf, providerOf } from "./provider.ts";
import { SHAPES } from "./shapes.ts";
import {
  ARN,
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
  | "refused"
  /** It is not available, now and at every later call of the same name. */
  | "never";

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
  readonly handIn: HandIn;
  readonly reports: ConsumerReports;
  readonly rollouts: Rollouts;
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
  return {
    secrets: storeOf(world, { write, intercept }),
    provider: providerOf(world, { write, look }),
    handIn: handInOf(world, { write, look }),
    reports: reportsOf(world, { write, look }),
    rollouts: rolloutsOf(world, { write, look }),
  };
}

export type Write = (name: string, apply: () => void) => Promise<void>;
export type LookFn = <T>(name: string, answer: (isStale: boolean) => T, refused?: () => T) => Promise<T>;

function storeOf(world: World, { write, intercept }: { write: Write; intercept: Intercept }): SecretStore {
  const read = async (name: string): Promise<SecretView> => {
    const fault = await intercept({ kind: "read", name });
    if (fault === "crash-before") throw new Killed();
    if (fault === "unavailable") throw new ProviderUnavailableError("read: not answered");
    const isStale = fault === "stale" && world.now - world.wroteAt <= TIMES.staleMs;
    return viewOf(isStale ? world.before : world.secret, world);
  };
  return {
    read: () => read("read"),
    outline: () => read("outline"),
    async fill(outline) {
      const fault = await intercept({ kind: "read", name: "fill" });
      if (fault === "crash-before") throw new Killed();
      if (fault === "unavailable") throw new ProviderUnavailableError("fill: not answered");
      return outline as SecretView; // its labels are those of the outline's moment, and a value never changes
    },
    store: ({ versionId, key, labels, stage = "AWSPENDING" }) =>
      write("store", () => {
        const holds = keyIdOf(key);
        const known = world.secret.versions.find(({ id }) => id === versionId);
        if (known?.holds === holds) return; // a put of the same content is ignored, labels included
        if (known?.holds !== undefined) throw new StaleStateError("another content");
        writeSecret(world, ({ versions }) => {
          if (known === undefined)
            versions.push({ id: versionId, createdAt: world.now, stages: [], labels: [] });
          const version = must(world.secret, versionId);
          if (stage === "AWSPENDING") {
            for (const any of versions) any.stages = any.stages.filter((one) => one !== "AWSPENDING");
            version.stages.push("AWSPENDING");
          }
          version.holds = holds;
          for (const label of labels) addLabel(version, label);
          if (world.isRaw) addLabel(version, idLabelOf(versionId, key));
          else if (key.account !== undefined) version.isNamed = true;
        });
        // The service makes the first value of a secret current at once.
        if (!world.secret.versions.some(({ stages }) => stages.includes("AWSCURRENT")))
          moveCurrent(world, versionId);
      }),
    attach: ({ versionId, label }) =>
      write(label.kind === "leaked" ? "attach leaked" : "attach", () => {
        must(world.secret, versionId);
        const text = formatLabel(label);
        const isElsewhere = world.secret.versions.some(({ id, labels }) => {
          return id !== versionId && labels.some((any) => formatLabel(any) === text);
        });
        if (label.kind === "leaked") world.markedAt ??= world.now;
        if (isElsewhere) throw new StaleStateError("another version has the label");
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
  // A key that is not registered yet is of the account that it was chosen for.
  const account = world.keys.find(({ id }) => id === holds)?.account ?? "A";
  if (version.isNamed) {
    const { capabilities, provider } = SHAPES[world.shape];
    const owner = { account, provider: provider.id };
    // An id that is known only after the value is stored stands in a label; at some vendors there is none.
    if (capabilities.source === "provider") return { kind: "key", key: { fields, keyId: holds, ...owner } };
    const known = version.labels.find(({ kind }) => kind === "id");
    const id = known?.kind === "id" ? { keyId: known.keyId } : {};
    return { kind: "key", key: { fields, ...owner, ...id } };
  }
  const label = version.labels.find(({ kind }) => kind === "id");
  if (label?.kind !== "id") return { kind: "key", key: { fields } };
  return {
    kind: "key",
    key: { fields, keyId: label.keyId, account: label.account, provider: label.provider },
  };
}

/** The model's keys have ids that are found in their values, whoever may know them. */
function keyIdOf({ fields }: HeldKey): string {
  return fields.apiKey?.reveal().replace(materialOf(""), "") ?? "";
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
