import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { ConfigError, ProviderRejectedError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { createPolicies } from "../../../core/aws/policies.ts";
import { aCall, awsError, failureOf, NAME } from "./a-secret.ts";

const POLICY = {
  version: 1,
  secret: NAME,
  environment: "production",
  provider: { id: "startmessaging" },
  minOverlapSeconds: 600,
  quietForSeconds: 300,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
};

function aParameterStore() {
  const client = new SSMClient({ region: "ap-south-1" });
  return { ssm: mockClient(client), policies: createPolicies({ client, deployment: "keys" }) };
}

describe("a key's policy", () => {
  it("is the SSM parameter of the deployment and the secret's name", async () => {
    const { ssm, policies } = aParameterStore();
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: JSON.stringify(POLICY) } });
    const policy = await policies.read(NAME, aCall());
    expect(policy).toMatchObject({ secret: NAME, minOverlapSeconds: 600, value: "json" });
    expect(ssm.commandCalls(GetParameterCommand)[0]?.args[0].input).toEqual({
      Name: "/dualkey/keys/prod/otp/startmessaging",
    });
  });

  it("is missed by the secret's name and the parameter's, with what to do", async () => {
    const { ssm, policies } = aParameterStore();
    ssm.on(GetParameterCommand).rejects(awsError("ParameterNotFound"));
    const error = await failureOf(policies.read(NAME, aCall()));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(
      "secret prod/otp/startmessaging: has no policy, so it is not touched: there is no SSM parameter /dualkey/keys/prod/otp/startmessaging. Check the name, or add the key to a KeyRotation and deploy it",
    );
  });

  it("is refused with all its mistakes and their paths", async () => {
    const { ssm, policies } = aParameterStore();
    const mistaken = { ...POLICY, environment: "", minOverlapSeconds: 1, quietForSecond: 5 };
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: JSON.stringify(mistaken) } });
    const error = await failureOf(policies.read(NAME, aCall()));
    expect(error).toBeInstanceOf(ConfigError);
    for (const text of ["environment", "minOverlapSeconds", "quietForSecond"]) {
      expect(error.message).toContain(text);
    }
  });

  it("is refused when it was written for another secret", async () => {
    const { ssm, policies } = aParameterStore();
    const other = { ...POLICY, secret: "prod/otp/other" };
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: JSON.stringify(other) } });
    const error = await failureOf(policies.read(NAME, aCall()));
    expect(error.message).toContain('secret: is "prod/otp/other"');
  });

  it("is not taken for missing when it may not be read", async () => {
    const { ssm, policies } = aParameterStore();
    ssm
      .on(GetParameterCommand)
      .rejectsOnce(awsError("AccessDeniedException"))
      .rejects(awsError("TooManyUpdates"));
    const denied = await failureOf(policies.read(NAME, aCall()));
    expect(denied).toBeInstanceOf(ProviderRejectedError);
    expect(denied.message).toContain("Allow ssm:GetParameter to the function's role");
    expect(await failureOf(policies.read(NAME, aCall()))).toBeInstanceOf(ProviderUnavailableError);
  });
});
