import { IamUser } from "@cdktf/provider-aws/lib/iam-user/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, KeyProvider, KeyRotation, type RotatedKeyOptions } from "../../constructs/index.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { KEY, problemsIn, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

const ADMIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:vendors/admin-a1B2c3";

function policyOf(options: Partial<RotatedKeyOptions>) {
  return parsePolicy(String(synthKey(options).only("aws_ssm_parameter").value), "policy");
}

describe("every provider has a policy that the functions understand, and a hand-in where a person makes the first key", () => {
  it.each<[KeyProvider, object, boolean]>([
    [KeyProvider.startMessaging(), { id: "startmessaging" }, true],
    [
      KeyProvider.twilioApiKey({ adminSecretArn: ADMIN }),
      { id: "twilio-api-key", adminSecret: ADMIN },
      false,
    ],
    [
      KeyProvider.twilioApiKey({ adminSecretArn: ADMIN, account: "AC1", restriction: { allow: ["/x"] } }),
      { id: "twilio-api-key", adminSecret: ADMIN, account: "AC1", restriction: { allow: ["/x"] } },
      false,
    ],
    [
      KeyProvider.twilioApiKey({ adminSecretArn: ADMIN, keyType: "standard" }),
      { id: "twilio-api-key", adminSecret: ADMIN, keyType: "standard" },
      false,
    ],
    [
      KeyProvider.twilioAuthToken({ outageSeconds: 400 }),
      { id: "twilio-auth-token", outageSeconds: 400 },
      true,
    ],
    [KeyProvider.vonage({ account: "abcd" }), { id: "vonage", account: "abcd" }, true],
    [KeyProvider.infobip({ adminSecretArn: ADMIN }), { id: "infobip", adminSecret: ADMIN }, false],
    [KeyProvider.awsIam({ userName: "sms" }), { id: "aws-iam", userName: "sms" }, false],
    [KeyProvider.sendGrid(), { id: "sendgrid" }, true],
    [KeyProvider.handIn({ vendor: "msg91" }), { id: "hand-in", vendor: "msg91" }, true],
    [
      KeyProvider.handIn({
        vendor: "optstuff",
        projectSlug: "shop",
        probeImage: "i.example/1.png",
        account: "a",
      }),
      { id: "hand-in", vendor: "optstuff", projectSlug: "shop", probeImage: "i.example/1.png", account: "a" },
      true,
    ],
  ])("%#: $policy.id", (provider, policy, hasHandIn) => {
    const { provider: written, handIn } = policyOf({ provider });
    expect(written).toEqual(policy);
    expect(handIn).toBe(hasHandIn ? "prod/otp/startmessaging/hand-in" : undefined);
  });

  it("or where somebody says so", () => {
    expect(policyOf({ handIn: false })).not.toHaveProperty("handIn");
    const provider = KeyProvider.awsIam({ userName: "sms" });
    expect(policyOf({ provider, handIn: true }).handIn).toBe("prod/otp/startmessaging/hand-in");
  });
});

it("takes references: to an admin secret and to a user of the same stack", () => {
  const stack = synth((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    const adminSecretArn = new SecretsmanagerSecret(scope, "admin", { name: "vendors/twilio" }).arn;
    rotation.addKey("twilio", { ...KEY, provider: KeyProvider.twilioApiKey({ adminSecretArn }) });
    const { name: userName } = new IamUser(scope, "user", { name: "sms" });
    rotation.addKey("iam", { ...KEY, secretName: "prod/iam", provider: KeyProvider.awsIam({ userName }) });
  });
  const role = String(stack.of("Rotator", "aws_iam_role_policy").policy);
  expect(role).toMatch(/"\$\{aws_secretsmanager_secret\.admin\.arn\}"/);
  expect(role).toMatch(/:user\/\$\{aws_iam_user\.user\.name\}"/);
});

describe("a provider with mistakes", () => {
  it("says which option is wrong, and never widens a role with a wildcard", () => {
    const problemsOf = (provider: KeyProvider, options: Partial<RotatedKeyOptions> = {}) =>
      problemsIn(() => synthKey({ provider, ...options }));
    for (const adminSecretArn of ["vendors/admin", ADMIN.slice(0, -7), ADMIN.replace("admin", "*"), ""]) {
      const provider = KeyProvider.infobip({ adminSecretArn });
      expect(problemsOf(provider)).toEqual([expect.stringMatching(/^provider\.adminSecretArn: /)]);
    }
    const adminKmsKeyArn = "alias/x";
    expect(problemsOf(KeyProvider.infobip({ adminSecretArn: ADMIN, adminKmsKeyArn }))).toEqual([
      expect.stringMatching(/^provider\.adminKmsKeyArn: is "alias\/x", which is no ARN/),
    ]);
    expect(problemsOf(KeyProvider.awsIam({ userName: "*", userPath: "services" }))).toEqual([
      expect.stringMatching(/^provider\.userName: is "\*"/),
      expect.stringMatching(/^provider\.userPath: is "services"/),
    ]);
    expect(problemsOf(KeyProvider.handIn({ vendor: "msg91" }), { handIn: false })).toEqual([
      expect.stringMatching(/^handIn: is false, and this vendor's keys come in no other way/),
    ]);
    const typo = { vendor: "msg19" } as never;
    expect(problemsOf(KeyProvider.handIn(typo))).toEqual([expect.stringMatching(/^provider\.vendor: /)]);
  });

  it("needs room for the name of the hand-in secret", () => {
    const named = (length: number, handIn?: boolean) =>
      problemsIn(() =>
        synthKey({ secretName: "s".repeat(length), ...(handIn === undefined ? {} : { handIn }) }),
      );
    expect(named(504)).toEqual([]);
    expect(named(505)).toEqual([
      expect.stringMatching(/^secretName: .*at most 504 characters, or set handIn: false$/),
    ]);
    expect(named(505, false)).toEqual([]);
  });
});

describe("an auth token, which is rotated in place", () => {
  const consumers = [60, 300].map((cacheSeconds) =>
    Consumer.selfRefreshing({ cacheSeconds, staleSeconds: 0 }),
  );
  const problemsAt = (outageSeconds?: number) =>
    problemsIn(() =>
      synthKey({
        provider: KeyProvider.twilioAuthToken({ outageSeconds } as { outageSeconds: number }),
        consumers,
      }),
    );

  it("is refused while nobody has said how long logins may fail", () => {
    expect(problemsAt()).toEqual([
      "provider.outageSeconds: is missing. Say for how long logins may fail at each rotation",
    ]);
    expect(problemsAt(0)).toEqual([expect.stringMatching(/^provider\.outageSeconds: /)]);
  });

  it("is refused where logins would fail for longer than was said", () => {
    expect(problemsAt(300)).toEqual([
      expect.stringMatching(
        /^provider\.outageSeconds: is 300, .*for 301 seconds after it has died\. Set at least 301/,
      ),
    ]);
    expect(problemsAt(301)).toEqual([]);
  });
});
