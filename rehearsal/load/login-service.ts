import type { Agent } from "node:http";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { sendOtp } from "./send-otp.ts";

/** What became of one login. */
export type Login = { readonly ok: true } | { readonly ok: false; readonly because: string };

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
  readonly gatewayUrl: string;
  readonly agent: Agent;
}

/**
 * One instance of a login service, written as a plain one is: it reads the secret with the AWS SDK, keeps it for some
 * seconds, and sends the one-time code with it. It knows nothing of rotations and tries nothing twice.
 */
export class LoginService {
  readonly #options: LoginServiceOptions;
  readonly #moves: Move[] = [];
  #cached: { readonly apiKey: string; readonly untilMs: number } | undefined;
  #reading: Promise<string> | undefined;

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
    const { gatewayUrl, agent } = this.#options;
    try {
      return await sendOtp({ url: gatewayUrl, agent, phoneNumber, apiKey: await this.#key() });
    } catch (error) {
      return { ok: false, because: error instanceof Error ? error.name : "unknown" };
    }
  }

  async #key(): Promise<string> {
    if (this.#cached && Date.now() < this.#cached.untilMs) return this.#cached.apiKey;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<string> {
    const { secrets, secretId, cacheMs } = this.#options;
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    const { apiKey } = JSON.parse(answer.SecretString ?? "{}") as { apiKey?: string };
    if (apiKey === undefined) throw new Error("the secret has no apiKey");
    this.#cached = { apiKey, untilMs: Date.now() + cacheMs };
    const versionId = answer.VersionId ?? "";
    if (this.#moves.at(-1)?.versionId !== versionId) this.#moves.push({ atMs: Date.now(), versionId });
    return apiKey;
  }
}
