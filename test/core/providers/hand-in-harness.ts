import type { HandInVendor } from "../../../contract/provider-policy.ts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { type HandInPolicy, HandInProvider } from "../../../core/providers/hand-in.ts";
import {
  type HandInSandbox,
  type HandInSandboxOptions,
  startHandInSandbox,
} from "../../../sandbox/hand-in.ts";
import type { Party, ProviderHarness } from "./contract.ts";
import { FAULTS } from "./startmessaging-harness.ts";

export interface HandInHarness extends ProviderHarness {
  readonly sandbox: HandInSandbox;
  readonly provider: HandInProvider;
}

export interface HandInHarnessOptions extends Omit<HandInSandboxOptions, "vendor"> {
  /** Of OptStuff. @default an image that the project may use */
  readonly probeImage?: string;
}

/** The vendors whose keys say which account they are of. */
const WITH_ACCOUNT = new Set<HandInVendor>(["optstuff", "exotel", "plivo", "kaleyra", "sinch-sms"]);

/** What the vendor's route is called that a probe of ours ends at. */
export function probeRouteOf(vendor: HandInVendor): string {
  return vendor === "optstuff" || vendor === "gupshup" ? "send" : "probe";
}

export function policyOf(vendor: HandInVendor, { slug = "", probeImage = "" } = {}): HandInPolicy {
  if (vendor !== "optstuff") return { id: "hand-in", vendor };
  return { id: "hand-in", vendor, projectSlug: slug, probeImage };
}

/** The adapter against the vendor's fake, with a person who makes keys. */
export async function startHandInHarness(
  vendor: HandInVendor,
  { probeImage = "images.example.com/logo.png", ...options }: HandInHarnessOptions = {},
): Promise<HandInHarness> {
  const sandbox = await startHandInSandbox({ vendor, ...options });
  const gone = await startHandInSandbox({ vendor });
  await gone.close();
  const party = (): Party => {
    const account = sandbox.createAccount();
    const { id, fields } = sandbox.createKey(account);
    const key = keyFieldsOf(fields);
    const name = WITH_ACCOUNT.has(vendor) ? `${vendor}/${account.id}` : vendor;
    return { account: name, credential: key, key, keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  const policy = policyOf(vendor, { slug: accountOf(ours), probeImage });
  const { now } = options;
  const common = { policy, sleep: async () => {}, ...(now ? { now } : {}) };
  return {
    sandbox,
    provider: new HandInProvider({ baseUrl: sandbox.url, ...common }),
    unreachable: new HandInProvider({ baseUrl: gone.url, ...common }),
    ours,
    stranger,
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (_, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({
        when: ({ route }) => route === probeRouteOf(vendor),
        fault: FAULTS[failure],
      });
    },
    suspend: ({ keyId }) => sandbox.faults.suspend({ id: accountIdOf(sandbox, keyId) }),
    onApplied: (listener) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    close: () => sandbox.close(),
  };
}

export function keyFieldsOf(fields: Readonly<Record<string, string>>): KeyFields {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, new Sensitive(text)]));
}

/** The same key with another text in some fields. */
export function withFields(key: KeyFields, fields: Readonly<Record<string, string>>): KeyFields {
  return { ...key, ...keyFieldsOf(fields) };
}

export function accountOf({ account }: Party): string {
  return account.split("/")[1] ?? "";
}

function accountIdOf(sandbox: HandInSandbox, keyId: string): string {
  return sandbox.truth.keys().find(({ id }) => id === keyId)?.account ?? "";
}
