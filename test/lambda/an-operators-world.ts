import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { ProviderUnavailableError } from "../../contract/errors.ts";
import { type Policy, parsePolicy } from "../../contract/policy.ts";
import type { RotationStep } from "../../contract/requests.ts";
import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import { createSecretStore } from "../../core/aws/secret-store.ts";
import type { SecretStore } from "../../core/cutover/ports.ts";
import { StartMessaging } from "../../core/providers/startmessaging.ts";
import { run } from "../../core/run.ts";
import { createResponder } from "../../lambda/responder.ts";
import { createRotator, type RotatorComposition } from "../../lambda/rotator.ts";
import type { Facts, MetricName, Telemetry } from "../../lambda/telemetry.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { NAME, RotatedSecret, type TrueVersion } from "../core/rotation/rotated-secret.ts";
import { ManualTime } from "../rehearsal/aws/manual-time.ts";
import { MemoryRecords } from "./memory-records.ts";

/** The functions' own defaults: a run lives for 2 minutes, a fence is 5. */
const FENCE = { timeoutMs: 120_000, marginMs: 180_000 };
const MINUTE_MS = 60_000;
const CONTEXT = { getRemainingTimeInMillis: () => FENCE.timeoutMs };

/** What an operator sends besides the secret and the reason. */
export type Asked = Pick<ResponderAnswer, "operation"> & Readonly<Record<string, unknown>>;

interface LogEntry extends Facts {
  readonly message: string;
}

/**
 * One secret with a first key, as an operator meets it: the real rotator and responder over HTTP against the embedded
 * AWS and the vendor's fake. The time is the test's.
 */
export class OperatorsWorld {
  readonly time = new ManualTime();
  readonly logs: LogEntry[] = [];
  readonly counted: Partial<Record<MetricName, number>> = {};
  readonly records = new MemoryRecords();
  /** Called before a step of a rotation is carried out. */
  beforeStep: (step: RotationStep) => Promise<unknown> = async () => undefined;
  /** Why the last step that failed did. */
  failure = "";
  secret!: RotatedSecret;
  sandbox!: StartMessagingSandbox;
  #account!: { readonly id: string };
  #rotator!: ReturnType<typeof createRotator>;
  #responder!: ReturnType<typeof createResponder>;
  #failAfter: string | undefined;
  #isFailing = false;

  /** An overlap of ten minutes, two quiet ones, and at the end of it the key is held. */
  static async start(): Promise<OperatorsWorld> {
    const world = new OperatorsWorld();
    world.sandbox = await startStartMessagingSandbox({ now: () => world.time.now() });
    world.sandbox.throttles.otpsPerNumberPer5Minutes = Number.POSITIVE_INFINITY;
    world.#account = world.sandbox.createAccount();
    world.secret = await RotatedSecret.start(world.time, async (event) => {
      await world.beforeStep(event.Step);
      await world.#rotator({ ...event, SecretId: NAME }, CONTEXT).catch((error: Error) => {
        world.failure = error.message;
        throw error;
      });
    });
    const parts = { compose: () => world.#compose(), telemetry: world.#telemetry(), run };
    world.#rotator = createRotator(parts);
    world.#responder = createResponder(parts);
    onTestFinished(async () => {
      await world.secret.close();
      await world.sandbox.close();
    });
    await world.secret.put({ apiKey: world.sandbox.createKey(world.#account).apiKey });
    world.time.advance(MINUTE_MS);
    return world;
  }

  /** The same after a rotation: one key is current, the first one is retiring. */
  static async rotated(): Promise<OperatorsWorld> {
    const world = await OperatorsWorld.start();
    if (!(await world.secret.rotate())) throw new Error(world.failure);
    world.time.advance(MINUTE_MS);
    return world;
  }

  async ask(asked: Asked, reason = "INC-1: as agreed with the team"): Promise<ResponderAnswer> {
    const about = asked.operation === "find-key" ? {} : { secret: NAME };
    return this.#responder({ ...about, reason, ...asked }, CONTEXT);
  }

  /** Lets the clock run, once a minute. */
  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      await this.#rotator({ reconcile: { secret: NAME } }, CONTEXT);
      this.time.advance(MINUTE_MS);
    }
  }

  /** Lets the clock run for longer than an overlap, its evidence and every fence take. */
  async longEnough(): Promise<void> {
    await this.minutes(40);
  }

  /** Sends a message with the key of a version, as a login service does. */
  async send(version: TrueVersion | undefined): Promise<number> {
    const response = await fetch(`${this.sandbox.url}/otp/send`, {
      method: "POST",
      headers: { "x-api-key": apiKeyIn(version), "content-type": "application/json" },
      body: JSON.stringify({ phoneNumber: "+919876543210", variables: { otp: "482913" } }),
    });
    return response.status;
  }

  accepts(version: TrueVersion | undefined): boolean {
    return this.sandbox.truth.accepts({ apiKey: apiKeyIn(version) });
  }

  labelled(label: string): TrueVersion | undefined {
    return this.secret.versions().find(({ labels }) => labels.some((text) => text.startsWith(label)));
  }

  /** The next look at the secret after an effect of this kind fails, as a throttle does. */
  failLookAfter(effect: string): void {
    this.#failAfter = effect;
  }

  /** Somebody makes a key of the account in the vendor's console. */
  makeByHand(): { readonly id: string; readonly apiKey: string } {
    return this.sandbox.createKey(this.#account);
  }

  /** The vendor suspends the account: no key of it works. */
  suspend(): void {
    this.sandbox.faults.suspend(this.#account);
  }

  #compose(): RotatorComposition {
    const now = () => this.time.now();
    const provider = new StartMessaging({ baseUrl: this.sandbox.url, now, sleep: async () => undefined });
    const { fieldNames } = provider.capabilities;
    return {
      now,
      fence: FENCE,
      callMs: 15_000,
      listLagMs: 600_000,
      sweepEveryMs: 300_000,
      fleet: {
        secrets: async function* () {
          yield { arn: NAME, name: NAME, rotationEnabled: true, versions: [], notUnderstood: [] };
        },
        reconcile: async () => undefined,
      },
      incidents: { deployment: "keys", records: this.records },
      policies: { read: async () => POLICY },
      portsFor: ({ policy, journal }) => ({
        secrets: this.#store({ fieldNames, shape: policy }),
        provider,
        clock: {
          now,
          sleep: async (ms) => this.time.advance(ms),
          timeout: (ms) => AbortSignal.timeout(ms),
        },
        random: { nonce: () => randomBytes(8).toString("hex") },
        journal: {
          ...(journal.see ? { see: journal.see } : {}),
          record: (entry) => {
            journal.record(entry);
            this.#isFailing ||= entry.effect === this.#failAfter;
          },
        },
      }),
    };
  }

  #store(reading: Pick<Parameters<typeof createSecretStore>[0], "fieldNames" | "shape">): SecretStore {
    const now = () => this.time.now();
    const store = createSecretStore({ ...reading, client: this.secret.client, secretId: NAME, now });
    return {
      ...store,
      read: async (call) => {
        if (!this.#isFailing) return store.read(call);
        this.#isFailing = false;
        this.#failAfter = undefined;
        throw new ProviderUnavailableError("DescribeSecret: throttled");
      },
    };
  }

  #telemetry(): Telemetry {
    return {
      log: (_, message, facts) => void this.logs.push({ message, ...facts }),
      count: (metric, value = 1) => {
        this.counted[metric] = value;
      },
      flush: () => undefined,
    };
  }
}

function apiKeyIn(version: TrueVersion | undefined): string {
  return JSON.parse(version?.value ?? "{}").apiKey ?? "";
}

const POLICY: Policy = parsePolicy(
  JSON.stringify({
    version: 1,
    secret: NAME,
    environment: "production",
    provider: { id: "startmessaging" },
    minOverlapSeconds: 600,
    quietForSeconds: 120,
    maxOverlapSeconds: 1200,
    atMaxOverlap: "hold",
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
  }),
  NAME,
);
