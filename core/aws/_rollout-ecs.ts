import {
  type Deployment,
  DescribeServicesCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type Service,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import type { RolledConsumer } from "../../contract/consumer-policy.ts";
import type { Call, RolloutState } from "../cutover/ports.ts";
import { checkNotAborted, isNamed, type Operation, sending } from "./_consequence.ts";

type EcsConsumer = Extract<RolledConsumer, { kind: "ecs-service" }>;

/** How a deployment ends that does not become the service's own: it is rolled back, by ECS or by a person, or stopped. */
const UNDONE = ["ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"] as const;

/** What is kept of a message of ECS: it may be long, and names targets, tasks and images. */
const MESSAGE_LENGTH = 200;

/**
 * Tells how far a service's newest deployment has come. Permissions: `ecs:DescribeServices` and
 * `ecs:ListServiceDeployments` on the service.
 *
 * @param request.countsFromMs a deployment that was made before is not one of this cutover
 */
export async function lookAtService(
  client: ECSClient,
  { consumer, countsFromMs }: { readonly consumer: EcsConsumer; readonly countsFromMs: number },
  call: Call,
): Promise<RolloutState> {
  const service = await describe(client, consumer, call);
  const { name, cluster } = consumer;
  const where = `${name}: the ECS service ${consumer.service} in the cluster ${cluster}`;
  if (service === undefined) {
    return failed(`${where} does not exist in this account and region. Correct the policy`);
  }
  if (service.status !== "ACTIVE") {
    return failed(`${where} is ${service.status}. Correct the policy, or make the service again`);
  }
  const { type: controller = "ECS" } = service.deploymentController ?? {};
  if (controller !== "ECS") {
    return failed(
      `${where} is deployed by ${controller}, which alone can start its tasks anew. Have it deploy at each KeyPromoted event, and make the consumer one that reports`,
    );
  }
  const state = stateOf(service, { where, countsFromMs });
  if (state.kind !== "not-started") return state;
  const undone = await findUndone(client, { consumer, countsFromMs }, call);
  return undone === undefined ? state : failed(`${where} ${undone}`);
}

/** Forces a deployment, with nothing else changed. Permission: `ecs:UpdateService` on the service. */
export async function startDeployment(client: ECSClient, consumer: EcsConsumer, call: Call): Promise<void> {
  const operation: Operation = { ...about(consumer, "UpdateService"), effect: "deploy" };
  checkNotAborted(operation, call.signal);
  const { cluster, service } = consumer;
  const command = new UpdateServiceCommand({ cluster, service, forceNewDeployment: true });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

async function describe(client: ECSClient, consumer: EcsConsumer, call: Call): Promise<Service | undefined> {
  const operation: Operation = { ...about(consumer, "DescribeServices"), effect: "none" };
  const command = new DescribeServicesCommand({ cluster: consumer.cluster, services: [consumer.service] });
  try {
    const answer = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    // One that does not exist is among the `failures`, with the reason MISSING.
    return answer.services?.[0];
  } catch (error) {
    if (isNamed(error, "ClusterNotFoundException")) return undefined;
    throw error;
  }
}

/**
 * A deployment of this cutover that was rolled back shows in the service's description no more. To force another one each
 * time would go on for as long as its tasks do not start, and never say so.
 */
async function findUndone(
  client: ECSClient,
  { consumer, countsFromMs }: { readonly consumer: EcsConsumer; readonly countsFromMs: number },
  call: Call,
): Promise<string | undefined> {
  const operation: Operation = { ...about(consumer, "ListServiceDeployments"), effect: "none" };
  const { cluster, service } = consumer;
  const createdAt = { after: new Date(countsFromMs) };
  const command = new ListServiceDeploymentsCommand({ cluster, service, createdAt, status: [...UNDONE] });
  const answer = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
  const [undone] = answer.serviceDeployments ?? [];
  if (undone === undefined) return undefined;
  const reason = cut(undone.statusReason ?? "no reason is given").replace(/\.$/, "");
  return `has a deployment that ended as ${undone.status}: ${reason}. Repair it and deploy the service`;
}

function stateOf(
  service: Service,
  { where, countsFromMs }: { readonly where: string; readonly countsFromMs: number },
): RolloutState {
  const { deployments = [] } = service;
  const isOfCutover = ({ createdAt }: Deployment) => (createdAt?.getTime() ?? 0) >= countsFromMs;
  const since = deployments.filter(isOfCutover);
  // Whatever is the newest by now: where the circuit breaker rolls back, it is the deployment before that becomes PRIMARY.
  const broken = since.find(({ rolloutState }) => rolloutState === "FAILED");
  if (broken !== undefined) {
    const reason = cut(broken.rolloutStateReason ?? "no reason is given").replace(/\.$/, "");
    return failed(`${where} has a deployment that failed: ${reason}. Repair it and deploy the service`);
  }
  const primary = since.find(({ status }) => status === "PRIMARY");
  if (primary === undefined) return { kind: "not-started" };
  const older = deployments.filter((deployment) => deployment !== primary);
  const olderRunning = older.reduce((count, { runningCount = 0 }) => count + runningCount, 0);
  if (isComplete(primary) && olderRunning === 0) return { kind: "done" };
  const { runningCount = 0, desiredCount = 0 } = primary;
  const counts = `${runningCount} of ${desiredCount} tasks of the new deployment run, and ${olderRunning} of older ones`;
  const message = newestMessage(service, countsFromMs);
  return {
    kind: "under-way",
    because: `${where}: ${counts}${message === "" ? "" : `; ECS says: ${message}`}`,
  };
}

/** Behind a Classic Load Balancer there is no rollout state, and the counts are all that there is. */
function isComplete({ rolloutState, runningCount, desiredCount, pendingCount }: Deployment): boolean {
  if (rolloutState !== undefined) return rolloutState === "COMPLETED";
  return runningCount === desiredCount && pendingCount === 0;
}

/** ECS gives the newest first, but does not promise it. */
function newestMessage({ events = [] }: Service, sinceMs: number): string {
  const atMs = ({ createdAt }: { readonly createdAt?: Date | undefined }) => createdAt?.getTime() ?? 0;
  const [newest] = events.filter((event) => atMs(event) >= sinceMs).sort((a, b) => atMs(b) - atMs(a));
  return cut(newest?.message ?? "");
}

function cut(text: string): string {
  return text.length <= MESSAGE_LENGTH ? text : `${text.slice(0, MESSAGE_LENGTH - 1)}…`;
}

function about({ name }: EcsConsumer, operation: string): Pick<Operation, "name" | "service" | "subject"> {
  return { name: operation, service: "ecs", subject: `consumer ${name}` };
}

function failed(because: string): RolloutState {
  return { kind: "failed", because };
}
