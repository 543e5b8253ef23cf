import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Label } from "../../contract/labels.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import { createSecretStore } from "../../core/aws/secret-store.ts";
import type { SecretStore, SecretView } from "../../core/cutover/ports.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { modelPorts } from "./ports.ts";
import { materialOf, type World, writeSecret } from "./world.ts";

const FIRST = "11111111-0000-4000-8000-000000000000";
const TOKEN = "22222222-0000-4000-8000-000000000000";
const CALL = { signal: new AbortController().signal };

let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await startEmbeddedAws();
});
afterAll(() => aws.close());

const key = (keyId: string) => ({
  fields: { apiKey: new Sensitive(materialOf(keyId)) },
  keyId,
  provider: "startmessaging",
  account: "A",
});
const label = (kind: "live" | "replaced" | "condemned", v8: string): Label => ({
  kind,
  v8,
  atMs: Date.UTC(2026, 0, 1),
});
const live = label("live", "22222222");
const replaced = label("replaced", "11111111");

/** Every kind of write, as it should go, repeated, and out of order. */
const WRITES: readonly ((store: SecretStore) => Promise<void>)[] = [
  (store) => store.promote({ from: TOKEN, to: FIRST }, CALL),
  (store) => store.attach({ versionId: FIRST, label: label("live", "11111111") }, CALL),
  (store) => store.attach({ versionId: FIRST, label: label("live", "11111111") }, CALL),
  (store) => store.store({ versionId: TOKEN, key: key("key2"), labels: [live] }, CALL),
  (store) => store.store({ versionId: TOKEN, key: key("key2"), labels: [live] }, CALL),
  (store) => store.store({ versionId: TOKEN, key: key("key3"), labels: [live] }, CALL),
  (store) => store.detach({ versionId: FIRST, label: replaced }, CALL),
  (store) => store.promote({ from: FIRST, to: TOKEN }, CALL),
  (store) => store.promote({ from: FIRST, to: TOKEN }, CALL),
  (store) => store.attach({ versionId: FIRST, label: replaced }, CALL),
  (store) => store.dropPending({ versionId: TOKEN }, CALL),
  (store) => store.dropPending({ versionId: TOKEN }, CALL),
  (store) => store.store({ versionId: TOKEN, key: key("key2"), labels: [live] }, CALL),
  (store) => store.promote({ from: TOKEN, to: FIRST }, CALL),
  (store) => store.detach({ versionId: FIRST, label: replaced }, CALL),
  (store) => store.detach({ versionId: FIRST, label: replaced }, CALL),
  (store) => store.attach({ versionId: TOKEN, label: label("condemned", "22222222") }, CALL),
  (store) => store.detach({ versionId: TOKEN, label: live }, CALL),
];

async function played(store: SecretStore): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const write of WRITES) {
    const answer = await write(store).then(
      () => "applied",
      (error: Error) => error.name,
    );
    seen.push([answer, viewed(await store.read(CALL))]);
  }
  return seen;
}

function viewed({ versions }: SecretView) {
  const rows = versions.map(({ id, isCurrent, isPending, labels, content }) => ({
    id,
    isCurrent,
    isPending,
    labels: labels.map(({ kind }) => kind).sort(),
    keyId: content.kind === "key" ? content.key.keyId : content.kind,
  }));
  return rows.sort((a, b) => a.id.localeCompare(b.id));
}

test("the model's secret behaves as the store on the AWS SDK does, write by write, in answers and in state", async () => {
  const world = aWorld();
  const model = modelPorts(
    world,
    async () => undefined,
    (apply) => apply(),
  );
  expect(await played(await aRealStore())).toEqual(await played(model.secrets));
});

async function aRealStore(): Promise<SecretStore> {
  const client = new SecretsManagerClient(aws.clientConfig());
  const value = { apiKey: materialOf("key1"), keyId: "key1", provider: "startmessaging", account: "A" };
  const secret = { Name: "prod/otp", SecretString: JSON.stringify(value), ClientRequestToken: FIRST };
  await client.send(new CreateSecretCommand(secret));
  const { arn } = aws.createFunction({ name: "waits", code: { inline: () => new Promise(() => undefined) } });
  const rules = { AutomaticallyAfterDays: 30 };
  const rotation = {
    SecretId: "prod/otp",
    ClientRequestToken: TOKEN,
    RotationLambdaARN: arn,
    RotationRules: rules,
  };
  await client.send(new RotateSecretCommand(rotation));
  const shape = { value: "json", fields: undefined } as const;
  return createSecretStore({ client, secretId: "prod/otp", fieldNames: ["apiKey"], shape, now: Date.now });
}

function aWorld(): World {
  const world: World = {
    shape: "self-service",
    now: Date.UTC(2026, 0, 1),
    secret: {
      rotationEnabled: true,
      versions: [
        { id: FIRST, createdAt: 0, stages: ["AWSCURRENT"], labels: [], holds: "key1", isNamed: true },
      ],
    },
    before: { rotationEnabled: true, versions: [] },
    wroteAt: 0,
    keys: ["key1", "key2", "key3"].map((id) => ({ id, account: "A", name: id, createdAt: 0, works: true })),
    keysBefore: [],
    keysChangedAt: 0,
    history: [],
    made: 0,
    rotations: 1,
    rolledAt: [],
  };
  writeSecret(world, ({ versions }) =>
    versions.push({ id: TOKEN, createdAt: 0, stages: ["AWSPENDING"], labels: [] }),
  );
  return world;
}
