import {
  GetFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
  type LambdaClient,
  ListAliasesCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import type { RolledConsumer } from "../../contract/consumer-policy.ts";
import { ProviderRejectedError } from "../../contract/errors.ts";
import type { Call, RolloutState } from "../cutover/ports.ts";
import { checkNotAborted, isNamed, type Operation, sending } from "./_consequence.ts";

type LambdaConsumer = Extract<RolledConsumer, { kind: "lambda-function" }>;

/**
 * The variable that a function is started anew with, and its value the time: UTC, ISO 8601.
 *
 * A variable reaches the code as the process starts and never again, so the service has to give it new execution
 * environments: "LastUpdateStatus … when the update is complete and the function is processing events with the new
 * configuration" (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html). That the function
 * was modified (`LastModified`) would not do as the sign of it: which changes of others give new environments, the service
 * does not say.
 */
export const ROLLED_AT = "DUALKEY_ROLLED_AT";

type Configuration = GetFunctionConfigurationCommandOutput;

/** Which function, from when on a start counts, and what time it is. */
interface Looking {
  readonly consumer: LambdaConsumer;
  readonly countsFromMs: number;
  readonly nowMs: number;
}

/**
 * Tells whether a function has been started anew. Permissions: `lambda:GetFunctionConfiguration` and `lambda:ListAliases`
 * on the function, and `kms:Decrypt` where a KMS key of one's own encrypts its environment.
 */
export async function lookAtFunction(
  client: LambdaClient,
  looking: Looking,
  call: Call,
): Promise<RolloutState> {
  const { consumer } = looking;
  const where = `${consumer.name}: the function ${consumer.functionName}`;
  const configuration = await configurationOrMiss(client, consumer, call);
  if (configuration === undefined) {
    return failed(`${where} does not exist in this account and region. Correct the policy`);
  }
  const unreachable =
    obstacleIn(configuration) ?? (await publishedAlias(client, { consumer, configuration }, call));
  return unreachable === undefined
    ? stateOf(configuration, { ...looking, where })
    : failed(`${where} ${unreachable}`);
}

/**
 * Touches the function's environment, and nothing else: a compare-and-swap on the revision that was read. Permissions:
 * `lambda:GetFunctionConfiguration` and `lambda:UpdateFunctionConfiguration` on the function.
 *
 * The other variables may be secrets. They are sent back as they came, and are nowhere else (P6).
 *
 * @throws StaleStateError where somebody else has changed the function in between
 */
export async function startFunctionAnew(
  client: LambdaClient,
  { consumer, nowMs }: Omit<Looking, "countsFromMs">,
  call: Call,
): Promise<void> {
  const configuration = await readConfiguration(client, consumer, call);
  const obstacle = obstacleIn(configuration);
  if (obstacle !== undefined) {
    throw new ProviderRejectedError(
      `consumer ${consumer.name}: the function ${consumer.functionName} ${obstacle}`,
    );
  }
  const operation: Operation = { ...about(consumer, "UpdateFunctionConfiguration"), effect: "configure" };
  checkNotAborted(operation, call.signal);
  const command = new UpdateFunctionConfigurationCommand({
    FunctionName: consumer.functionName,
    RevisionId: configuration.RevisionId,
    Environment: {
      Variables: { ...configuration.Environment?.Variables, [ROLLED_AT]: new Date(nowMs).toISOString() },
    },
  });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

function stateOf(
  { Environment: environment, ...configuration }: Configuration,
  { where, countsFromMs, nowMs }: Looking & { readonly where: string },
): RolloutState {
  const { LastUpdateStatus: status, Timeout: timeoutSeconds = 0 } = configuration;
  if (status === "InProgress") return { kind: "under-way", because: `${where} is being updated` };
  const rolledAtMs = Date.parse(environment?.Variables?.[ROLLED_AT] ?? "");
  if (!(rolledAtMs >= countsFromMs)) return { kind: "not-started" };
  if (status === "Failed") {
    const reason = configuration.LastUpdateStatusReasonCode ?? "no reason is given";
    return failed(`${where} was not updated: ${reason}. Repair it and update the function`);
  }
  // A call that began before the update goes on in its old execution environment, with the key that it has.
  const endMs = rolledAtMs + timeoutSeconds * 1000;
  if (nowMs >= endMs) return { kind: "done" };
  const because = `${where} is updated, and calls that began before may go on for ${Math.ceil((endMs - nowMs) / 1000)} s more`;
  return { kind: "under-way", because };
}

/** What keeps an update of the unpublished version from reaching those who call the function, as far as it says so itself. */
function obstacleIn({ Environment: environment, SnapStart: snapStart }: Configuration): string | undefined {
  if (environment?.Error !== undefined) {
    // Its variables are missing from the answer, and an update without them would take them all away.
    const code = environment.Error.ErrorCode ?? "no reason is given";
    return `does not show its environment: ${code}. Allow kms:Decrypt on the key of its environment to the role of dualkey's functions`;
  }
  if (snapStart?.ApplyOn !== "PublishedVersions") return undefined;
  return `starts from snapshots of published versions (SnapStart), which no update reaches. ${PUBLISH}`;
}

/**
 * An alias of a published version, whose configuration is locked. Provisioned concurrency needs a published version, too,
 * and mostly has an alias. A version that is called by its number is not seen here.
 */
async function publishedAlias(
  client: LambdaClient,
  { consumer, configuration }: { readonly consumer: LambdaConsumer; readonly configuration: Configuration },
  call: Call,
): Promise<string | undefined> {
  const operation: Operation = { ...about(consumer, "ListAliases"), effect: "none" };
  let marker: string | undefined;
  do {
    const command = new ListAliasesCommand({
      FunctionName: configuration.FunctionName ?? consumer.functionName,
      Marker: marker,
    });
    const page = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    const alias = page.Aliases?.find(({ FunctionVersion: version }) => version !== "$LATEST");
    if (alias !== undefined) {
      return `has the alias ${alias.Name} of its version ${alias.FunctionVersion}, which no update reaches. ${PUBLISH}`;
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return undefined;
}

const PUBLISH =
  "Have a pipeline publish a version at each KeyPromoted event and make the consumer one that reports, or let the function read its key again by itself (self-refreshing)";

async function configurationOrMiss(
  client: LambdaClient,
  consumer: LambdaConsumer,
  call: Call,
): Promise<Configuration | undefined> {
  try {
    return await readConfiguration(client, consumer, call);
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

async function readConfiguration(
  client: LambdaClient,
  consumer: LambdaConsumer,
  call: Call,
): Promise<Configuration> {
  const operation: Operation = { ...about(consumer, "GetFunctionConfiguration"), effect: "none" };
  const command = new GetFunctionConfigurationCommand({ FunctionName: consumer.functionName });
  return sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

function about({ name }: LambdaConsumer, operation: string): Pick<Operation, "name" | "service" | "subject"> {
  return { name: operation, service: "lambda", subject: `consumer ${name}` };
}

function failed(because: string): RolloutState {
  return { kind: "failed", because };
}
