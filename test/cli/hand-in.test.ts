import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../../cli/aws.ts";
import { CommandError } from "../../cli/failure.ts";
import { type HandInRequest, handIn } from "../../cli/hand-in.ts";
import type { EmbeddedAws, EmbeddedAwsOptions } from "../../rehearsal/aws/embedded-aws.ts";
import { aTerminal } from "./a-terminal.ts";
import { type AccountOptions, anAccount, HAND_IN, KEY, SECRET } from "./an-account.ts";

/** Calls AWS as the command does, with settings from the environment. */
async function connected(aws: EmbeddedAws) {
  const { accessKeyId, secretAccessKey } = aws.clientConfig().credentials;
  vi.stubEnv("AWS_ENDPOINT_URL", aws.endpoint);
  vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const calls = await connect(aws.region);
  onTestFinished(() => calls.close());
  return calls;
}

/** Runs the command in an account, and gives all that came of it. */
async function run(
  given: readonly string[] | string,
  more: Partial<HandInRequest> & { account?: AccountOptions } = {},
) {
  const { account: options, ...request } = more;
  const account = await anAccount(options);
  return runIn(account, given, request);
}

async function runIn(
  account: Awaited<ReturnType<typeof anAccount>>,
  given: readonly string[] | string,
  request: Partial<HandInRequest> = {},
) {
  const terminal = aTerminal(given);
  const asked = { secret: SECRET, deployment: undefined, rotate: true, ...request };
  const error = await handIn(asked, await connected(account.aws), terminal.terminal).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined && !(error instanceof CommandError)) throw error;
  const text = [terminal.printed(), error?.message, error?.stack].join("\n");
  expect(text).not.toContain(KEY);
  return { ...account, ...terminal, error };
}

describe("hand-in", () => {
  it("asks for the key without showing it, puts it into the hand-in secret, and starts the rotation", async () => {
    const { error, asked, said, handedIn, rotations } = await run([KEY]);
    expect(error).toBeUndefined();
    expect(asked).toEqual(["hidden authKey:"]);
    expect(handedIn()).toBe(JSON.stringify({ authKey: KEY }));
    expect(rotations()).toBe(1);
    expect(said[0]).toBe(`Handed in to ${HAND_IN}.`);
    expect(said.join("\n")).toContain("/aws/lambda/dualkey-production-rotator");
  });

  it("shows what is a name, hides what is a secret, and leaves out the white space of a paste", async () => {
    const policy = { provider: { id: "hand-in", vendor: "exotel" } } as const;
    const { asked, noted, handedIn } = await run(["acme1", ` ${KEY}\t`, "", "token"], {
      account: { policy },
    });
    expect(asked).toEqual(["plain accountSid:", "hidden apiKey:", "hidden apiToken:", "hidden apiToken:"]);
    expect(noted.slice(-2)).toEqual(["apiKey: the white space around it was left out", "apiToken: is empty"]);
    expect(JSON.parse(handedIn() ?? "")).toEqual({ accountSid: "acme1", apiKey: KEY, apiToken: "token" });
  });

  it.each([
    ["JSON", JSON.stringify({ authKey: KEY, keyId: "login-2" }), { authKey: KEY, keyId: "login-2" }],
    ["the bare key", `${KEY}\n`, { authKey: KEY }],
  ])("reads %s from a pipe", async (_, input, value) => {
    const { handedIn, error } = await run(input);
    expect(error).toBeUndefined();
    expect(JSON.parse(handedIn() ?? "")).toEqual(value);
  });

  it("leaves the key to the next rotation where it is asked to", async () => {
    const { said, handedIn, rotations } = await run([KEY], { rotate: false });
    expect(handedIn()).toContain(KEY);
    expect(rotations()).toBe(0);
    expect(said.at(-1)).toMatch(/^The next rotation takes it\. Start one: aws secretsmanager rotate-secret/);
  });

  it("finds the policy by the deployment that it is told, where no tag says one", async () => {
    const account = { isTagged: false };
    const { error } = await run([KEY], { account, deployment: "production" });
    expect(error).toBeUndefined();
  });

  it("says of a first key that it is one, and of a later one who revokes the old one", async () => {
    const account = await anAccount();
    const first = await runIn(account, [KEY], { rotate: false });
    expect(first.noted).toContain("It has no key yet: this is its first.");
    expect(first.noted.join("\n")).toMatch(
      /How to make one, at https:\/\/control\.msg91\.com: Choose Authkey/,
    );
    const old = { SecretId: SECRET, SecretString: '{"authKey":"old"}' };
    await account.secrets.send(new PutSecretValueCommand(old));
    const later = await runIn(account, [KEY]);
    expect(later.said.join("\n")).toContain(
      "an alarm asks you to revoke the old key at MSG91: Choose Authkey",
    );
  });
});

describe("hand-in refuses, before anybody is asked for a key,", () => {
  it.each<[string, RegExp, Partial<HandInRequest> & { account?: AccountOptions }]>([
    ["what is no secret, and does not repeat it", /^the argument names no secret/, { secret: KEY }],
    ["a hand-in secret", /Give the name of the key's secret, without \/hand-in/, { secret: HAND_IN }],
    [
      "a secret of no deployment",
      /has no tag dualkey:deployment.*--deployment or DUALKEY_DEPLOYMENT/,
      { account: { isTagged: false } },
    ],
    [
      "a secret without a policy",
      /no SSM parameter \/dualkey\/production\/prod\/otp\/msg91/,
      { account: { policy: "none" } },
    ],
    [
      "a secret of another deployment",
      /no SSM parameter \/dualkey\/other\/.*Check --deployment/,
      { deployment: "other" },
    ],
    [
      "a policy that is not understood",
      /Deploy the constructs again, or update dualkey/,
      { account: { policy: { minSample: 0 } } },
    ],
    [
      "a key without a hand-in secret",
      /Set handIn: true/,
      { account: { policy: { handIn: undefined as never } } },
    ],
    ["a key that nothing rotates", /has no rotation/, { account: { isRotated: false } }],
  ])("%s", async (_, message, more) => {
    const { error, asked, handedIn } = await run([], more);
    expect(error?.message).toMatch(message);
    expect([1, 2]).toContain(error?.exitCode);
    expect(asked).toEqual([]);
    expect(handedIn()).toBeUndefined();
  });

  it("a secret that is scheduled for deletion", async () => {
    const account = await anAccount();
    await account.secrets.send(new DeleteSecretCommand({ SecretId: SECRET, RecoveryWindowInDays: 7 }));
    const { error } = await runIn(account, []);
    expect(error?.message).toContain(`restore-secret --secret-id ${SECRET}`);
  });
});

describe("hand-in says what is wrong, and never what was given:", () => {
  it.each([
    ["nothing", " \n", /^standard input is empty\. Pipe the key in as JSON, \{"authKey": …\}/],
    [
      "a field that is not known",
      JSON.stringify({ authKey: KEY, [KEY]: "x" }),
      /holds a field that is not known/,
    ],
    ["no key among the fields", JSON.stringify({ key: KEY }), /lacks authKey/],
    [
      "broken JSON",
      `{"authKey": "${KEY}`,
      /holds neither JSON nor a key\. Put \{"authKey": …\} or the bare key/,
    ],
  ])("%s in a pipe", async (_, input, message) => {
    const { error, handedIn } = await run(input);
    expect(error?.message).toMatch(message);
    expect(error?.exitCode).toBe(2);
    expect(handedIn()).toBeUndefined();
  });

  it("a rotation that is under way already: the key is handed in, and the exit code says that none was started", async () => {
    const account = await anAccount();
    await account.secrets.send(new RotateSecretCommand({ SecretId: SECRET }));
    const { error, handedIn } = await runIn(account, [KEY]);
    expect(error?.exitCode).toBe(3);
    expect(error?.message).toMatch(
      /^the key is handed in, .* under way already.*rotate-secret --secret-id prod\/otp\/msg91/,
    );
    expect(handedIn()).toContain(KEY);
  });

  it.each([
    ["PutSecretValue", "throttle", 1, /PutSecretValue in us-east-1 got ThrottlingException/],
    ["PutSecretValue", "drop-after", 1, /The key may have been handed in\. Run it again/],
    ["RotateSecret", "error-500", 3, /the key is handed in, and no rotation of it was started/],
    ["GetParameter", "error-500", 1, /GetParameter in us-east-1 got InternalServerError\. Run it again/],
  ] as const)("%s that meets %s", async (operation, fault, exitCode, message) => {
    const account = await anAccount();
    const hooks: EmbeddedAwsOptions = {
      onRequest: (call) => (call.operation === operation ? fault : "pass"),
    };
    account.aws.setHooks(hooks);
    const { error } = await runIn(account, [KEY]);
    expect(error?.message).toMatch(message);
    expect(error?.exitCode).toBe(exitCode);
  });
});
