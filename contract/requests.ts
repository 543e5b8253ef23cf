import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { problemsOf } from "./policy.ts";

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

/** One step of a rotation, as Secrets Manager names it. */
export type RotationStep = (typeof STEPS)[number];

const Rotation = z.strictObject({
  Step: z.enum(STEPS),
  SecretId: z.string().min(1),
  ClientRequestToken: z.string().min(1),
  // Sent for rotations across accounts; the function has no use for it.
  RotationToken: z.string().optional(),
});

const Reconcile = z.strictObject({ reconcile: z.strictObject({ secret: z.string().min(1) }) });

// An event of EventBridge has more fields from time to time: it is theirs, so unknown ones are let through.
const Scheduled = z.looseObject({
  source: z.literal("aws.events"),
  "detail-type": z.literal("Scheduled Event"),
});

/** What the rotator can be asked. */
export type RotatorRequest =
  | { readonly kind: "step"; readonly step: RotationStep; readonly secret: string; readonly token: string }
  | { readonly kind: "reconcile"; readonly secret: string }
  | { readonly kind: "sweep" };

/**
 * Reads the event of an invocation of the rotator.
 *
 * @throws ConfigError that lists what is wrong, never the event
 */
export function parseRotatorRequest(event: unknown): RotatorRequest {
  const shape = shapeOf(event);
  if (shape === "scheduled" && Scheduled.safeParse(event).success) return { kind: "sweep" };
  if (shape === "reconcile") {
    const { secret } = read(Reconcile, event).reconcile;
    return { kind: "reconcile", secret };
  }
  if (shape === "rotation") {
    const { Step, SecretId, ClientRequestToken } = read(Rotation, event);
    return { kind: "step", step: Step, secret: SecretId, token: ClientRequestToken };
  }
  const message =
    "is neither a rotation step of Secrets Manager (Step, SecretId, ClientRequestToken), nor a scheduled event, " +
    "nor { reconcile: { secret } }. Invoke the rotator with one of these";
  throw new ConfigError("rotator event", [{ path: "", message }]);
}

/** Writes the request that the sweep sends for one secret. */
export function formatReconcileRequest(secret: string): z.infer<typeof Reconcile> {
  return { reconcile: { secret } };
}

function shapeOf(event: unknown): "scheduled" | "reconcile" | "rotation" | "unknown" {
  if (typeof event !== "object" || event === null) return "unknown";
  if ("detail-type" in event) return "scheduled";
  if ("reconcile" in event) return "reconcile";
  return "Step" in event || "ClientRequestToken" in event ? "rotation" : "unknown";
}

function read<T>(schema: z.ZodType<T>, event: unknown): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new ConfigError("rotator event", problemsOf(parsed.error));
}
