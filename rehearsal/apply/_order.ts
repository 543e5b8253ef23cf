import { ConfigError } from "../../contract/errors.ts";
import { textsIn } from "./_evaluate.ts";
import type { Block } from "./_stack.ts";
import { parseTemplate, pathsIn } from "./_template.ts";

/** Gives the address of the block that a path begins with; nothing, for a variable or the like. */
export function addressIn(path: readonly (string | number)[]): string | undefined {
  const length = path[0] === "data" ? 3 : 2;
  const isBlock = path.length >= length && (path[0] === "data" || /^aws_/.test(String(path[0])));
  return isBlock ? path.slice(0, length).join(".") : undefined;
}

/**
 * Puts blocks into an order in which each comes after all that it refers to.
 *
 * @throws ConfigError that lists every reference to what does not exist, or a circle
 */
export function orderBlocks(blocks: readonly Block[]): Block[] {
  const byAddress = new Map(blocks.map((block) => [block.address, block]));
  const needs = new Map(blocks.map((block) => [block, findNeeds(block)]));
  const missing = blocks.flatMap((block) =>
    (needs.get(block) ?? [])
      .filter((address) => !byAddress.has(address))
      .map((address) => ({
        path: block.address,
        message: `refers to ${address}, which is not in the stack. Correct the reference, or add the resource`,
      })),
  );
  if (missing.length > 0) throw new ConfigError("cdk.tf.json", missing);

  const ordered = new Set<Block>();
  const visit = (block: Block, way: readonly Block[]) => {
    if (ordered.has(block)) return;
    if (way.includes(block)) throw circle([...way.slice(way.indexOf(block)), block]);
    for (const address of needs.get(block) ?? []) {
      const needed = byAddress.get(address);
      if (needed) visit(needed, [...way, block]);
    }
    ordered.add(block);
  };
  for (const block of blocks) visit(block, []);
  return [...ordered];
}

function findNeeds(block: Block): string[] {
  const paths = textsIn(block.arguments).flatMap((text) => {
    try {
      return pathsIn(parseTemplate(text));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(block.address, [{ path: "", message: `${message}. In: ${text}` }], { cause });
    }
  });
  return [...block.dependsOn, ...paths.flatMap((path) => addressIn(path) ?? [])];
}

function circle(way: readonly Block[]): ConfigError {
  const message = `refer to each other in a circle: ${way.map(({ address }) => address).join(" -> ")}. Break it`;
  return new ConfigError("cdk.tf.json", [{ path: "", message }]);
}
