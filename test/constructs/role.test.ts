import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, KeyProvider, KeyRotation } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { type Synthesized, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

const ROOT = join(import.meta.dirname, "../..");
const PREFIXES: Readonly<Record<string, string>> = {
  "secrets-manager": "secretsmanager",
  ssm: "ssm",
  lambda: "lambda",
  iam: "iam",
  ecs: "ecs",
  cloudwatch: "cloudwatch",
  eventbridge: "events",
  s3: "s3",
};

/** The permissions that are named otherwise than the call. */
const ACTIONS: Readonly<Record<string, string>> = { Invoke: "InvokeFunction", ListObjectsV2: "ListBucket" };

/** Finds every command of the AWS SDK that the function's code sends, as IAM calls it. */
function scanCalls(...folders: string[]): string[] {
  const texts = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(ROOT, folder, file), "utf8")),
  );
  const actions = texts.flatMap((text) => {
    const imports = [...text.matchAll(/import (?:type )?\{([^}]*)\} from "@aws-sdk\/client-([a-z0-9-]+)"/g)];
    return imports.flatMap(([, names = "", client = ""]) =>
      [...names.matchAll(/\b(\w+)Command\b/g)].map(([, name = ""]) => {
        return `${PREFIXES[client] ?? client}:${ACTIONS[name] ?? name}`;
      }),
    );
  });
  return [...new Set(actions)].sort();
}

interface Statement {
  readonly Sid: string;
  readonly Action: string[];
  readonly Resource: string[];
}

function statementsOf(stack: Synthesized, part: "Rotator" | "Responder" = "Rotator"): Statement[] {
  const { policy } = stack.of(part, "aws_iam_role_policy");
  return (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement;
}

function allowed(...stacks: Synthesized[]): string[] {
  const actions = stacks
    .flatMap((stack) => statementsOf(stack))
    .filter(({ Sid }) => Sid !== "WriteLog")
    .flatMap(({ Action }) => Action);
  return [...new Set(actions)].sort();
}

const statementIn = (stack: Synthesized, wanted: string, part?: "Rotator" | "Responder") =>
  statementsOf(stack, part).find(({ Sid }) => Sid === wanted);

const ADMIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:vendors/twilio-a1B2c3";
const ADMIN_KMS = "arn:aws:kms:eu-west-1:111122223333:key/admin";
const twilio = (adminKmsKeyArn?: string) =>
  synthKey({
    provider: KeyProvider.twilioApiKey({
      adminSecretArn: ADMIN,
      ...(adminKmsKeyArn === undefined ? {} : { adminKmsKeyArn }),
    }),
  });
const iam = () => synthKey({ provider: KeyProvider.awsIam({ userName: "sms", userPath: "/services/" }) });

/** A key with a consumer of every kind. */
const moved = () =>
  synthKey({
    consumers: [
      Consumer.ecsService({ cluster: "web", service: "login" }),
      Consumer.lambdaFunction({ functionName: "billing" }),
      Consumer.reporting({ name: "batch" }),
    ],
  });

describe("the rotator's role", () => {
  it("allows exactly the calls that the function's code makes, all providers together", () => {
    // STS lets every key ask whose it is: no role allows it.
    const calls = scanCalls("core", "lambda").filter((call) => !call.startsWith("sts:"));
    expect(calls.length).toBeGreaterThan(6);
    expect(allowed(synthKey(), twilio(), iam(), moved())).toEqual(calls);
  });

  it("reads and writes the secrets of its keys, and no other", () => {
    const statement = statementsOf(synthKey()).find(({ Sid }) => Sid === "RotateKeys");
    expect(statement?.Resource).toEqual([
      expect.stringMatching(/^\$\{aws_secretsmanager_secret\.keys_otp_\w+\.arn\}$/),
    ]);
  });

  it.each(["Rotator", "Responder"] as const)(
    "takes keys from hand-in secrets, and puts none there: %s",
    (part) => {
      expect(statementIn(synthKey(), "TakeHandIns", part)).toMatchObject({
        Action: [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ],
        Resource: [expect.stringMatching(/^\$\{aws_secretsmanager_secret\.keys_otp_HandIn_\w+\.arn\}$/)],
      });
      expect(statementIn(synthKey({ handIn: false }), "TakeHandIns", part)).toBeUndefined();
    },
  );

  it.each(["Rotator", "Responder"] as const)(
    "reads the admin credential, and nothing else of it: %s",
    (part) => {
      expect(statementIn(twilio(), "ReadAdminCredentials", part)).toMatchObject({
        Action: ["secretsmanager:GetSecretValue"],
        Resource: [ADMIN],
      });
      expect(statementsOf(twilio(), part).some(({ Action }) => Action.includes("kms:Decrypt"))).toBe(false);
      const kms = statementsOf(twilio(ADMIN_KMS), part).filter(({ Resource }) =>
        Resource.includes(ADMIN_KMS),
      );
      expect(kms.map(({ Action }) => Action)).toEqual([["kms:Decrypt"]]);
      expect(statementIn(synthKey(), "ReadAdminCredentials", part)).toBeUndefined();
    },
  );

  it.each(["Rotator", "Responder"] as const)("makes and ends the access keys of one IAM user: %s", (part) => {
    const user = expect.stringMatching(/^arn:\$\{.*partition\}:iam::\$\{.*account_id\}:user\/services\/sms$/);
    expect(statementIn(iam(), "ManageAccessKeys", part)).toMatchObject({
      Action: [
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
      ],
      Resource: [user],
    });
    expect(statementIn(synthKey(), "ManageAccessKeys", part)).toBeUndefined();
  });

  it.each(["Rotator", "Responder"] as const)("keeps records, and deletes none: %s", (part) => {
    const bucket = /^\$\{aws_s3_bucket\.keys_Records_\w+\.arn\}/.source;
    const under = (prefix: string) => expect.stringMatching(new RegExp(`${bucket}/${prefix}/\\*$`));
    expect(statementIn(synthKey(), "KeepRecords", part)).toMatchObject({
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: [under("incidents"), under("dead-keys")],
    });
    expect(statementIn(synthKey(), "FindRecords", part)).toMatchObject({
      Action: ["s3:ListBucket"],
      Resource: [expect.stringMatching(new RegExp(`${bucket}$`))],
      Condition: { StringLike: { "s3:prefix": ["incidents/*", "dead-keys/*"] } },
    });
  });

  it("touches everything by name but the list of secrets, of which there is only the whole", () => {
    const open = statementsOf(synthKey()).filter(({ Resource }) => Resource.includes("*"));
    expect(open.map(({ Action }) => Action)).toEqual([["secretsmanager:ListSecrets"]]);
  });

  it("reads reports where a consumer writes them: the service knows no narrower permission", () => {
    const open = statementsOf(moved()).filter(({ Resource }) => Resource.includes("*"));
    expect(open.map(({ Action }) => Action)).toEqual([
      ["cloudwatch:GetMetricData"],
      ["secretsmanager:ListSecrets"],
    ]);
  });

  it("reads the policies of its own deployment, and calls itself", () => {
    const byId = Object.fromEntries(
      statementsOf(synthKey()).map(({ Sid, Resource }) => [Sid, Resource.join()]),
    );
    expect(byId.ReadPolicies).toMatch(/:parameter\/dualkey\/production\/\*$/);
    expect(byId.AskItself).toMatch(/:function:dualkey-production-rotator$/);
    expect(byId.WriteLog).toMatch(/^\$\{aws_cloudwatch_log_group\.\w+\.arn\}:\*$/);
  });

  it("uses a KMS key where a secret has one of its own, through Secrets Manager alone", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    const kms = statementsOf(synthKey({ kmsKeyArn })).find(({ Sid }) => Sid === "EncryptKeys");
    expect(kms).toMatchObject({
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: [kmsKeyArn],
      Condition: { StringEquals: { "kms:ViaService": expect.stringMatching(/^secretsmanager\./) } },
    });
    expect(statementsOf(synthKey()).some(({ Sid }) => Sid === "EncryptKeys")).toBe(false);
  });

  it("has no statement about secrets while there is no key, as IAM takes none without a resource", () => {
    const stack = synth((scope) => void new KeyRotation(scope, "keys", { environment: "production" }));
    expect(statementsOf(stack).map(({ Sid }) => Sid)).toEqual([
      "ListKeys",
      "ReadPolicies",
      "KeepRecords",
      "FindRecords",
      "AskItself",
      "WriteLog",
    ]);
  });
});

it("writes no value, version or label, so that what the functions write is never Terraform's", () => {
  const stack = synthKey();
  expect(stack.text).not.toMatch(/secret_version|secret_string|version_stages|AWSCURRENT|live\./);
  expect(stack.text.match(/dualkey:[a-z-]+/g)?.sort()).toEqual(["dualkey:deployment", "dualkey:hand-in"]);
});
