import { createHash } from "node:crypto";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Stage } from "../stage.ts";
import type { Fields } from "../vendor.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import type { World } from "../world/world.ts";

/**
 * P6: searches everything that was written down for every key that the gateway ever issued, in clear, in part, in
 * base64 and as the hash by which the vendor knows it.
 */
export async function judgeSecrecy(stage: Stage, report: object): Promise<Verdict> {
  const { world, watch } = stage;
  const values = knownValues(world);
  const needles = [
    ...values.flatMap(formsOf),
    ...knownKeys(world).flatMap((key) => basicFormsOf(key, world)),
  ];
  const parameters = await readParameters(world);
  const secrets = world.aws.secrets.list().map(({ versions, ...secret }) => {
    return JSON.stringify([secret, versions.map(({ id, labels }) => [id, labels])]);
  });
  const places: Record<string, readonly string[]> = {
    "function log lines": world.functionLog.map(({ line }) => line),
    "events of AWS": world.aws.events.all.map((event) => JSON.stringify(event)),
    "secrets' names, tags and labels": secrets,
    parameters,
    "records of incidents": [...world.aws.buckets.objectsIn(world.recordsBucket).values()],
    "answers of the responder": watch.leak?.answer ? [JSON.stringify(watch.leak.answer)] : [],
    "names of keys at the vendor": world.vendor.sandbox.truth.keys().map(({ name }) => name),
    "lines told": watch.told.map((told) => JSON.stringify(told)),
    "report of this run": [JSON.stringify(report)],
  };
  const broken = Object.entries(places).flatMap(([place, texts]) => {
    const count = texts.filter((text) => holdsKey(text, needles, world.vendor.looksLike)).length;
    return count === 0 ? [] : [`${count} of ${texts.length} ${place} hold a key`];
  });
  const searched = Object.entries(places)
    .filter(([, texts]) => texts.length > 0)
    .map(([place, texts]) => `${texts.length} ${place}`);
  return {
    id: "P6",
    says: "Key material stays in Secrets Manager, at the provider, and in memory",
    checked: `${values.length} known keys, and whatever looks like one, in ${searched.join(", ")}`,
    broken,
  };
}

/** Tells whether a text holds a key: any that looks like one of the vendor's, or one of these. */
export function holdsKey(text: string, needles: readonly string[], looksLike?: RegExp): boolean {
  return looksLike?.test(text) || needles.some((needle) => text.includes(needle));
}

/** The forms in which a key could slip out. */
export function formsOf(value: string): string[] {
  const random = value.replace(/^(?:[a-z]+_)+(?=[0-9a-zA-Z]{16})/, "");
  const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
  return [
    value,
    random.slice(0, 16),
    random.slice(-16),
    base64,
    createHash("sha256").update(value).digest("hex"),
  ];
}

/** A secret behind a name that goes with it, as the header of Basic authentication has them. */
function basicFormsOf(fields: Fields, { vendor }: World): string[] {
  const isSecret = (name: string) => vendor.secretFields.includes(name);
  const names = Object.keys(fields).filter((name) => !isSecret(name));
  return Object.keys(fields)
    .filter(isSecret)
    .flatMap((secret) => names.map((name) => btoa(`${fields[name]}:${fields[secret]}`)));
}

function knownValues(world: World): string[] {
  const { secretFields } = world.vendor;
  const values = knownKeys(world).flatMap((fields) => secretFields.map((name) => fields[name]));
  return [...new Set(values.filter((value) => value !== undefined))];
}

/** Every key, and every admin credential, whose value is known: in whichever secret it stands. */
function knownKeys({ aws, firstKey, vendor }: World): Fields[] {
  const stored = aws.secrets.list().flatMap(({ versions }) => {
    return versions.flatMap(({ value }) => (value === undefined ? [] : [JSON.parse(value) as Fields]));
  });
  const given = [firstKey, vendor.strangersKey].flatMap((key) => (key ? [key.fields] : []));
  return [...given, ...(vendor.admin ? [vendor.admin.fields] : []), ...stored];
}

async function readParameters({ aws }: World): Promise<string[]> {
  const ssm = new SSMClient(aws.clientConfig());
  const answer = await ssm.send(new GetParametersByPathCommand({ Path: "/", Recursive: true }));
  ssm.destroy();
  return (answer.Parameters ?? []).map(({ Name, Value }) => `${Name} ${Value}`);
}
