import type { EcsFate, EcsServiceSpec } from "./ecs.ts";

/** One deployment of a service. */
export interface EcsDeployment {
  readonly id: string;
  readonly createdAtMs: number;
  rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  /** It failed, and the one before has been brought back. */
  isRolledBack: boolean;
}

type Settled = "desiredCount" | "stableAfterMs" | "controller";

/** A service and all that it has been through. */
export interface EcsServiceState
  extends Omit<EcsServiceSpec, Settled>,
    Required<Pick<EcsServiceSpec, Settled>> {
  readonly arn: string;
  status: "ACTIVE" | "INACTIVE";
  fate: EcsFate;
  /** Oldest first; all that there were. */
  readonly deployments: EcsDeployment[];
  readonly events: { readonly atMs: number; readonly message: string }[];
}

/**
 * A service as DescribeServices shows it: the newest deployment is PRIMARY, the last one that was stable is ACTIVE for as
 * long as its tasks run, and all others are gone.
 */
export function describeService(state: EcsServiceState): object {
  const { desiredCount } = state;
  const deployments = state.deployments.filter(({ isRolledBack }) => !isRolledBack);
  const newest = deployments.at(-1);
  const stable = deployments.findLast(({ rolloutState }) => rolloutState === "COMPLETED");
  const shown = newest === stable ? [newest] : [newest, stable];
  return {
    serviceArn: state.arn,
    serviceName: state.service,
    clusterArn: state.arn.replace(/:service\/([^/]+)\/.*$/, ":cluster/$1"),
    status: state.status,
    desiredCount,
    runningCount: desiredCount,
    pendingCount: 0,
    deploymentController: { type: state.controller },
    deployments: shown.flatMap((deployment) =>
      deployment === undefined ? [] : [describeDeployment(deployment, { state, newest })],
    ),
    // Newest first, and no more than the last hundred.
    events: state.events
      .slice(-100)
      .reverse()
      .map(({ atMs, message }, index) => ({ id: String(index), createdAt: atMs / 1000, message })),
  };
}

/** The deployments that a list of them shows, newest first: those made after a time, of these statuses where any are named. */
export function listDeployments(
  { deployments, arn }: EcsServiceState,
  { afterMs, statuses }: { readonly afterMs: number; readonly statuses: readonly string[] | undefined },
): object[] {
  return deployments
    .filter(({ createdAtMs }) => createdAtMs > afterMs)
    .map((deployment) => ({
      serviceDeploymentArn: `${arn.replace(":service/", ":service-deployment/")}/${deployment.id.slice(8)}`,
      serviceArn: arn,
      createdAt: deployment.createdAtMs / 1000,
      status: deployment.isRolledBack ? "ROLLBACK_SUCCESSFUL" : STATUSES[deployment.rolloutState],
      statusReason: REASONS[deployment.rolloutState](deployment.id),
    }))
    .filter(({ status }) => statuses?.includes(status) ?? true)
    .reverse();
}

const STATUSES = {
  IN_PROGRESS: "IN_PROGRESS",
  COMPLETED: "SUCCESSFUL",
  FAILED: "ROLLBACK_IN_PROGRESS",
} as const;

function describeDeployment(
  deployment: EcsDeployment,
  { state, newest }: { readonly state: EcsServiceState; readonly newest: EcsDeployment | undefined },
): object {
  const { id, createdAtMs, rolloutState } = deployment;
  const isStable = rolloutState === "COMPLETED";
  return {
    id,
    status: deployment === newest ? "PRIMARY" : "ACTIVE",
    desiredCount: state.desiredCount,
    runningCount: isStable ? state.desiredCount : 0,
    pendingCount: isStable || rolloutState === "FAILED" ? 0 : state.desiredCount,
    failedTasks: rolloutState === "FAILED" ? 10 : 0,
    createdAt: createdAtMs / 1000,
    updatedAt: createdAtMs / 1000,
    rolloutState,
    rolloutStateReason: REASONS[rolloutState](id),
  };
}

const REASONS = {
  IN_PROGRESS: (id: string) => `ECS deployment ${id} in progress.`,
  COMPLETED: (id: string) => `ECS deployment ${id} completed.`,
  FAILED: () => "ECS deployment circuit breaker: tasks failed to start.",
};
