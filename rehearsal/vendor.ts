import type { Agent } from "node:http";
import type { RehearsedProvider } from "../examples/rehearsal/rehearsed-providers.ts";
import type { VendorSandbox } from "../sandbox/_vendor.ts";
import type { IdentityService } from "./aws/identity.ts";
import type { PastSend } from "./leak/history.ts";

/** A key's fields as they stand in the secret: for requests and for searching what was written, never for printing. */
export type Fields = Readonly<Record<string, string>>;

/** A key and its value. */
export interface GivenKey {
  readonly id: string;
  readonly fields: Fields;
}

/** What became of one login. */
export type Login = { readonly ok: true } | { readonly ok: false; readonly because: string };

/** One send, as a login service asks for it. */
export interface Send {
  readonly url: string;
  readonly agent: Agent;
  /** E.164. */
  readonly phoneNumber: string;
}

/** A limit on sends, which the load of one machine may be above. */
export interface SendLimit {
  readonly vendor: number;
  readonly set: number;
  readonly perSeconds: number;
}

/** What a person does in a vendor's console, where there is no API for keys. */
export interface Console {
  makeKey(): GivenKey;
  revokeKey(id: string): void;
}

/** What a rehearsal needs of one vendor. Data, its fake, and how a login service sends with it. */
export interface Vendor {
  /** As `--provider` takes it. */
  readonly id: RehearsedProvider;
  /** Its name, for readers. */
  readonly title: string;
  /**
   * How one key follows another: both work side by side; the new one takes the old one's place, which fails at once;
   * or side by side, made and revoked by a person.
   */
  readonly cutover: "beside" | "in-place" | "by-hand";
  /** Those fields of keys and of admin credentials that nobody may see. */
  readonly secretFields: readonly string[];
  /** What any key looks like, those included whose value nobody has kept. @default nothing in particular */
  readonly looksLike?: RegExp;
  /** What a send with a dead key comes to, as `send` says it. */
  readonly refusal: string;
  /** What the phase of evidence waits for. @default the vendor's sends, or the time that the policy gives */
  readonly evidence?: string;
  /** Why an operator retires the old key when an alarm says that it may be in use. @default nobody does */
  readonly retireNow?: string;
  /** Starts the fake, with a limit on sends that lets this many logins per second pass. */
  start(rate: number): Promise<RunningVendor>;
  /** Sends one code in the vendor's own way. Once: what is not accepted has failed. */
  send(fields: Fields, send: Send): Promise<Login>;
}

/** A vendor whose fake runs. */
export interface RunningVendor {
  readonly sandbox: VendorSandbox;
  /**
   * Made in the vendor's console, and put into the secret by a person.
   *
   * @default none: an admin credential makes the first key, too
   */
  readonly firstKey?: GivenKey;
  /** In the same account, and nobody's business here (P8). @default none: there is no slot for it */
  readonly strangersKey?: GivenKey;
  /**
   * The credential that makes and revokes keys, and that stands in a secret of its own. `keyId`: where the fake lists it
   * among its keys. @default none: a key makes keys
   */
  readonly admin?: { readonly fields: Fields; readonly keyId?: string | undefined };
  /** Where the vendor is AWS itself: what the functions' roles call. @default another vendor */
  readonly identity?: IdentityService;
  /** @default the fake has no limit on sends */
  readonly limit?: SendLimit;
  /** @default nobody: dualkey makes and revokes */
  readonly console?: Console;
  /** The first key's account, as the provider names it to dualkey. @default it is not needed here */
  readonly account?: string;
  /** Lets the account have sent before, oldest first. @default its fake has no past */
  readonly givePast?: (sends: Iterable<PastSend>) => void;
  /** Which key has these fields, where their value says it. @default the fake says it */
  readonly keyIdOf?: (fields: Fields) => string | undefined;
}

/** A vendor that is played with. */
export type PlayedVendor = Omit<Vendor, "start"> & RunningVendor;
