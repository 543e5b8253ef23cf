import {
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatLabel } from "../../contract/labels.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { runStep, type Step } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const VALUE = '{"apiKey":"recognisable"}';
const DAY_MS = 86_400_000;

/** Two deployments: one that is well but for a key that is overdue, and another one. */
let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await startEmbeddedAws();
  const { arn: rotatorArn } = aws.createFunction({ name: "rotator", code: { inline: () => undefined } });
  for (const name of ["prod/steady", "prod/retiring"]) {
    await makeSecret(aws, { name, value: VALUE, rotatorArn });
    await label(name, "AWSCURRENT", "live", Date.now() - 3 * DAY_MS);
  }
  await makeSecret(aws, { name: "prod/no-policy", value: VALUE, rotatorArn, policy: "none" });
  await makeSecret(aws, { name: "prod/mistaken", value: VALUE, policy: { quietForSeconds: 0, typo: 1 } });
  await makeSecret(aws, { name: "dev/otp", value: VALUE, deployment: "keys-dev" });
  const client = new SecretsManagerClient(aws.clientConfig());
  await client.send(new PutSecretValueCommand({ SecretId: "prod/retiring", SecretString: "{}" }));
  await label("prod/retiring", "AWSCURRENT", "live", Date.now() - DAY_MS);
  await label("prod/retiring", "AWSPREVIOUS", "replaced", Date.now() - DAY_MS);
}, 60_000);
afterAll(() => aws?.close());

/** Puts one of dualkey's labels on the version that has a label of the service. */
async function label(name: string, on: string, kind: "live" | "replaced", atMs: number): Promise<void> {
  const id = aws.secrets.get(name)?.labelled(on)?.id ?? "";
  await new SecretsManagerClient(aws.clientConfig()).send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: formatLabel({ kind, v8: id.slice(0, 8), atMs }),
      MoveToVersionId: id,
    }),
  );
}

async function status(inputs: Record<string, string> = {}): Promise<Step & { secrets: Listed[] }> {
  const step = await runStep(aws, { inputs: { operation: "status", ...inputs } });
  expect(step.everything).not.toContain("recognisable");
  return { ...step, secrets: JSON.parse(step.outputs.secrets ?? "[]") };
}

interface Listed {
  readonly name: string;
  readonly phase: string;
  readonly environment?: string;
  readonly findings: readonly {
    readonly severity: string;
    readonly code: string;
    readonly message: string;
  }[];
}

const codesOf = (secrets: readonly Listed[]) =>
  Object.fromEntries(secrets.map(({ name, findings }) => [name, findings.map(({ code }) => code)]));

describe("operation status", () => {
  it("lists every secret of the deployment, by name, with its phase and what is wrong", async () => {
    const { exitCode, secrets, outputs } = await status({ deployment: "keys" });
    expect(exitCode).toBe(0);
    expect(codesOf(secrets)).toEqual({
      "prod/mistaken": ["policy-mistaken", "rotation-off", "not-in-ledger"],
      "prod/no-policy": ["policy-missing", "not-in-ledger"],
      "prod/retiring": ["retirement-overdue"],
      "prod/steady": [],
    });
    expect(secrets.map(({ phase }) => phase)).toEqual(["steady", "steady", "retiring", "steady"]);
    expect(outputs).toMatchObject({ alarms: "4", notices: "2" });
  });

  it("shows what needs somebody before anything else", async () => {
    const { summary } = await status({ deployment: "keys" });
    expect(summary).toContain("## Keys of `keys`: 4 alarms");
    expect(summary.indexOf("past its maximum overlap")).toBeLessThan(summary.indexOf("| secret |"));
    expect(summary).toMatch(/\| `prod\/steady` \| production \| steady \| 3 d \|/);
  });

  it("lists all mistakes of a policy with their paths", async () => {
    const { secrets } = await status({ secret: "prod/mistaken" });
    const [finding] = secrets[0]?.findings ?? [];
    expect(finding?.message).toContain("quietForSeconds");
    expect(finding?.message).toContain("typo");
  });

  it("takes one secret, by name or by ARN", async () => {
    const arn = aws.secrets.get("prod/steady")?.arn ?? "";
    for (const secret of ["prod/steady", arn]) {
      const { secrets, summary } = await status({ secret });
      expect(secrets).toMatchObject([{ name: "prod/steady", environment: "production", findings: [] }]);
      expect(summary).toContain(":white_check_mark: 1 secret, 0 alarms, 0 notices.");
    }
  });

  it("lists all deployments where none is named, and one without its namesakes", async () => {
    expect((await status()).secrets.map(({ name }) => name)).toContain("dev/otp");
    const { secrets } = await status({ deployment: "keys-dev" });
    expect(secrets.map(({ name }) => name)).toEqual(["dev/otp"]);
  });

  it("is red for alarms only where that is asked for, and names the secrets", async () => {
    const { exitCode, stdout } = await status({ deployment: "keys", "fail-on": "alarm" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("4 alarms (fail-on: alarm), in prod/mistaken, prod/no-policy, prod/retiring");
    expect((await status({ secret: "prod/steady", "fail-on": "alarm" })).exitCode).toBe(0);
  });

  it("is red for a deployment that does not exist, whatever was asked for", async () => {
    const { exitCode, stdout } = await status({ deployment: "kyes" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("no secret here has the tag dualkey:deployment = kyes");
  });

  it("is red for a secret of another deployment than the one that is named", async () => {
    const { exitCode, stdout } = await status({ deployment: "keys", secret: "dev/otp" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("dev/otp belongs to keys-dev");
  });

  it("changes nothing and reads no value", () => {
    const calls = aws.events.all.filter(({ caller }) => caller?.accessKeyId === "AKIACI");
    const operations = calls.flatMap((event) => (event.kind === "call" ? [event.operation] : []));
    expect(new Set(operations)).toEqual(new Set(["DescribeSecret", "ListSecrets", "GetParametersByPath"]));
  });
});
