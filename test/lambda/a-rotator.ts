import type { Policy } from "../../contract/policy.ts";
import type { ListedSecret } from "../../core/aws/fleet.ts";
import type { Goal } from "../../core/cutover/observation.ts";
import type { Outcome, Ports, RunOptions } from "../../core/run.ts";
import type { FunctionParts } from "../../lambda/handler.ts";
import { createResponder } from "../../lambda/responder.ts";
import { type RotatorComposition as Composition, createRotator } from "../../lambda/rotator.ts";
import type { PortsRequest } from "../../lambda/run-goal.ts";
import type { Facts, MetricName, Telemetry } from "../../lambda/telemetry.ts";

export const NAME = "prod/otp/startmessaging";
export const ARN = `arn:aws:secretsmanager:ap-south-1:111122223333:secret:${NAME}-a1B2c3`;
export const TOKEN = "9ee00000-0000-4000-8000-000000000002";
export const NOW_MS = Date.parse("2026-04-14T08:00:00.000Z");
export const POLICY = {
  secret: NAME,
  environment: "production",
  provider: { id: "startmessaging" },
} as Policy;

interface LogEntry extends Facts {
  readonly level: string;
  readonly message: string;
}

/** What a test changes about a function: everything else is as it should be. */
export interface Circumstances {
  readonly run?: (goal: Goal, ports: Ports, options: RunOptions) => Promise<Outcome>;
  readonly readPolicy?: Composition["policies"]["read"];
  readonly secrets?: readonly ListedSecret[];
  readonly listingFails?: Error;
  readonly reconcile?: Composition["fleet"]["reconcile"];
  readonly compose?: () => Composition;
  readonly remainingMs?: number;
}

/** A rotator with nothing real behind it, and a record of all that it did. */
export const aRotator = (circumstances: Circumstances = {}) => aFunction(createRotator, circumstances);

/** A responder with nothing real behind it, and a record of all that it did. */
export const aResponder = (circumstances: Circumstances = {}) => aFunction(createResponder, circumstances);

type Handler<Answer> = (
  event: unknown,
  context: { readonly getRemainingTimeInMillis: () => number },
) => Promise<Answer>;

function aFunction<Answer>(
  create: (parts: FunctionParts<Composition>) => Handler<Answer>,
  circumstances: Circumstances,
) {
  const logs: LogEntry[] = [];
  const counted: Partial<Record<MetricName, number>> = {};
  const flushed: (string | undefined)[] = [];
  const runs: { goal: Goal; options: RunOptions; portsFor: PortsRequest | undefined }[] = [];
  const signals: AbortSignal[] = [];
  const asked: string[] = [];
  let portsFor: PortsRequest | undefined;

  const telemetry: Telemetry = {
    log: (level, message, facts) => void logs.push({ level, message, ...facts }),
    count: (metric, value = 1) => {
      counted[metric] = (counted[metric] ?? 0) + value;
    },
    flush: (secret) => void flushed.push(secret),
  };
  const composition: Composition = {
    now: () => NOW_MS,
    callMs: 15_000,
    lastUsedResolutionSeconds: 3,
    listLagMs: 600_000,
    sweepEveryMs: 300_000,
    fence: { timeoutMs: 120_000, marginMs: 180_000 },
    incidents: { deployment: "keys" },
    policies: {
      read: async (name, call) => {
        signals.push(call.signal);
        return circumstances.readPolicy ? circumstances.readPolicy(name, call) : POLICY;
      },
    },
    fleet: {
      async *secrets() {
        yield* circumstances.secrets ?? [];
        if (circumstances.listingFails) throw circumstances.listingFails;
      },
      reconcile: async (secret, call) => {
        await circumstances.reconcile?.(secret, call);
        asked.push(secret.name);
      },
    },
    portsFor: (request) => {
      portsFor = request;
      return { journal: request.journal } as Ports;
    },
  };
  const handler = create({
    compose: circumstances.compose ?? (() => composition),
    telemetry,
    run: async (goal, ports, options) => {
      runs.push({ goal, options, portsFor });
      return circumstances.run ? circumstances.run(goal, ports, options) : { kind: "done" };
    },
  });
  const context = { getRemainingTimeInMillis: () => circumstances.remainingMs ?? 120_000 };
  const invoke = (event: unknown) => handler(event, context);
  return { invoke, logs, counted, flushed, runs, signals, asked };
}

export function aStep(Step = "createSecret") {
  return { Step, SecretId: ARN, ClientRequestToken: TOKEN };
}

export const RECONCILE = { reconcile: { secret: ARN } };
export const TICK = { source: "aws.events", "detail-type": "Scheduled Event", detail: {} };
