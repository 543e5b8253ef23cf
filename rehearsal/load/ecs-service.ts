import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Fields, Login } from "../vendor.ts";
import { failedBy, type Instance, type Move, noteMove, type SendCode, type Service } from "./instance.ts";
import { type HeldKey, Reread } from "./reread.ts";

export interface EcsServiceOptions {
  readonly name: string;
  readonly cluster: string;
  readonly service: string;
  readonly ecs: EmbeddedAws["consumers"]["ecs"];
  readonly secrets: SecretsManagerClient;
  readonly secretId: string;
  readonly send: SendCode;
  /** What the vendor says where it rejects a key, for tasks that then read their key anew. @default they do not */
  readonly rereadsAt?: string | undefined;
}

/** From the start of a deployment until the old tasks go: milliseconds. */
const STABLE_AFTER_MS = 1500;

/**
 * A service of ECS whose tasks read their key at start, and, where they are told to, when it is refused. A deployment starts a new task beside the old one,
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

  get saved(): number {
    return this.#tasks.reduce((sum, { saved }) => sum + saved, 0);
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
  readonly started: Promise<HeldKey>;
  isReady = false;
  endedAtMs: number | undefined;
  readonly #options: EcsServiceOptions;
  readonly #reread: Reread<HeldKey>;
  #held: HeldKey | undefined;

  constructor(name: string, options: EcsServiceOptions) {
    this.name = name;
    this.#options = options;
    const { rereadsAt } = options;
    this.#reread = new Reread({ rereadsAt, read: () => this.#read(), held: () => this.#held });
    this.started = this.#read();
    this.started.catch(() => undefined); // whoever logs in hears of it
  }

  get saved(): number {
    return this.#reread.saved;
  }

  async login(phoneNumber: string): Promise<Login> {
    const { send } = this.#options;
    try {
      const held = this.#held ?? (await this.started);
      return await this.#reread.login(held, ({ fields }) => send(fields, phoneNumber));
    } catch (error) {
      return failedBy(error);
    }
  }

  async #read(): Promise<HeldKey> {
    const { secrets, secretId } = this.#options;
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
    const versionId = answer.VersionId ?? "";
    noteMove(this.moves, versionId);
    this.isReady = true;
    this.#held = { fields: JSON.parse(answer.SecretString ?? "{}") as Fields, versionId };
    return this.#held;
  }
}
