import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fields, Login } from "../vendor.ts";

/** When a service began to use a version of the secret. */
export interface Move {
  readonly atMs: number;
  readonly versionId: string;
}

export interface LoginServiceOptions {
  readonly name: string;
  readonly secrets: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheMs: number;
  /** Sends a code with a key, in the vendor's own way. */
  readonly send: (fields: Fields, phoneNumber: string) => Promise<Login>;
}

/**
 * One instance of a login service, written as a plain one is: it reads the secret with the AWS SDK, keeps it for some
 * seconds, and sends the one-time code with it. It knows nothing of rotations and tries nothing twice.
 */
export class LoginService {
  readonly #options: LoginServiceOptions;
  readonly #moves: Move[] = [];
  #cached: { readonly fields: Fields; readonly untilMs: number } | undefined;
  #reading: Promise<Fields> | undefined;

  constructor(options: LoginServiceOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get moves(): readonly Move[] {
    return this.#moves;
  }

  /** Logs somebody in: the code must be on its way, or the login has failed. Never rejects. */
  async login(phoneNumber: string): Promise<Login> {
    try {
      return await this.#options.send(await this.#key(), phoneNumber);
    } catch (error) {
      return { ok: false, because: error instanceof Error ? error.name : "unknown" };
    }
  }

  async #key(): Promise<Fields> {
    if (this.#cached && Date.now() < this.#cached.untilMs) return this.#cached.fields;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Fields> {
    const { secrets, secretId, cacheMs } = this.#options;
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    const fields = JSON.parse(answer.SecretString ?? "{}") as Fields;
    this.#cached = { fields, untilMs: Date.now() + cacheMs };
    const versionId = answer.VersionId ?? "";
    if (this.#moves.at(-1)?.versionId !== versionId) this.#moves.push({ atMs: Date.now(), versionId });
    return fields;
  }
}
