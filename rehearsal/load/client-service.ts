import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type KeyHandle, keyFor, type SecretReader } from "../../client/index.ts";
import type { KeyReport } from "../../client/report-line.ts";
import type { Login } from "../vendor.ts";
import { failedBy, type Instance, type Move, noteMove, type SendCode, type Service } from "./instance.ts";

export interface ClientServiceOptions {
  readonly name: string;
  /** The name that the policy has for the service. */
  readonly consumer: string;
  readonly secrets: SecretsManagerClient;
  readonly secretId: string;
  readonly cacheSeconds: number;
  readonly staleSeconds: number;
  readonly send: SendCode;
  /** What the vendor says where it rejects a key. */
  readonly refusal: string;
  readonly write: (report: KeyReport) => void;
}

/** One instance of a login service that reads its key with `dualkey/client`, and sends with `use()`. */
export class ClientService implements Instance, Service {
  readonly instances: readonly Instance[] = [this];
  readonly name: string;
  readonly how = "the client";
  saved = 0;
  readonly #send: SendCode;
  readonly #key: KeyHandle;
  readonly #moves: Move[] = [];

  constructor(options: ClientServiceOptions) {
    const { name, consumer, secretId, cacheSeconds, staleSeconds, send, refusal, write } = options;
    this.name = name;
    this.#send = send;
    this.#key = keyFor(secretId, {
      consumer,
      cacheSeconds,
      staleSeconds,
      report: write,
      client: this.#watchReads(options.secrets),
      isRejected: (answer) => isLogin(answer) && !answer.ok && answer.because === refusal,
    });
  }

  get moves(): readonly Move[] {
    return this.#moves;
  }

  async login(phoneNumber: string): Promise<Login> {
    let tries = 0;
    try {
      const result = await this.#key.use((fields) => {
        tries += 1;
        return this.#send(fields, phoneNumber);
      });
      if (result.ok && tries > 1) this.saved += 1;
      return result;
    } catch (error) {
      return failedBy(error);
    }
  }

  /** What the client would write within a minute. */
  report(): void {
    this.#key.flush();
  }

  #watchReads(secrets: SecretsManagerClient): SecretReader {
    const send = async (...args: Parameters<SecretsManagerClient["send"]>) => {
      const answer = (await secrets.send(...args)) as unknown as { readonly VersionId?: string };
      noteMove(this.#moves, answer.VersionId ?? "");
      return answer;
    };
    return { send } as unknown as SecretReader;
  }
}

function isLogin(answer: unknown): answer is Login {
  return typeof answer === "object" && answer !== null && "ok" in answer;
}
