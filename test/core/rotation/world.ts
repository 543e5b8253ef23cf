import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { onTestFinished } from "vitest";
import { type Policy, parsePolicy } from "../../../contract/policy.ts";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { parseSecretValue } from "../../../contract/secret-value.ts";
import { createAdminCredential } from "../../../core/aws/admin-credential.ts";
import { createHandIn } from "../../../core/aws/hand-in.ts";
import { createSecretStore } from "../../../core/aws/secret-store.ts";
import type { Goal, Hold, LeakGoal } from "../../../core/cutover/observation.ts";
import { type JournalEntry, type Outcome, type Ports, run } from "../../../core/run.ts";
import type { TrueKey } from "../../../sandbox/_journal.ts";
import { ManualTime } from "../../rehearsal/aws/manual-time.ts";
import { ADMIN, HAND_IN, kindsOn, NAME, RotatedSecret } from "./rotated-secret.ts";
import type { Fields, HandMade, StartVendor, Vendor } from "./vendor.ts";

/** The functions' own defaults: a run lives for 2 minutes, a fence is 5. */
const TIMEOUT_MS = 120_000;
const OPTIONS = { fence: { timeoutMs: TIMEOUT_MS, marginMs: 180_000 }, callMs: 15_000 };
const MINUTE_MS = 60_000;
/** More than the overlap, its evidence, and every fence after it take. */
const MOST_TICKS = 90;

/** What a test chooses about its policy. */
export type Shape = Partial<Pick<Policy, "value" | "fields" | "atMaxOverlap">>;

/** One step of a rotation, as Secrets Manager has called for it. */
export interface Step {
  readonly goal: Goal["kind"];
  readonly outcome: Outcome;
}

export interface Rotation {
  /** Whether all four steps were done. */
  readonly isDone: boolean;
  readonly steps: readonly Step[];
  /** The words in which the last step was not done. */
  readonly because: string;
}

/**
 * A rotation of one secret: the real core, store and adapter, over HTTP against the embedded AWS and the vendor's fake.
 * The time is the test's.
 */
export class World {
  readonly entries: JournalEntry[] = [];
  /** What went on whenever the key under AWSCURRENT was not accepted. */
  readonly outages: string[] = [];
  /** Ids of versions whose key was forgotten while the vendor accepted it, and no other version named it. */
  readonly forgotten: string[] = [];
  /** When a key was last forgotten. */
  forgottenAtMs = Number.NaN;
  readonly time: ManualTime;
  readonly vendor: Vendor;
  readonly policy: Policy;
  readonly secret: RotatedSecret;
  readonly #said: unknown[] = [];
  readonly #steps: Step[] = [];
  readonly #secrets = new Set<string>();
  readonly #made: HandMade[] = [];
  #isSuspended = false;

  static async start(policy: ProviderPolicy, start: StartVendor, shape: Shape = {}): Promise<World> {
    const time = new ManualTime();
    const vendor = await start(() => time.now());
    const secret = await RotatedSecret.start(time, async ({ Step, ClientRequestToken: token }) => {
      const outcome = await world.#run({ kind: Step, token });
      world.#steps.push({ goal: Step, outcome });
      if (outcome.kind !== "done") throw new Error(`${Step}: ${wordsOf(outcome)}`);
    });
    const world = new World({ time, vendor, secret, policy: policyFor(policy, shape) });
    onTestFinished(async () => {
      await secret.close();
      await vendor.sandbox.close();
    });
    if (vendor.admin) await world.putAdmin(vendor.admin.fields);
    time.advance(MINUTE_MS);
    return world;
  }

  private constructor(parts: { time: ManualTime; vendor: Vendor; secret: RotatedSecret; policy: Policy }) {
    this.time = parts.time;
    this.vendor = parts.vendor;
    this.secret = parts.secret;
    this.policy = parts.policy;
    const { sandbox, stranger } = parts.vendor;
    if (stranger) this.#remember(stranger.fields);
    sandbox.onEvent(({ kind }) => {
      if (kind === "key-made" || kind === "key-ended") this.#watch(kind);
    });
  }

  /** Makes a key in the console. Nobody uses it within the same minute. */
  makeKey(): HandMade {
    const key = this.vendor.makeKey();
    this.#made.push(key);
    this.#remember(key.fields);
    this.time.advance(MINUTE_MS);
    return key;
  }

  /** Hands a key in, as the command line does. */
  async handIn({ fields }: HandMade): Promise<void> {
    await this.secret.put(fields, HAND_IN);
  }

  async putAdmin(fields: Fields): Promise<void> {
    this.#remember(fields);
    await this.secret.put(fields, ADMIN);
  }

  suspend(): void {
    this.vendor.sandbox.faults.suspend({ id: this.vendor.accountId });
    this.#isSuspended = true;
  }

  restore(): void {
    this.vendor.sandbox.faults.restore({ id: this.vendor.accountId });
    this.#isSuspended = false;
  }

  /** Has the secret rotated, once: a step that fails is not tried again. */
  async rotate(): Promise<Rotation> {
    const before = this.#steps.length;
    const isDone = await this.secret.rotate();
    const steps = this.#steps.slice(before);
    const last = steps.at(-1)?.outcome;
    return { isDone, steps, because: last ? wordsOf(last) : "" };
  }

  /** Has a leak answered, once. */
  async respond(over: Partial<Omit<LeakGoal, "kind">> = {}): Promise<Outcome> {
    this.time.advance(1000); // no key is born in the moment of the leak
    const atMs = this.time.now();
    return this.#run({
      kind: "leak-response",
      target: "all",
      atMs,
      deadlineMs: atMs + MINUTE_MS,
      mode: "replace-first",
      isDrill: false,
      evenInProduction: false,
      evenIfLoginsFail: false,
      ...over,
    });
  }

  /** One run of the clock, and one tick of it. What a person is asked to do is done, and consumers send. */
  async tick(ms = MINUTE_MS): Promise<Outcome> {
    const outcome = await this.#run({ kind: "reconcile" });
    const fields = this.current();
    if (fields && !this.#isSuspended) await this.vendor.send?.(fields);
    this.#revokeWhatIsAskedFor(outcome);
    this.time.advance(ms);
    return outcome;
  }

  /** Lets the clock run until nothing is owed. @returns what had to wait on the way */
  async settle(ms = MINUTE_MS): Promise<readonly Hold[]> {
    return this.until((outcome) => outcome.kind === "done", ms);
  }

  /** Lets the clock run until something has happened. @returns what had to wait on the way */
  async until(isOver: (outcome: Outcome) => boolean, ms = MINUTE_MS): Promise<readonly Hold[]> {
    const holds: Hold[] = [];
    for (let ticks = 0; ticks < MOST_TICKS; ticks += 1) {
      const outcome = await this.tick(ms);
      if (outcome.kind === "wait") holds.push(...outcome.holds);
      if (isOver(outcome)) return holds;
      if (outcome.kind !== "wait") throw new Error(`the clock ended with: ${wordsOf(outcome)}`);
    }
    throw new Error(`the clock never came to an end: ${holds.at(-1)?.because}`);
  }

  /** The key under AWSCURRENT, by the provider's field names. */
  current(): Fields | undefined {
    const text = this.secret.value();
    return text === undefined ? undefined : this.#fieldsIn(text);
  }

  accepts(fields: Fields | undefined): boolean {
    return fields !== undefined && this.vendor.sandbox.truth.accepts(fields);
  }

  /** Ids of the keys that the vendor has, dead ones left out. */
  liveKeyIds(): readonly string[] {
    const keys = this.vendor.sandbox.truth.keys();
    const { accountId, isKey = () => true } = this.vendor;
    const isLive = (key: TrueKey) =>
      key.account === accountId && key.endedAtMs === undefined && isKey(key.id);
    return keys.filter(isLive).map(({ id }) => id);
  }

  /** Everything that was said of the rotation to anybody: journal, holds, refusals, errors. */
  said(): string {
    return inspect([this.entries, this.#said, this.secret.events()], { depth: 12, maxStringLength: null });
  }

  /** Every text that must never be said: all secrets that ever were in the secret, the admin secret or a person's hands. */
  secrets(): readonly string[] {
    for (const { value } of this.secret.versions()) {
      if (value !== undefined) this.#remember(this.#fieldsIn(value));
    }
    return [...this.#secrets];
  }

  async #run(goal: Goal): Promise<Outcome> {
    try {
      const options = { ...OPTIONS, policy: this.policy, deadlineMs: this.time.now() + TIMEOUT_MS };
      const outcome = await run(goal, this.#ports(), options);
      this.#said.push(outcome);
      return outcome;
    } catch (error) {
      this.#said.push(error);
      throw error;
    }
  }

  /** New ones for each run, as the functions have them. */
  #ports(): Ports {
    const { provider } = this.vendor;
    const { fieldNames, adminFieldNames } = provider.capabilities;
    const now = () => this.time.now();
    const reading = { client: this.secret.client, fieldNames, shape: this.policy };
    const admin = { client: this.secret.client, secretId: ADMIN, fieldNames: adminFieldNames ?? [] };
    return {
      secrets: createSecretStore({ ...reading, secretId: NAME, now }),
      provider,
      handIn: createHandIn({ ...reading, secretId: HAND_IN }),
      ...(adminFieldNames ? { admin: createAdminCredential(admin) } : {}),
      clock: {
        now,
        sleep: async (ms) => this.time.advance(ms),
        timeout: (ms) => AbortSignal.timeout(ms),
      },
      random: { nonce: () => randomBytes(8).toString("hex") },
      journal: { record: (entry) => this.#record(entry) },
    };
  }

  #record(entry: JournalEntry): void {
    this.entries.push(entry);
    this.#watch(entry.effect);
    if (entry.effect !== "detach" || entry.label !== "live" || entry.versionId === undefined) return;
    this.forgottenAtMs = this.time.now();
    const versions = this.secret.versions();
    const value = versions.find(({ id }) => id === entry.versionId)?.value ?? "";
    const fields = this.#fieldsIn(value);
    const isNamed = versions.some((any) => {
      return kindsOn(any).includes("live") && isSame(this.#fieldsIn(any.value ?? ""), fields);
    });
    if (!isNamed && this.accepts(fields)) this.forgotten.push(entry.versionId);
  }

  #watch(during: string): void {
    const fields = this.current();
    if (fields && !this.#isSuspended && !this.accepts(fields)) this.outages.push(during);
  }

  /** The person revokes what is not in the secret any more, and nothing else. */
  #revokeWhatIsAskedFor(outcome: Outcome): void {
    const { revokeByHand } = this.vendor;
    const isAsked =
      outcome.kind === "wait" &&
      outcome.holds.some(({ because }) => /revoke key .* in the console/.test(because));
    if (!isAsked || revokeByHand === undefined) return;
    const current = this.current();
    const old = this.#made.filter(({ id, fields }) => {
      return this.liveKeyIds().includes(id) && !(current && isSame(current, fields));
    });
    for (const { id } of old) revokeByHand(id);
  }

  #remember(fields: Fields): void {
    for (const name of this.vendor.secretFields) if (fields[name]) this.#secrets.add(fields[name]);
  }

  #fieldsIn(text: string): Fields {
    const { fieldNames } = this.vendor.provider.capabilities;
    const { fields } = parseSecretValue(text, { fieldNames, shape: this.policy, where: "the test" });
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.reveal()]));
  }
}

function isSame(one: Fields, other: Fields): boolean {
  return Object.entries(one).every(([name, text]) => other[name] === text);
}

export function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "refuse") return outcome.because;
  if (outcome.kind === "done") return "done";
  return outcome.holds.map(({ because, alarm }) => `${alarm ? "alarm" : "wait"}: ${because}`).join("; ");
}

/** An overlap of ten minutes. Where no key can be seen in use, the policy says what that means. */
function policyFor(provider: ProviderPolicy, shape: Shape): Policy {
  return parsePolicy(
    JSON.stringify({
      version: 1,
      secret: NAME,
      environment: "production",
      provider,
      handIn: HAND_IN,
      minOverlapSeconds: 600,
      quietForSeconds: 120,
      maxOverlapSeconds: 900,
      atMaxOverlap: "revoke",
      consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
      ...shape,
    }),
    NAME,
  );
}
