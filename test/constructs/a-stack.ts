import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack, Testing } from "cdktf";
import { expect } from "vitest";
import {
  Consumer,
  KeyProvider,
  KeyRotation,
  type KeyRotationProps,
  type RotatedKeyOptions,
} from "../../constructs/index.ts";
import { ConfigError } from "../../contract/errors.ts";

type Json = Readonly<Record<string, unknown>>;

/** A synthesized stack, to be asked for its resources. */
export interface Synthesized {
  readonly text: string;
  /** The arguments of all resources of a type, by their names in Terraform. */
  all(type: string): Readonly<Record<string, Json>>;
  /** The arguments of the only resource of a type. */
  only(type: string): Json;
  /** The arguments of the secret of a name: by default, of the key's. */
  secret(name?: string): Json;
  /** The arguments of the resource of a type that belongs to one of the functions. */
  of(part: "Rotator" | "Responder", type: string): Json;
}

/** Synthesizes what `build` adds to an empty stack, with all checks of the whole tree. */
export function synth(build: (stack: TerraformStack) => void): Synthesized {
  const stack = new TerraformStack(Testing.app(), "test");
  new AwsProvider(stack, "aws");
  build(stack);
  const text = Testing.synth(stack, true);
  const { resource = {} } = JSON.parse(text) as { resource?: Record<string, Record<string, Json>> };
  const all = (type: string) => resource[type] ?? {};
  const only = (type: string) => {
    const [found, ...more] = Object.values(all(type));
    expect(more, `more than one ${type}`).toEqual([]);
    if (found === undefined) throw new Error(`there is no ${type}`);
    return found;
  };
  const secret = (wanted = KEY.secretName) => {
    const found = Object.values(all("aws_secretsmanager_secret")).find(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`there is no secret ${wanted}`);
    return found;
  };
  const of = (part: string, type: string) => {
    const named = Object.entries(all(type)).filter(([name]) => name.startsWith(`keys_${part}_`));
    const [found] = named;
    expect(named, `not one ${type} of the ${part}`).toHaveLength(1);
    return found?.[1] ?? {};
  };
  return { text, all, only, secret, of };
}

/** What a key needs at the least. */
export const KEY: RotatedKeyOptions = {
  secretName: "prod/otp/startmessaging",
  provider: KeyProvider.startMessaging(),
  consumers: [Consumer.selfRefreshing({ cacheSeconds: 300, staleSeconds: 0 })],
};

/** A stack with one rotation and one key. */
export function synthKey(
  options: Partial<RotatedKeyOptions> = {},
  rotation: Partial<KeyRotationProps> = {},
): Synthesized {
  return synth((stack) => {
    new KeyRotation(stack, "keys", { environment: "production", ...rotation }).addKey("otp", {
      ...KEY,
      ...options,
    });
  });
}

/** The problems of the one error that `build` throws, as "path: message". */
export function problemsIn(build: () => unknown): string[] {
  try {
    build();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}
