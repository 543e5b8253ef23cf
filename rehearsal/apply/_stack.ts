import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../contract/errors.ts";
import type { Value } from "./_evaluate.ts";

/** The arguments of a block, with their references. */
export type Arguments = Readonly<Record<string, Value>>;

/** One resource or data source as it stands in the stack. */
export interface Block {
  /** `aws_iam_role.keys_Role`, or `data.aws_region.keys_Region`. */
  readonly address: string;
  readonly isData: boolean;
  readonly type: string;
  readonly arguments: Arguments;
  /** What it says in words that it depends on. */
  readonly dependsOn: readonly string[];
}

/** A synthesized stack. */
export interface SynthesizedStack {
  /** Where assets lie, relative to which files are named. */
  readonly folder: string;
  readonly providers: Readonly<Record<string, readonly Arguments[]>>;
  /** The variables, with their defaults. */
  readonly variables: Readonly<Record<string, { readonly default?: Value }>>;
  readonly blocks: readonly Block[];
}

type Json = Readonly<Record<string, unknown>>;

/** What may stand at the top. `output` is what people read after a deployment, and `terraform` is the tool's own. */
const KNOWN = new Set(["//", "data", "output", "provider", "resource", "terraform", "variable"]);

/**
 * Reads a synthesized stack: `cdk.tf.json` in its folder.
 *
 * @throws ConfigError where it is not there, or has something that is not understood
 */
export function readStack(folder: string): SynthesizedStack {
  const json = readJson(join(folder, "cdk.tf.json"));
  const unknown = Object.keys(json).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    throw new ConfigError(
      "cdk.tf.json",
      unknown.map((path) => ({
        path,
        message: "is not understood here. Add it to rehearsal/apply/_stack.ts",
      })),
    );
  }
  const section = (name: string) => (json[name] ?? {}) as Json;
  return {
    folder,
    providers: section("provider") as SynthesizedStack["providers"],
    variables: section("variable") as SynthesizedStack["variables"],
    blocks: [...readBlocks(section("data"), "data."), ...readBlocks(section("resource"), "")],
  };
}

function readBlocks(section: Json, prefix: string): Block[] {
  return Object.entries(section).flatMap(([type, named]) =>
    Object.entries(named as Json).map(([name, block]) => {
      // `//` is CDKTF's metadata, and `lifecycle` is about later changes, of which there are none here.
      const { "//": _, depends_on: dependsOn = [], lifecycle: __, ...args } = block as Json;
      return {
        address: `${prefix}${type}.${name}`,
        isData: prefix !== "",
        type,
        arguments: args as Arguments,
        dependsOn: dependsOn as string[],
      };
    }),
  );
}

function readJson(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Json;
  } catch (cause) {
    const message = "cannot be read. Synthesize the stack first: app.synth(), or npx cdktf synth";
    throw new ConfigError(path, [{ path: "", message }], { cause });
  }
}
