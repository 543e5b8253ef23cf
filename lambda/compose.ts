import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { ProviderPolicy } from "../contract/provider-policy.ts";
import { createAdminCredential } from "../core/aws/admin-credential.ts";
import { createFleet } from "../core/aws/fleet.ts";
import { createHandIn } from "../core/aws/hand-in.ts";
import { createIncidentAnnouncer } from "../core/aws/incident-announcer.ts";
import { createPolicies } from "../core/aws/policies.ts";
import { createRecords } from "../core/aws/records.ts";
import { beginLook, createSecretStore } from "../core/aws/secret-store.ts";
import type { Capabilities } from "../core/cutover/ports.ts";
import { providerFor } from "../core/providers/registry.ts";
import type { Ports } from "../core/run.ts";
import { composeConsumers } from "./consumer-ports.ts";
import type { Environment } from "./environment.ts";
import type { Composition } from "./handler.ts";
import type { ResponderComposition } from "./responder.ts";
import type { RotatorComposition } from "./rotator.ts";

/**
 * How the SDK calls AWS. Three tries of at most 4 s and the pauses between them fit into the default budget of one
 * effect (15 s). Without `throwOnRequestTimeout` the SDK only warns, and waits on.
 */
const CALLING = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
};

/** The clients that several ports share. */
interface Clients {
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: LambdaClient;
  readonly eventBridge: EventBridgeClient;
}

/** Connects a rotator to the real world: what it takes to pursue goals, and the fleet that it sweeps. */
export function composeRotator(environment: Environment): RotatorComposition {
  const { listLagMs, sweepEveryMs } = environment;
  return { ...composeWithFleet(environment), listLagMs, sweepEveryMs };
}

/** Connects a responder to the real world: it pursues goals, lists secrets to find a key, and invokes nothing. */
export function composeResponder(environment: Environment): ResponderComposition {
  return composeWithFleet(environment);
}

function composeWithFleet(environment: Environment): Composition & Pick<RotatorComposition, "fleet"> {
  const { deployment, functionName } = environment;
  const clients: Clients = {
    secretsManager: new SecretsManagerClient(CALLING),
    lambda: new LambdaClient(CALLING),
    eventBridge: new EventBridgeClient(CALLING),
  };
  return {
    ...compose(environment, clients),
    fleet: createFleet({ ...clients, deployment, functionName }),
  };
}

/**
 * Where AWS is comes from the SDK's own variables (`AWS_REGION`, `AWS_ENDPOINT_URL`), where the providers are from the
 * environment alone, and never from a policy.
 */
function compose(environment: Environment, clients: Clients): Composition {
  const { secretsManager, eventBridge } = clients;
  const { deployment, timeoutMs, marginMs, callMs, lastUsedResolutionSeconds } = environment;
  const { recordsBucket, hasEvents } = environment;
  const now = () => Date.now();
  const consumerPorts = composeConsumers({ ...clients, environment, now, calling: CALLING });
  return {
    now,
    callMs,
    fence: { timeoutMs, marginMs },
    ...(lastUsedResolutionSeconds === undefined ? {} : { lastUsedResolutionSeconds }),
    policies: createPolicies({ client: new SSMClient(CALLING), deployment }),
    incidents: {
      deployment,
      ...(recordsBucket === undefined
        ? {}
        : { records: createRecords({ client: new S3Client(CALLING), bucket: recordsBucket }) }),
      ...(hasEvents ? { announcer: createIncidentAnnouncer({ eventBridge }) } : {}),
    },
    beginLook: (secretId, call) => beginLook({ client: secretsManager, secretId, now }, call),
    portsFor: ({ secret, policy, journal, begun }) => {
      const provider = providerFor(policy.provider, environment.providerUrls);
      const { fieldNames } = provider.capabilities;
      const reading = { client: secretsManager, fieldNames, shape: policy };
      return {
        secrets: createSecretStore({ ...reading, secretId: secret, now, begun }),
        provider,
        ...adminPort(policy.provider, provider.capabilities, secretsManager),
        ...(policy.handIn === undefined
          ? {}
          : { handIn: createHandIn({ ...reading, secretId: policy.handIn }) }),
        ...consumerPorts(secret, policy),
        clock: {
          now,
          sleep: (ms, signal) => sleep(ms, undefined, { signal }),
          timeout: (ms) => AbortSignal.timeout(ms),
        },
        random: { nonce: () => randomBytes(8).toString("hex") },
        journal,
      };
    },
  };
}

/** Only a provider with an admin credential has a secret for it in its policy. */
function adminPort(
  policy: ProviderPolicy,
  { adminFieldNames: fieldNames }: Capabilities,
  client: SecretsManagerClient,
): Pick<Ports, "admin"> {
  if (!("adminSecret" in policy) || fieldNames === undefined) return {};
  return { admin: createAdminCredential({ client, secretId: policy.adminSecret, fieldNames }) };
}
