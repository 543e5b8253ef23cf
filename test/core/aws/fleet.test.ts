import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import { createFleet, type ListedSecret } from "../../../core/aws/fleet.ts";
import { ARN, aCall, awsError, failureOf, NAME, NEW, NOW_MS, OLD } from "./a-secret.ts";

function aFleet() {
  const secretsManager = new SecretsManagerClient({ region: "ap-south-1" });
  const lambda = new LambdaClient({ region: "ap-south-1" });
  const fleet = createFleet({ secretsManager, lambda, deployment: "keys", functionName: "dualkey-rotator" });
  return { fleet, secrets: mockClient(secretsManager), functions: mockClient(lambda) };
}

const TAGS = [{ Key: "dualkey:deployment", Value: "keys" }];

async function all(secrets: AsyncGenerator<ListedSecret>): Promise<ListedSecret[]> {
  const listed: ListedSecret[] = [];
  for await (const secret of secrets) listed.push(secret);
  return listed;
}

describe("the secrets of a deployment", () => {
  it("are listed with their labels, and without a value", async () => {
    const { fleet, secrets } = aFleet();
    const stages = {
      [OLD]: ["AWSCURRENT", "dualkey:live.01d00000@2026-04-14T08:00:00.000Z"],
      [NEW]: ["AWSPENDING", "dualkey:alive"],
    };
    secrets.on(ListSecretsCommand).resolves({
      SecretList: [
        { ARN, Name: NAME, Tags: TAGS, CreatedDate: new Date(NOW_MS), SecretVersionsToStages: stages },
      ],
    });
    expect(await all(fleet.secrets(aCall()))).toEqual([
      {
        arn: ARN,
        name: NAME,
        rotationEnabled: false,
        createdAtMs: NOW_MS,
        versions: [
          {
            id: OLD,
            v8: "01d00000",
            isCurrent: true,
            isPending: false,
            labels: [{ kind: "live", v8: "01d00000", atMs: NOW_MS }],
          },
          { id: NEW, v8: "9ee00000", isCurrent: false, isPending: true, labels: [] },
        ],
        notUnderstood: ["dualkey:alive"],
      },
    ]);
  });

  it("are listed page by page, 100 a page, by the deployment's tag", async () => {
    const { fleet, secrets } = aFleet();
    secrets
      .on(ListSecretsCommand)
      .resolvesOnce({ SecretList: [{ ARN, Tags: TAGS }], NextToken: "two" })
      .resolves({ SecretList: [{ ARN: `${ARN}x`, Tags: TAGS }] });
    expect(await all(fleet.secrets(aCall()))).toHaveLength(2);
    expect(secrets.commandCalls(ListSecretsCommand).map((call) => call.args[0].input)).toMatchObject([
      {
        MaxResults: 100,
        Filters: [
          { Key: "tag-key", Values: ["dualkey:deployment"] },
          { Key: "tag-value", Values: ["keys"] },
        ],
      },
      { NextToken: "two" },
    ]);
  });

  it("leave out hand-ins, and those of a deployment whose name only begins the same", async () => {
    const { fleet, secrets } = aFleet();
    const others = [
      [{ Key: "dualkey:deployment", Value: "keys-staging" }],
      [{ Key: "dualkey:deployment-of", Value: "keys" }],
      // A hand-in secret of this deployment: it holds what people bring, and no key that is looked after.
      [{ Key: "dualkey:hand-in", Value: "keys" }],
      [
        { Key: "dualkey:deployment", Value: "other" },
        { Key: "team", Value: "keys" },
      ],
    ];
    secrets.on(ListSecretsCommand).resolves({ SecretList: others.map((Tags) => ({ ARN, Tags })) });
    expect(await all(fleet.secrets(aCall()))).toEqual([]);
  });
});

describe("asking for a reconciliation", () => {
  it("invokes the function for one secret and does not wait for it", async () => {
    const { fleet, functions } = aFleet();
    functions.on(InvokeCommand).resolves({ StatusCode: 202 });
    await fleet.reconcile({ arn: ARN, name: NAME }, aCall());
    const input = functions.commandCalls(InvokeCommand)[0]?.args[0].input;
    expect(input).toMatchObject({ FunctionName: "dualkey-rotator", InvocationType: "Event" });
    const payload: unknown = JSON.parse(new TextDecoder().decode(input?.Payload as Uint8Array));
    expect(payload).toEqual({ reconcile: { secret: ARN } });
  });

  it("fails by the secret's name, with the permission that is missing", async () => {
    const { fleet, functions } = aFleet();
    functions.on(InvokeCommand).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(fleet.reconcile({ arn: ARN, name: NAME }, aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toBe(
      `${NAME}: Invoke was refused, got AccessDeniedException. Allow lambda:InvokeFunction to the function's role.`,
    );
  });

  it("may have worked when no answer came", async () => {
    const { fleet, functions } = aFleet();
    functions.on(InvokeCommand).rejects(awsError("ServiceException", 500));
    const error = await failureOf(fleet.reconcile({ arn: ARN, name: NAME }, aCall()));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
  });
});
