import { createHash } from "node:crypto";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Stage } from "../stage.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import type { World } from "../world/world.ts";

/** What any key of this vendor looks like, those included whose value nobody has kept. */
const ANY_KEY = /sk_live_[0-9a-f]{8,}/;

/**
 * P6: searches everything that was written down for every key that the gateway ever issued, in clear, in part, in
 * base64 and as the hash by which the vendor knows it.
 */
export async function judgeSecrecy(stage: Stage, report: object): Promise<Verdict> {
  const { world, watch } = stage;
  const values = knownValues(world);
  const needles = values.flatMap(formsOf);
  const parameters = await readParameters(world);
  const secrets = world.aws.secrets.list().map(({ versions, ...secret }) => {
    return JSON.stringify([secret, versions.map(({ id, labels }) => [id, labels])]);
  });
  const places: Record<string, readonly string[]> = {
    "function log lines": world.functionLog.map(({ line }) => line),
    "events of AWS": world.aws.events.all.map((event) => JSON.stringify(event)),
    "secrets' names, tags and labels": secrets,
    parameters,
    "names of keys at the vendor": world.gateway.truth.keys().map(({ label }) => label),
    "lines told": watch.told.map((told) => JSON.stringify(told)),
    "report of this run": [JSON.stringify(report)],
  };
  const broken = Object.entries(places).flatMap(([place, texts]) => {
    const count = texts.filter((text) => holdsKey(text, needles)).length;
    return count === 0 ? [] : [`${count} of ${texts.length} ${place} hold a key`];
  });
  const searched = Object.entries(places).map(([place, texts]) => `${texts.length} ${place}`);
  return {
    id: "P6",
    says: "Key material stays in Secrets Manager, at the provider, and in memory",
    checked: `${values.length} known keys, and whatever looks like one, in ${searched.join(", ")}`,
    broken,
  };
}

/** Tells whether a text holds a key: any that looks like one of the vendor's, or one of these. */
export function holdsKey(text: string, needles: readonly string[]): boolean {
  return ANY_KEY.test(text) || needles.some((needle) => text.includes(needle));
}

/** The forms in which a key could slip out. */
export function formsOf(value: string): string[] {
  const random = value.replace(/^sk_live_/, "");
  const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
  return [
    value,
    random.slice(0, 16),
    random.slice(-16),
    base64,
    createHash("sha256").update(value).digest("hex"),
  ];
}

function knownValues({ aws, firstKey, strangersKey, secretArn }: World): string[] {
  const stored = aws.secrets.get(secretArn)?.versions.flatMap(({ value }) => {
    const { apiKey } = JSON.parse(value ?? "{}") as { apiKey?: string };
    return apiKey ?? [];
  });
  return [...new Set([firstKey.apiKey, strangersKey.apiKey, ...(stored ?? [])])];
}

async function readParameters({ aws }: World): Promise<string[]> {
  const ssm = new SSMClient(aws.clientConfig());
  const answer = await ssm.send(new GetParametersByPathCommand({ Path: "/", Recursive: true }));
  ssm.destroy();
  return (answer.Parameters ?? []).map(({ Name, Value }) => `${Name} ${Value}`);
}
