import { GetSecretValueCommand, type GetSecretValueCommandOutput } from "@aws-sdk/client-secrets-manager";
import type { Clock, SecretReader } from "../../client/index.ts";

export const NAME = "prod/otp/startmessaging";

/** Two clocks that a test sets: `pass` moves both, as time does. */
export class TestClock implements Clock {
  monotonic = 1000;
  unix = Date.UTC(2026, 0, 1);

  readonly monotonicMs = () => this.monotonic;
  readonly unixMs = () => this.unix;

  pass(ms: number): void {
    this.monotonic += ms;
    this.unix += ms;
  }
}

/** Key material that a leak is recognised by. */
export const materialOf = (version: string) => `sm_live_material_of_${version}`;

/** A secret in Secrets Manager, as much of it as the client sees: one current version, and calls that fail or hang. */
export class TestSecret {
  current = "v1";
  /** How many times it was read. */
  reads = 0;
  /** What a read does, where it does not answer at once: `held` waits until `release`. */
  mode: "up" | "down" | "held" = "up";
  /** The text of the current version, where it is not the usual one. */
  text: string | undefined;
  error: Error = Object.assign(new Error("down"), {
    name: "InternalServiceError",
    $fault: "server",
    $metadata: { httpStatusCode: 500, requestId: "r-1" },
  });
  #waiting: (() => void)[] = [];

  readonly client: SecretReader = {
    send: (async (command: unknown) => {
      if (!(command instanceof GetSecretValueCommand)) throw new Error("another call");
      this.reads++;
      const asked = this.#answer();
      if (this.mode === "down") throw this.error;
      if (this.mode === "held") await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return asked;
    }) as SecretReader["send"],
  };

  /** Lets the reads go on that are held, each with what was current when it began. */
  release(): void {
    this.mode = "up";
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #answer(): Partial<GetSecretValueCommandOutput> {
    const SecretString =
      this.text ?? JSON.stringify({ apiKey: materialOf(this.current), keyId: this.current });
    return {
      ARN: `arn:aws:secretsmanager:eu-west-1:1:secret:${NAME}-AbCdEf`,
      Name: NAME,
      VersionId: this.current,
      SecretString,
    };
  }
}

/** Lets everything go on that waits for nothing from outside. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
