import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { z } from "zod";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Value } from "./_evaluate.ts";
import type { AllowStatement } from "./_iam.ts";

/** What a resource is after it was made, for references. */
export type Attributes = Readonly<Record<string, Value>>;

/** The account that a stack is being applied to, and what of it the embedded AWS has no notion of. */
export interface Deployment {
  readonly aws: EmbeddedAws;
  readonly secrets: SecretsManagerClient;
  readonly parameters: SSMClient;
  /** Where the stack's assets lie. */
  readonly folder: string;
  /** What each role may do, by the role's name. */
  readonly roles: Map<string, AllowStatement[]>;
  /** How often each rule fires, by its name: what its expression says, or what was asked for instead. */
  readonly rules: Map<string, { readonly everyMs: number }>;
  readonly clockEveryMs: number | undefined;
  /** What is done when all resources are there. */
  readonly atEnd: (() => void)[];
}

/** How resources of one type are made. */
export interface Kind {
  readonly arguments: z.ZodType;
  create(args: unknown, deployment: Deployment): Promise<Attributes>;
}

/** Makes a kind: which arguments it understands, and what it does with them. Any other argument is refused. */
export function kindOf<S extends z.ZodType>(
  schema: S,
  create: (args: z.output<S>, deployment: Deployment) => Attributes | Promise<Attributes>,
): Kind {
  return { arguments: schema, create: async (args, deployment) => create(args as z.output<S>, deployment) };
}
