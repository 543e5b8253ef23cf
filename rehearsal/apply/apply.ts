import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { ConfigError } from "../../contract/errors.ts";
import { problemsOf } from "../../contract/policy.ts";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Attributes, Deployment, Kind } from "./_deployment.ts";
import { type Lookup, resolve, type Value } from "./_evaluate.ts";
import { addressIn, orderBlocks } from "./_order.ts";
import { type Block, readStack, type SynthesizedStack } from "./_stack.ts";
import { BUCKETS } from "./kinds/buckets.ts";
import { CLOCK } from "./kinds/clock.ts";
import { FUNCTIONS } from "./kinds/functions.ts";
import { DATA, PASSIVE } from "./kinds/passive.ts";
import { SECRETS } from "./kinds/secrets.ts";

/** What is applied, and to what. */
export interface ApplyOptions {
  readonly aws: EmbeddedAws;
  /** The folder of one synthesized stack: `cdk.tf.json` and its assets. */
  readonly folder: string;
  /** Values of the stack's variables, as `terraform apply -var` takes them. */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Has the stack's clocks tick faster than EventBridge could.
   *
   * @default what their rules say
   */
  readonly clockEveryMs?: number;
}

/** One resource, or data source, that is there now. */
export interface AppliedResource {
  /** `aws_lambda_function.keys_Rotator`, as the stack names it. */
  readonly address: string;
  readonly type: string;
  /** Its arguments, with references resolved, and what AWS adds to them. */
  readonly attributes: Attributes;
}

const RESOURCES: Readonly<Record<string, Kind>> = {
  ...SECRETS,
  ...FUNCTIONS,
  ...CLOCK,
  ...BUCKETS,
  ...PASSIVE,
};

/**
 * Sets an embedded AWS up from a synthesized stack, as `terraform apply` would in an empty account, and from nothing
 * else. What is not understood is refused by name: a resource type, an argument, a reference to what does not exist.
 *
 * @returns what was made, in that order
 * @throws ConfigError that names the resource, and says what to do
 */
export async function applyStack(options: ApplyOptions): Promise<readonly AppliedResource[]> {
  const { aws, folder, variables = {}, clockEveryMs } = options;
  const stack = readStack(folder);
  checkProvider(stack, aws);
  checkVariables(stack, variables);
  checkKinds(stack.blocks);
  const ordered = orderBlocks(stack.blocks);
  const config = aws.clientConfig("AKIATERRAFORM");
  const deployment: Deployment = {
    aws,
    secrets: new SecretsManagerClient(config),
    parameters: new SSMClient(config),
    folder,
    roles: new Map(),
    rules: new Map(),
    clockEveryMs,
    atEnd: [],
  };
  try {
    const applied = await createAll(ordered, deployment, { ...defaultsOf(stack), ...variables });
    for (const finish of deployment.atEnd) finish();
    return applied;
  } finally {
    deployment.secrets.destroy();
    deployment.parameters.destroy();
  }
}

async function createAll(
  blocks: readonly Block[],
  deployment: Deployment,
  variables: Readonly<Record<string, Value>>,
): Promise<AppliedResource[]> {
  const applied = new Map<string, AppliedResource>();
  const lookup = lookUpIn(applied, variables);
  for (const block of blocks) {
    const args = readArguments(block, lookup);
    const attributes = { ...args, ...(await create(block, args, deployment)) };
    applied.set(block.address, { address: block.address, type: block.type, attributes });
  }
  return [...applied.values()];
}

async function create(block: Block, args: Attributes, deployment: Deployment): Promise<Attributes> {
  const kind = kindOfBlock(block);
  const parsed = kind?.arguments.safeParse(args);
  if (!kind || !parsed?.success) {
    throw new ConfigError(block.address, parsed?.error ? problemsOf(parsed.error) : []);
  }
  try {
    return await kind.create(parsed.data, deployment);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const message = `could not be made: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigError(block.address, [{ path: "", message }], { cause });
  }
}

function readArguments(block: Block, lookup: Lookup): Attributes {
  const entries = Object.entries(block.arguments).map(([name, value]): [string, Value] => {
    try {
      return [name, resolve(value, lookup)];
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(block.address, [{ path: name, message }], { cause });
    }
  });
  return Object.fromEntries(entries);
}

function lookUpIn(
  applied: ReadonlyMap<string, AppliedResource>,
  variables: Readonly<Record<string, Value>>,
): Lookup {
  return (path) => {
    const address = addressIn(path);
    const [first, ...rest] = address === undefined ? path : path.slice(address.split(".").length);
    if (address !== undefined)
      return follow(address, applied.get(address)?.attributes ?? {}, [first, ...rest]);
    if (first === "var") return follow("var", variables, rest);
    throw new Error(
      `refers to ${path.join(".")}, which is not known here. Refer to a resource or a variable`,
    );
  };
}

function follow(where: string, value: Value, steps: readonly (string | number | undefined)[]): Value {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  const fields =
    typeof value === "object" && value !== null ? (value as Readonly<Record<string, Value>>) : {};
  const next = Object.hasOwn(fields, step) ? fields[step] : undefined;
  if (next !== undefined) return follow(`${where}.${step}`, next, rest);
  const known = Object.keys(fields).join(", ");
  throw new Error(
    `refers to ${where}.${step}, and ${where} has no "${step}" here, only ${known || "nothing"}. Correct the reference, or add the attribute to rehearsal/apply/kinds`,
  );
}

function checkKinds(blocks: readonly Block[]): void {
  const unknown = blocks.filter((block) => kindOfBlock(block) === undefined);
  const message = "has a type that is not known here. Add it to rehearsal/apply/kinds";
  if (unknown.length === 0) return;
  throw new ConfigError(
    "cdk.tf.json",
    unknown.map(({ address }) => ({ path: address, message })),
  );
}

function checkProvider({ providers }: SynthesizedStack, { region }: EmbeddedAws): void {
  const problems = Object.entries(providers).flatMap(([name, [settings]]) => {
    if (name !== "aws") return [{ path: name, message: "is not known here, only aws" }];
    if (settings?.region === region) return [];
    const message = `is "${settings?.region}", and the embedded AWS is in "${region}". Start it in that region`;
    return [{ path: "aws.region", message }];
  });
  if (problems.length > 0) throw new ConfigError("cdk.tf.json: provider", problems);
}

function checkVariables({ variables }: SynthesizedStack, given: Readonly<Record<string, string>>): void {
  const strange = Object.keys(given).filter((name) => !Object.hasOwn(variables, name));
  const missing = Object.entries(variables).filter(
    ([name, { default: value }]) => value === undefined && !Object.hasOwn(given, name),
  );
  const problems = [
    ...strange.map((path) => ({ path, message: "is given, and the stack has no such variable" })),
    ...missing.map(([path]) => ({ path, message: "has no value. Give it in `variables`" })),
  ];
  if (problems.length > 0) throw new ConfigError("variables", problems);
}

function defaultsOf({ variables }: SynthesizedStack): Record<string, Value> {
  const entries = Object.entries(variables).map(([name, variable]) => [name, variable.default ?? null]);
  return Object.fromEntries(entries);
}

function kindOfBlock({ isData, type }: Block): Kind | undefined {
  const kinds = isData ? DATA : RESOURCES;
  return Object.hasOwn(kinds, type) ? kinds[type] : undefined;
}
