import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PolicyInput, parsePolicy } from "../../contract/policy.ts";
import { composeResponder, composeRotator } from "../../lambda/compose.ts";
import { readEnvironment } from "../../lambda/environment.ts";

const ENVIRONMENT = { DUALKEY_DEPLOYMENT: "keys", AWS_LAMBDA_FUNCTION_NAME: "dualkey-rotator" };
const SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/otp-a1B2c3";
const ADMIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:vendors/twilio-a1B2c3";

beforeEach(() => void vi.stubEnv("AWS_REGION", "eu-west-1"));
afterEach(() => void vi.unstubAllEnvs());

/** The ports of a run with this policy. */
function portsFor(
  given: Pick<PolicyInput, "provider" | "handIn"> & Partial<Pick<PolicyInput, "consumers">>,
  compose: typeof composeResponder = composeRotator,
  variables: Readonly<Record<string, string>> = ENVIRONMENT,
) {
  const input: PolicyInput = {
    version: 1,
    secret: "prod/otp",
    environment: "production",
    minOverlapSeconds: 600,
    quietForSeconds: 300,
    maxOverlapSeconds: 86_400,
    atMaxOverlap: "hold",
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
    ...given,
  };
  const policy = parsePolicy(JSON.stringify(input), "policy");
  const { portsFor: make } = compose(readEnvironment(variables));
  return make({ secret: SECRET, policy, journal: { record: () => undefined } });
}

describe("the ports of a run", () => {
  it("reach the consumers' reports and rollouts where the policy has consumers that report or are rolled", () => {
    const provider = { id: "startmessaging" } as const;
    const ecs = { kind: "ecs-service", name: "login", cluster: "web", service: "login" } as const;
    const lambda = { kind: "lambda-function", name: "billing", functionName: "billing" } as const;
    const reporting = { kind: "reporting", name: "batch" } as const;
    expect(portsFor({ provider })).not.toHaveProperty("reports");
    expect(portsFor({ provider })).not.toHaveProperty("rollouts");
    for (const rolled of [ecs, lambda]) {
      expect(portsFor({ provider, consumers: [rolled] })).toHaveProperty("rollouts");
      expect(portsFor({ provider, consumers: [rolled] })).not.toHaveProperty("reports");
    }
    for (const told of [reporting, { ...ecs, reports: true }]) {
      expect(portsFor({ provider, consumers: [told] })).toHaveProperty("reports");
    }
  });

  it.each([composeRotator, composeResponder])("are played as the environment says", (compose) => {
    const played = { ...ENVIRONMENT, DUALKEY_LAST_USED_SECONDS: "3" };
    expect(compose(readEnvironment(played))).toMatchObject({ lastUsedResolutionSeconds: 3 });
    expect(compose(readEnvironment(ENVIRONMENT))).not.toHaveProperty("lastUsedResolutionSeconds");
  });

  it("tell of each phase, unless the environment switches that off", () => {
    const provider = { id: "startmessaging" } as const;
    expect(portsFor({ provider })).toHaveProperty("announcer");
    const quiet = portsFor({ provider }, composeRotator, { ...ENVIRONMENT, DUALKEY_EVENTS: "off" });
    expect(quiet).not.toHaveProperty("announcer");
  });

  it.each([
    ["a rotator's", composeRotator],
    ["a responder's", composeResponder],
  ])("have the admin credential where the policy names its secret: %s", (_, compose) => {
    const provider = { id: "twilio-api-key", adminSecret: ADMIN } as const;
    expect(portsFor({ provider }, compose).admin).toBeTypeOf("function");
    expect(portsFor({ provider: { id: "vonage" } }, compose)).not.toHaveProperty("admin");
  });

  it("have the hand-in where the policy names its secret", () => {
    const provider = { id: "hand-in", vendor: "exotel" } as const;
    expect(portsFor({ provider, handIn: "prod/otp/hand-in" }).handIn?.name).toBe("prod/otp/hand-in");
    expect(portsFor({ provider: { id: "vonage" } })).not.toHaveProperty("handIn");
  });

  it.each<PolicyInput["provider"]>([
    { id: "startmessaging" },
    { id: "twilio-api-key", adminSecret: ADMIN },
    { id: "twilio-auth-token", outageSeconds: 60 },
    { id: "vonage" },
    { id: "infobip", adminSecret: ADMIN },
    { id: "aws-iam", userName: "sms" },
    { id: "sendgrid" },
    { id: "hand-in", vendor: "postmark" },
    { id: "hand-in", vendor: "optstuff", projectSlug: "shop", probeImage: "images.example/1.png" },
  ])("have what the provider's credential calls for: $id", (provider) => {
    const ports = portsFor({ provider });
    const { credential, adminFieldNames } = ports.provider.capabilities;
    expect("admin" in ports).toBe(credential === "admin");
    expect(adminFieldNames !== undefined).toBe(credential === "admin");
  });
});
