import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type ClockRule, ruleArn, startClock } from "./clock.ts";
import { ConsumerServices } from "./consumer-services.ts";
import { Endpoint, type RequestHook } from "./endpoint.ts";
import { Identity, type IdentityService } from "./identity.ts";
import { Journal } from "./journal.ts";
import { type InvocationHook, LambdaService } from "./lambda.ts";
import type { LogLine } from "./lambda-fleet.ts";
import type { EventSettings, FunctionSpec, InvokePermission, ServiceInvoker } from "./lambda-function.ts";
import type { RotationRetries, StepInvoker } from "./rotation.ts";
import { S3 } from "./s3.ts";
import type { Consistency } from "./secret-table.ts";
import { lookAtSecret, type SecretView } from "./secret-view.ts";
import { SecretsManager } from "./secrets-manager.ts";
import { ParameterStore } from "./ssm.ts";
import { systemTime, type Time } from "./time.ts";

/** Settings of the embedded AWS; all have defaults. */
export interface EmbeddedAwsOptions {
  /** @default "us-east-1" */
  readonly region?: string;
  /** @default "123456789012" */
  readonly account?: string;
  /** @default the machine's clock. Processes always live in real time. */
  readonly time?: Time;
  /** @default five attempts, one second before the second, doubling */
  readonly rotationRetries?: Partial<RotationRetries>;
  /** How far reads are behind. May be changed later with `setConsistency`. @default not at all */
  readonly consistency?: Partial<Consistency>;
  /** Decides the fate of each request, before it is carried out. @default all pass */
  readonly onRequest?: RequestHook;
  /** Sees each invocation before it runs, and may have it delivered twice. */
  readonly onInvoke?: InvocationHook;
  /** Who serves IAM and STS, to which functions' calls are handed on as far as their roles allow them. @default nobody */
  readonly identity?: IdentityService;
  /** Gets each line that a function writes. */
  readonly onLog?: (line: LogLine) => void;
}

/** What an SDK client is made with. */
interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A running embedded AWS. */
export interface EmbeddedAws {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** Everything that happened, in order; never a value. */
  readonly events: Journal;
  /** The true state of all secrets, values included: for checks by the rehearsal, not for what it prints. */
  readonly secrets: { list(): SecretView[]; get(secretId: string): SecretView | undefined };
  /** The services of ECS, the functions, the metrics and the bus by which consumers come to a new key. */
  readonly consumers: Pick<ConsumerServices, "ecs" | "functions" | "metrics" | "bus">;
  /** The buckets of S3: makes one, and looks into it. */
  readonly buckets: Pick<S3, "createBucket" | "objectsIn">;
  /** Settings for an SDK client; `principal` is the access key id by which the journal names the caller. */
  clientConfig(principal?: string): ClientConfig;
  createFunction(spec: FunctionSpec): { readonly name: string; readonly arn: string };
  /** Lets a service invoke a function that is `invokedBy: "permitted"`. */
  permitInvocation(functionName: string, permission: InvokePermission): void;
  configureEvents(functionName: string, events: EventSettings): void;
  /**
   * Starts a rule; the returned function stops it.
   *
   * @throws where EventBridge may not invoke the function. AWS starts the rule, and nothing happens
   */
  startClock(rule: ClockRule): () => void;
  /** Kills the process of an invocation, at once. @returns whether it was running. */
  kill(invocationId: string): boolean;
  /** The ids of the invocations that run now. */
  runningInvocations(): string[];
  setConsistency(consistency: Partial<Consistency>): void;
  setHooks(hooks: { readonly onRequest?: RequestHook; readonly onInvoke?: InvocationHook }): void;
  /** Ends everything: rules, rotations, processes, connections. */
  close(): Promise<void>;
}

interface Hooks {
  onRequest?: RequestHook | undefined;
  onInvoke?: InvocationHook | undefined;
}

/**
 * Starts an AWS on a free port of 127.0.0.1 that the unmodified AWS SDK talks to. Its functions' processes end with the
 * process that started it, however that ends.
 *
 * @example
 * const aws = await startEmbeddedAws({ onLog: ({ line }) => lines.push(line) });
 * const { arn } = aws.createFunction({ name: "rotator", code: { bundle: "dist/rotator.mjs" }, timeoutSeconds: 120 });
 * const secrets = new SecretsManagerClient(aws.clientConfig());
 * await secrets.send(new CreateSecretCommand({ Name: "otp", SecretString: "…" }));
 * const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId: "otp", RotationLambdaARN: arn }));
 * await aws.events.until((event) => event.kind === "rotation-succeeded" && event.versionId === VersionId);
 * await aws.close();
 */
export async function startEmbeddedAws(options: EmbeddedAwsOptions = {}): Promise<EmbeddedAws> {
  const server = createServer();
  const endpoint = await listen(server);
  const hooks: Hooks = { onRequest: options.onRequest, onInvoke: options.onInvoke };
  const services = assemble(endpoint, options, hooks);
  const { lambda, secretsManager, consumers, buckets, front, place } = services;
  server.on("request", (message, response) => front.serve(message, response));
  const clocks = new Set<() => void>();
  const { region, account, journal } = place;
  return {
    endpoint,
    region,
    account,
    events: journal,
    secrets: viewSecrets(secretsManager),
    consumers,
    buckets,
    clientConfig: (principal = "AKIAOPERATOR") => ({
      endpoint,
      region,
      credentials: { accessKeyId: principal, secretAccessKey: "embedded-and-never-checked" },
    }),
    createFunction: (spec) => lambda.create(spec),
    permitInvocation: (name, permission) => lambda.permit(name, permission),
    configureEvents: (name, events) => lambda.configureEvents(name, events),
    startClock: (rule) => {
      const invoker = asEventBridge(place, rule);
      if (!lambda.mayInvoke(rule.functionName, invoker)) {
        throw new Error(`startClock: no permission lets ${invoker.sourceArn} invoke ${rule.functionName}.`);
      }
      const invokeLater = (name: string, payload: string) => lambda.invokeLater(name, payload);
      const stop = startClock({ ...place, invokeLater }, rule);
      clocks.add(stop);
      return stop;
    },
    kill: (invocationId) => lambda.kill(invocationId),
    runningInvocations: () => lambda.running(),
    setConsistency: (consistency) => Object.assign(secretsManager.table.consistency, consistency),
    setHooks: (changed) => Object.assign(hooks, changed),
    close: async () => {
      for (const stop of clocks) stop();
      secretsManager.close();
      consumers.close();
      await lambda.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Services {
  readonly place: {
    readonly region: string;
    readonly account: string;
    readonly time: Time;
    readonly journal: Journal;
  };
  readonly lambda: LambdaService;
  readonly secretsManager: SecretsManager;
  readonly consumers: ConsumerServices;
  readonly buckets: S3;
  readonly front: Endpoint;
}

function assemble(endpoint: string, options: EmbeddedAwsOptions, hooks: Hooks): Services {
  const { region = "us-east-1", account = "123456789012", time = systemTime } = options;
  const place = { region, account, time, journal: new Journal(time) };
  const lambda = new LambdaService({
    ...place,
    endpoint,
    onLog: options.onLog ?? (() => undefined),
    onInvoke: (info) => hooks.onInvoke?.(info) ?? "once",
  });
  const secretsManager = new SecretsManager({
    ...place,
    retries: { attempts: 5, firstDelayMs: 1000, ...options.rotationRetries },
    invoke: buildStepInvoker(lambda, account),
    mayInvoke: (lambdaArn, secretArn) => lambda.mayInvoke(lambdaArn, asSecretsManager(account, secretArn)),
  });
  Object.assign(secretsManager.table.consistency, options.consistency);
  const consumers = new ConsumerServices(place);
  const buckets = new S3(place);
  const front = new Endpoint({
    journal: place.journal,
    lambda,
    secretsManager,
    parameters: new ParameterStore(place),
    identity: new Identity({ service: options.identity, account }),
    consumers,
    s3: buckets,
    onRequest: (info) => hooks.onRequest?.(info) ?? "pass",
  });
  return { place, lambda, secretsManager, consumers, buckets, front };
}

function viewSecrets({ table }: SecretsManager): EmbeddedAws["secrets"] {
  return {
    list: () => table.truth().map(lookAtSecret),
    get: (secretId) => {
      const state = table.lookUp(secretId);
      return state && lookAtSecret(state);
    },
  };
}

async function listen(server: Server): Promise<string> {
  // A frozen function keeps its connections; closing them under it would be a fault that nobody asked for.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function asSecretsManager(account: string, secretArn: string): ServiceInvoker {
  return { principal: "secretsmanager.amazonaws.com", sourceAccount: account, sourceArn: secretArn };
}

function asEventBridge(
  { region, account }: { readonly region: string; readonly account: string },
  rule: ClockRule,
): ServiceInvoker {
  const sourceArn = ruleArn({ region, account }, rule);
  return { principal: "events.amazonaws.com", sourceAccount: account, sourceArn };
}

function buildStepInvoker(lambda: LambdaService, account: string): StepInvoker {
  return async (lambdaArn, event) => {
    try {
      if (!lambda.mayInvoke(lambdaArn, asSecretsManager(account, event.SecretId))) {
        return { ok: false, reason: "AccessDeniedException" };
      }
      const result = await lambda.invoke(lambdaArn, JSON.stringify(event));
      if (!result.functionError) return { ok: true };
      const { errorType } = JSON.parse(result.payload) as { errorType?: string };
      return { ok: false, reason: errorType ?? "the function failed" };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  };
}
