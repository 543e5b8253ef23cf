import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { KeyReport } from "../../client/report-line.ts";
import type { Fields, Login } from "../vendor.ts";
import { failedBy, type Instance, type Move, noteMove, type SendCode, type Service } from "./instance.ts";
import { type HeldKey, Reread } from "./reread.ts";

export interface LoginServiceOptions {
  readonly name: string;
  readonly secrets: SecretsManagerClient;
  readonly secretId: string;
  /** `Infinity`: it reads its key once, and never again. */
  readonly cacheMs: number;
  readonly send: SendCode;
  /** What the vendor says where it rejects a key, for a service that then reads its key anew. @default it does not */
  readonly rereadsAt?: string | undefined;
  /** @default it reports nothing */
  readonly reporting?: ReportingOptions;
}

/** Where a service writes which versions it has sent with. */
export interface ReportingOptions {
  readonly consumer: string;
  /** What the vendor says where it rejects a key. */
  readonly refusal: string;
  readonly write: (report: KeyReport) => void;
}

interface Held extends HeldKey {
  readonly untilMs: number;
}

/**
 * One instance of a login service, written as a plain one is: it reads the secret with the AWS SDK, keeps it for some
 * seconds, and sends the one-time code with it. It knows nothing of rotations, and tries nothing twice but, where it is
 * told to, a send whose key was refused.
 */
export class LoginService implements Instance, Service {
  readonly instances: readonly Instance[] = [this];
  readonly #options: LoginServiceOptions;
  readonly #reread: Reread<Held>;
  readonly #moves: Move[] = [];
  readonly #counts = new Map<string, { sends: number; rejections: number; atMs: number }>();
  #cached: Held | undefined;
  #reading: Promise<Held> | undefined;

  constructor(options: LoginServiceOptions) {
    this.#options = options;
    const { rereadsAt } = options;
    this.#reread = new Reread({ rereadsAt, read: () => this.#read(), held: () => this.#cached });
  }

  get name(): string {
    return this.#options.name;
  }

  get how(): string {
    return "cache of its own";
  }

  get saved(): number {
    return this.#reread.saved;
  }

  get moves(): readonly Move[] {
    return this.#moves;
  }

  async login(phoneNumber: string): Promise<Login> {
    try {
      return await this.#reread.login(await this.#key(), (held) => this.#send(held, phoneNumber));
    } catch (error) {
      return failedBy(error);
    }
  }

  /** One line for each version that was sent with, or is held. */
  report(): void {
    const { reporting, secretId } = this.#options;
    const held = this.#cached?.versionId;
    if (reporting === undefined || held === undefined) return;
    if (!this.#counts.has(held)) this.#counts.set(held, { sends: 0, rejections: 0, atMs: Date.now() });
    for (const [version, counted] of this.#counts) {
      reporting.write({ secret: secretId, consumer: reporting.consumer, version, ...counted });
    }
    this.#counts.clear();
  }

  async #send({ fields, versionId }: Held, phoneNumber: string): Promise<Login> {
    const result = await this.#options.send(fields, phoneNumber);
    this.#count(versionId, result);
    return result;
  }

  #count(versionId: string, result: Login): void {
    const counted = this.#counts.get(versionId) ?? { sends: 0, rejections: 0, atMs: 0 };
    const isRejected = !result.ok && result.because === this.#options.reporting?.refusal;
    counted[isRejected ? "rejections" : "sends"] += 1;
    counted.atMs = Date.now();
    this.#counts.set(versionId, counted);
  }

  async #key(): Promise<Held> {
    if (this.#cached && Date.now() < this.#cached.untilMs) return this.#cached;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Held> {
    const { secrets, secretId, cacheMs } = this.#options;
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    const fields = JSON.parse(answer.SecretString ?? "{}") as Fields;
    const versionId = answer.VersionId ?? "";
    this.#cached = { fields, versionId, untilMs: Date.now() + cacheMs };
    noteMove(this.#moves, versionId);
    return this.#cached;
  }
}
