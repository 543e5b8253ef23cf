import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { RotationStep } from "../../../contract/requests.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { ManualTime } from "../../rehearsal/aws/manual-time.ts";

/** The secret that is rotated, the one that people hand keys in with, and the admin credential's. */
export const NAME = "prod/otp";
export const HAND_IN = "prod/otp/hand-in";
export const ADMIN = "admin/otp";

/** One step, as Secrets Manager asks for it. */
export interface StepEvent {
  readonly Step: RotationStep;
  readonly ClientRequestToken: string;
}

/** What stands in a version, and its labels. */
export interface TrueVersion {
  readonly id: string;
  readonly labels: readonly string[];
  readonly value: string | undefined;
}

/** One secret in an embedded AWS, whose service calls the four steps as AWS does. */
export class RotatedSecret {
  readonly client: SecretsManagerClient;
  readonly #aws: EmbeddedAws;
  readonly #functionArn: string;

  /** @param step carries one step out; the rotation fails where it rejects, and is not tried again */
  static async start(time: ManualTime, step: (event: StepEvent) => Promise<void>): Promise<RotatedSecret> {
    const aws = await startEmbeddedAws({ time, rotationRetries: { attempts: 1 } });
    const secret = new RotatedSecret(aws, step);
    for (const Name of [NAME, HAND_IN, ADMIN]) await secret.client.send(new CreateSecretCommand({ Name }));
    return secret;
  }

  private constructor(aws: EmbeddedAws, step: (event: StepEvent) => Promise<void>) {
    const inline = (event: unknown) => step(event as StepEvent);
    this.client = new SecretsManagerClient(aws.clientConfig());
    this.#aws = aws;
    this.#functionArn = aws.createFunction({ name: "rotator", code: { inline }, timeoutSeconds: 900 }).arn;
  }

  /** Puts a value under AWSCURRENT by hand. */
  async put(value: object | string, SecretId = NAME): Promise<void> {
    const SecretString = typeof value === "string" ? value : JSON.stringify(value);
    await this.client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  }

  /** Has the secret rotated. @returns whether the rotation came to its end */
  async rotate(): Promise<boolean> {
    const token = randomUUID();
    await this.client.send(
      new RotateSecretCommand({
        SecretId: NAME,
        ClientRequestToken: token,
        RotationLambdaARN: this.#functionArn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      }),
    );
    const { kind } = await this.#aws.events.until((event) => {
      const isOver = event.kind === "rotation-succeeded" || event.kind === "rotation-failed";
      return isOver && event.versionId === token;
    });
    return kind === "rotation-succeeded";
  }

  versions(): readonly TrueVersion[] {
    return this.#aws.secrets.get(NAME)?.versions ?? [];
  }

  /** The text under AWSCURRENT. */
  value(): string | undefined {
    return this.#labelled("AWSCURRENT")?.value;
  }

  /** Whether a version that is not current has AWSPENDING. */
  isPending(): boolean {
    const pending = this.#labelled("AWSPENDING");
    return pending !== undefined && !pending.labels.includes("AWSCURRENT");
  }

  /** The kinds of our labels: on the current version, sorted, and on all others. */
  ledger(): { readonly current: readonly string[]; readonly others: readonly string[] } {
    const current = this.#labelled("AWSCURRENT");
    const others = this.versions().filter(({ id }) => id !== current?.id);
    return { current: kindsOn(current).sort(), others: others.flatMap(kindsOn) };
  }

  /** Everything that the service has seen; never a value. */
  events(): readonly object[] {
    return this.#aws.events.all;
  }

  async close(): Promise<void> {
    this.client.destroy();
    await this.#aws.close();
  }

  #labelled(label: string): TrueVersion | undefined {
    return this.versions().find(({ labels }) => labels.includes(label));
  }
}

/** `live` of `dualkey:live.1f0c9a2e@2026-…` */
export function kindsOn(version: TrueVersion | undefined): string[] {
  const ours = (version?.labels ?? []).filter((text) => text.startsWith("dualkey:"));
  return ours.map((text) => text.slice("dualkey:".length).split(".")[0] ?? "");
}
