import { RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Policy } from "../../contract/policy.ts";
import type { Tempo } from "../tempo.ts";
import { DEPLOYMENT, type World } from "./world.ts";

/** The function's name, by which the clock and the sweep call it. */
export const ROTATOR = "rotator";

/**
 * Deploys dualkey into a world as its constructs would: the policy, the function, the rotation (which does not rotate
 * at once), the clock.
 */
export async function deployDualkey(world: World, bundle: string, tempo: Tempo): Promise<void> {
  const { aws, gateway, secretName } = world;
  const ssm = new SSMClient(aws.clientConfig());
  const policy = policyFor(secretName, tempo);
  const Name = `/dualkey/${DEPLOYMENT}/${secretName}`;
  await ssm.send(new PutParameterCommand({ Name, Value: JSON.stringify(policy), Type: "String" }));
  ssm.destroy();

  const { arn } = aws.createFunction({
    name: ROTATOR,
    code: { bundle },
    timeoutSeconds: tempo.timeoutSeconds,
    reservedConcurrency: 10,
    maximumEventAgeSeconds: 300,
    environment: {
      DUALKEY_DEPLOYMENT: DEPLOYMENT,
      DUALKEY_STARTMESSAGING_URL: gateway.url,
      DUALKEY_TIMEOUT_SECONDS: String(tempo.timeoutSeconds),
      DUALKEY_MARGIN_SECONDS: String(tempo.marginSeconds),
      DUALKEY_CALL_SECONDS: String(tempo.callSeconds),
      DUALKEY_LIST_LAG_SECONDS: String(tempo.listLagSeconds),
      DUALKEY_SWEEP_SECONDS: String(tempo.sweepSeconds),
    },
  });
  await configureRotation(world, arn);
  aws.startClock({ functionName: ROTATOR, everyMs: tempo.sweepSeconds * 1000 });
}

/** Without rotating at once, the service runs testSecret alone, and the rotation is set up when that has passed. */
async function configureRotation({ aws, secretName }: World, functionArn: string): Promise<void> {
  const secrets = new SecretsManagerClient(aws.clientConfig());
  await secrets.send(
    new RotateSecretCommand({
      SecretId: secretName,
      RotationLambdaARN: functionArn,
      RotationRules: { AutomaticallyAfterDays: 90 },
      RotateImmediately: false,
    }),
  );
  secrets.destroy();
  const over = await aws.events.until(
    ({ kind }) => kind === "rotation-succeeded" || kind === "rotation-failed",
  );
  if (over.kind === "rotation-failed") throw new Error("rehearsal: the rotator did not pass its first test");
}

function policyFor(secret: string, tempo: Tempo): Policy {
  return {
    version: 1,
    secret,
    environment: "rehearsal",
    provider: { id: "startmessaging" },
    value: "json",
    minOverlapSeconds: tempo.minOverlapSeconds,
    quietForSeconds: tempo.quietForSeconds,
    maxOverlapSeconds: tempo.maxOverlapSeconds,
    atMaxOverlap: "hold",
    minSample: 1,
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: tempo.cacheSeconds }],
  };
}
