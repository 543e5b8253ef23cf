import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Fields, Login } from "../vendor.ts";
import { failedBy, type Instance, type Move, type SendCode, type Service } from "./instance.ts";

export interface EcsServiceOptions {
  readonly name: string;
  readonly cluster: string;
  readonly service: string;
  readonly ecs: EmbeddedAws["consumers"]["ecs"];
  readonly secrets: SecretsManagerClient;
  readonly secretId: string;
  readonly send: SendCode;
}

/** From the start of a deployment until the old tasks go: milliseconds. */
const STABLE_AFTER_MS = 1500;

/**
 * A service of ECS whose tasks read their key at start and never again. A deployment starts a new task beside the old one,
 * which goes when the new one takes logins.
 */
export class EcsLoginService implements Service {
  readonly #options: EcsServiceOptions;
  readonly #tasks: Task[] = [];
  #next = 0;

  constructor(options: EcsServiceOptions) {
    this.#options = options;
    const { ecs, cluster, service } = options;
    ecs.create({
      cluster,
      service,
      stableAfterMs: STABLE_AFTER_MS,
      onStart: () => this.#start(),
      onStable: () => void this.#endOlder(),
    });
    this.#start();
  }

  get instances(): readonly Instance[] {
    return this.#tasks;
  }

  /** One task after the other, of those that have their key. */
  login(phoneNumber: string): Promise<Login> {
    const running = this.#tasks.filter((task) => task.endedAtMs === undefined);
    const ready = running.filter(({ isReady }) => isReady);
    const taking = ready.length > 0 ? ready : running;
    this.#next += 1;
    const task = taking[this.#next % taking.length];
    return task ? task.login(phoneNumber) : Promise.resolve({ ok: false, because: "no task runs" });
  }

  #start(): void {
    this.#tasks.push(new Task(`${this.#options.name}-${this.#tasks.length + 1}`, this.#options));
  }

  async #endOlder(): Promise<void> {
    const newest = this.#tasks.at(-1);
    await newest?.started;
    for (const task of this.#tasks) {
      if (task !== newest) task.endedAtMs ??= Date.now();
    }
  }
}

/** One task: it reads its key, and then takes logins until it is stopped. */
class Task implements Instance {
  readonly name: string;
  readonly how = "reads at start";
  readonly moves: Move[] = [];
  readonly started: Promise<Fields>;
  isReady = false;
  endedAtMs: number | undefined;
  readonly #send: SendCode;

  constructor(name: string, { secrets, secretId, send }: EcsServiceOptions) {
    this.name = name;
    this.#send = send;
    this.started = this.#read(secrets, secretId);
    this.started.catch(() => undefined); // whoever logs in hears of it
  }

  async login(phoneNumber: string): Promise<Login> {
    try {
      return await this.#send(await this.started, phoneNumber);
    } catch (error) {
      return failedBy(error);
    }
  }

  async #read(secrets: SecretsManagerClient, SecretId: string): Promise<Fields> {
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId }));
    this.moves.push({ atMs: Date.now(), versionId: answer.VersionId ?? "" });
    this.isReady = true;
    return JSON.parse(answer.SecretString ?? "{}") as Fields;
  }
}
