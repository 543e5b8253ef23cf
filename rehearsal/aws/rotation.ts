import { randomUUID } from "node:crypto";
import type { Journal, RotationEvent, RotationStep } from "./journal.ts";
import { detachLabel, holderOf, type SecretState, withoutVersion } from "./secret-state.ts";
import type { SecretTable } from "./secret-table.ts";
import { pause, type Time } from "./time.ts";

/** What the service learns of one step: nothing, or why it failed. */
type StepResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Calls the rotation function with one step's event and waits for its answer. */
export type StepInvoker = (lambdaArn: string, event: { readonly SecretId: string }) => Promise<StepResult>;

/** How often a rotation is tried, and how long the service waits in between. */
export interface RotationRetries {
  /** @default 5 attempts; the number is not documented ("multiple times"). */
  readonly attempts: number;
  /** The wait before the second attempt; it doubles with each further one. @default 1000 */
  readonly firstDelayMs: number;
}

/** What a rotation service needs. */
export interface RotationScope {
  readonly table: SecretTable;
  readonly journal: Journal;
  readonly time: Time;
  readonly invoke: StepInvoker;
  readonly retries: RotationRetries;
}

interface Job {
  readonly arn: string;
  readonly name: string;
  readonly token: string;
  readonly rotationToken: string;
  readonly testOnly: boolean;
  stopped: boolean;
}

type JobEvent = RotationEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, "secret" | "versionId">
    : never
  : never;

const STEPS: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/**
 * Secrets Manager's side of a rotation: four calls of the function, one after the other.
 * "If any rotation step fails, Secrets Manager retries the entire rotation process multiple times"
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html): an attempt starts at
 * createSecret again, with the same token. When all have failed it gives up, and AWSPENDING stays where it is.
 */
export class RotationService {
  readonly #scope: RotationScope;
  readonly #jobs = new Map<string, Job>();

  constructor(scope: RotationScope) {
    this.#scope = scope;
  }

  /** Starts a rotation whose AWSPENDING version has been placed, and returns at once. */
  start(state: SecretState, token: string): void {
    this.#launch(state, token, false);
  }

  /** Runs testSecret alone, as RotateImmediately: false asks for, and then removes the temporary version. */
  startTest(state: SecretState, token: string): void {
    this.#launch(state, token, true);
  }

  /** The token of the rotation that is under way. */
  runningToken(state: SecretState): string | undefined {
    return this.#jobs.get(state.arn)?.token;
  }

  /** Ends the rotation that is under way; labels stay as they are. Returns its token. */
  cancel(state: SecretState): string | undefined {
    const job = this.#jobs.get(state.arn);
    if (job) this.#stop(job, { kind: "rotation-canceled" });
    return job?.token;
  }

  /**
   * A version made by somebody else abandons the rotation, and the service takes AWSPENDING off itself: "When you
   * manually create a new version of a secret, you send a message signalling the abandonment of the current ongoing
   * rotation […] As a result, Secrets Manager removes the AWSPENDING label" (RotationAbandoned in
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieve-ct-entries.html).
   */
  noticeVersion(state: SecretState, versionId: string): void {
    const job = this.#jobs.get(state.arn);
    if (!job || job.token === versionId) return;
    this.#stop(job, { kind: "rotation-abandoned", reason: `version ${versionId} was made by somebody else` });
    const now = this.#scope.table.find(state.arn);
    if (holderOf(now, "AWSPENDING")?.id === job.token)
      this.#scope.table.commit(detachLabel(now, "AWSPENDING"));
  }

  /** Stops all rotations without a word in the journal. */
  close(): void {
    for (const job of this.#jobs.values()) job.stopped = true;
    this.#jobs.clear();
  }

  #launch(state: SecretState, token: string, testOnly: boolean): void {
    const { arn, name } = state;
    const older = this.#jobs.get(arn);
    if (older) this.#stop(older, { kind: "rotation-abandoned", reason: `rotation ${token} was started` });
    const job: Job = { arn, name, token, rotationToken: randomUUID(), testOnly, stopped: false };
    this.#jobs.set(arn, job);
    this.#tell(job, { kind: "rotation-started", testOnly });
    // "Rotation is an asynchronous process": RotateSecret does not wait for it.
    setImmediate(() => (testOnly ? this.#test(job) : this.#rotate(job)));
  }

  async #rotate(job: Job): Promise<void> {
    const { attempts, firstDelayMs } = this.#scope.retries;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) await pause(this.#scope.time, firstDelayMs * 2 ** (attempt - 2));
      const passed = await this.#attempt(job, attempt);
      if (job.stopped) return;
      if (passed) return this.#succeed(job);
    }
    this.#stop(job, { kind: "rotation-failed" });
  }

  async #attempt(job: Job, attempt: number): Promise<boolean> {
    for (const step of STEPS) {
      if (job.stopped || !(await this.#step(job, step, attempt))) return false;
    }
    return true;
  }

  async #step(job: Job, step: RotationStep, attempt: number): Promise<boolean> {
    const settings = this.#scope.table.lookUp(job.arn)?.rotation;
    if (!settings) return false;
    this.#tell(job, { kind: "step-started", step, attempt });
    const event = {
      Step: step,
      SecretId: job.arn,
      ClientRequestToken: job.token,
      RotationToken: job.rotationToken,
    };
    const result = await this.#scope.invoke(settings.lambdaArn, event);
    const reason = result.ok ? this.#unfinished(job, step) : result.reason;
    if (reason === undefined) this.#tell(job, { kind: "step-ended", step, attempt });
    else this.#tell(job, { kind: "step-failed", step, attempt, reason });
    return reason === undefined;
  }

  /** A finishSecret that leaves AWSCURRENT elsewhere has not finished anything, whatever it returned. */
  #unfinished(job: Job, step: RotationStep): string | undefined {
    if (step !== "finishSecret" || job.stopped) return undefined;
    const current = holderOf(this.#scope.table.find(job.arn), "AWSCURRENT");
    return current?.id === job.token
      ? undefined
      : "finishSecret succeeded, but AWSCURRENT is not on the token";
  }

  #succeed(job: Job): void {
    const { table, time } = this.#scope;
    const state = table.find(job.arn);
    const isPending = holderOf(state, "AWSPENDING")?.id === job.token;
    const rotation = state.rotation && { ...state.rotation, lastRotatedAtMs: time.now() };
    table.commit({ ...(isPending ? detachLabel(state, "AWSPENDING") : state), rotation });
    this.#stop(job, { kind: "rotation-succeeded" });
  }

  async #test(job: Job): Promise<void> {
    const passed = await this.#step(job, "testSecret", 1);
    if (job.stopped) return;
    const state = this.#scope.table.lookUp(job.arn);
    if (state) this.#scope.table.commit(withoutVersion(state, job.token));
    this.#stop(job, { kind: passed ? "rotation-succeeded" : "rotation-failed" });
  }

  #stop(job: Job, event: JobEvent): void {
    job.stopped = true;
    if (this.#jobs.get(job.arn) === job) this.#jobs.delete(job.arn);
    this.#tell(job, event);
  }

  #tell(job: Job, event: JobEvent): void {
    this.#scope.journal.add({ ...event, secret: job.name, versionId: job.token } as RotationEvent);
  }
}
