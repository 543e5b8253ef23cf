import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { problemsOf } from "./policy.ts";
import { Reason } from "./reason.ts";

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

/** Where a request is mistaken, for its error. */
const ROTATOR = "rotator event";
const RESPONDER = "responder request";

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
    const { secret } = read(Reconcile, event, ROTATOR).reconcile;
    return { kind: "reconcile", secret };
  }
  if (shape === "rotation") {
    const { Step, SecretId, ClientRequestToken } = read(Rotation, event, ROTATOR);
    return { kind: "step", step: Step, secret: SecretId, token: ClientRequestToken };
  }
  const message =
    "is neither a rotation step of Secrets Manager (Step, SecretId, ClientRequestToken), nor a scheduled event, " +
    "nor { reconcile: { secret } }. Invoke the rotator with one of these";
  throw new ConfigError(ROTATOR, [{ path: "", message }]);
}

/** Writes the request that the sweep sends for one secret. */
export function formatReconcileRequest(secret: string): z.infer<typeof Reconcile> {
  return { reconcile: { secret } };
}

/** No word of a name is as long as this and has letters and digits; a name gets into logs and metrics, where no key may be. */
function isKeyLike(word: string): boolean {
  return word.length >= 24 && /\d/.test(word) && /[A-Za-z]/.test(word);
}

/** What a request is about, whatever it asks for. */
const About = {
  /** Its name or its full ARN. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
  secret: z
    .string({ error: "is missing. Give the secret's name or its full ARN" })
    .regex(/^(arn:[^:]+:secretsmanager:[^:]+:\d+:secret:)?[A-Za-z0-9/_+=.@-]{1,520}$/, {
      error: "is neither the name of a secret nor its full ARN. Give one of them",
    })
    .refine((name) => !name.split(/[-_./:+=@]/).some(isKeyLike), {
      error: "looks like a key. Give the secret's name, never what is in it; a key that was sent has leaked",
    }),
  reason: Reason,
};

/** How a leak is answered: a clean key first, or the leaked one's end first. */
export const LEAK_MODES = ["replace-first", "revoke-first"] as const;

export type LeakMode = (typeof LEAK_MODES)[number];

/** Longer than an hour is no leak response. */
const MAX_DEADLINE_SECONDS = 3600;
const DEADLINE = `Give 1 to ${MAX_DEADLINE_SECONDS}; 60 is the default.`;

/** What must be asked for in words is `true` or not there: `false`, or "yes", may be a mistake. */
function said(to: string) {
  return z.literal(true, { error: `is not true. Send true ${to}, and leave it out otherwise` });
}

const evenIfLoginsFail = said("where consumers may fail from then on").optional();

/** What operators can ask for, each with its own fields. */
const Operations = {
  /** Do now what the clock would do at its next tick. */
  reconcile: z.strictObject({ operation: z.literal("reconcile"), ...About }),
  /** A change freeze: rotations and retirements wait, leaks and rollbacks do not. */
  pause: z.strictObject({ operation: z.literal("pause"), ...About }),
  /** The end of the freeze. */
  resume: z.strictObject({ operation: z.literal("resume"), ...About }),
  /** AWSCURRENT back to the key before; the one that it leaves is marked as rejected, and retires. */
  "roll-back": z.strictObject({ operation: z.literal("roll-back"), ...About }),
  /** A leaked key is dead within its deadline, and a clean one is current. */
  "leak-response": z.strictObject({
    operation: z.literal("leak-response"),
    ...About,
    /** Which key leaked: its id at the provider, the sha256 of its value, or every live key of the secret. */
    which: z
      .string()
      .regex(/^[A-Za-z0-9._:~+=-]{2,128}$/, {
        error:
          "is not a key's id, the sha256 of its value (64 hexadecimal digits), or all. Never send the value itself",
      })
      .default("all"),
    /**
     * `replace-first`: a clean key is current before the leaked one dies. `revoke-first`: the leaked key dies at once, and
     * consumers fail until the next one is made.
     */
    mode: z
      .enum(LEAK_MODES, {
        error: "is neither replace-first nor revoke-first. Leave it out for replace-first",
      })
      .default("replace-first"),
    /** By when the leaked key is dead, whatever became of its replacement. */
    deadlineSeconds: z
      .int({ error: `is not a whole number of seconds. ${DEADLINE}` })
      .min(1, { error: `is no time to replace a key in. ${DEADLINE} To kill it at once, use revoke-first` })
      .max(MAX_DEADLINE_SECONDS, { error: `is too long for a leaked key. ${DEADLINE}` })
      .default(60),
    /** When it leaked, where that is known: the sends since then are reviewed. */
    leakedAt: z.iso
      .datetime({ error: "is not a UTC time such as 2026-04-14T08:00:00Z. Leave it out where nobody knows" })
      .optional(),
    /** When it was first asked for, the same in each repeat: an incident that began since is this one. */
    requestedAt: z.iso
      .datetime({
        error:
          "is not a UTC time such as 2026-04-14T08:00:00Z. Leave it out, or send the same in each repeat",
      })
      .optional(),
    /** For practice: the same, on a secret that is not in production. */
    drill: said("to practise").optional(),
    evenInProduction: said("to practise on a secret that real consumers use").optional(),
    evenIfLoginsFail,
  }),
  /** One key is dead, and nothing takes its place. */
  revoke: z.strictObject({
    operation: z.literal("revoke"),
    ...About,
    keyId: z
      .string({ error: "is missing. Give the provider's id of the key; status shows those that are known" })
      .regex(/^[A-Za-z0-9._:~+=-]{2,128}$/, {
        error: "is not a key's id at its provider. Never send the key's value",
      }),
    evenIfLoginsFail,
  }),
  /** Which key has this value, told by its hash: of which secret, and whether it is dead. Changes nothing. */
  "find-key": z.strictObject({
    operation: z.literal("find-key"),
    reason: Reason,
    sha256: z
      .string({ error: 'is missing. Hash the value: printf %s "$KEY" | sha256sum' })
      .regex(/^[0-9a-f]{64}$/i, {
        error: "is not a sha256: 64 hexadecimal digits. Never send the value itself",
      }),
  }),
  /** The retiring keys go although nobody knows whether they are used, or even though they are. */
  "retire-now": z.strictObject({
    operation: z.literal("retire-now"),
    ...About,
    evenIfUsed: said("to retire a key that is in use").optional(),
  }),
};

/** What an operator can ask for. */
export type ResponderOperation = keyof typeof Operations;

/** All that an operator can ask for, in the order in which it is offered. */
export const RESPONDER_OPERATIONS = Object.keys(Operations) as readonly ResponderOperation[];

/** An operator's request, as the responder takes it. Its reason may be logged. */
export type ResponderRequest = z.output<(typeof Operations)[ResponderOperation]>;

/** An operator's request, as it is written: what has a default may be left out. */
export type ResponderRequestInput = z.input<(typeof Operations)[ResponderOperation]>;

export type LeakRequest = Extract<ResponderRequest, { operation: "leak-response" }>;
export type RevokeRequest = Extract<ResponderRequest, { operation: "revoke" }>;
export type FindKeyRequest = Extract<ResponderRequest, { operation: "find-key" }>;

/**
 * Reads the event of an invocation of the responder.
 *
 * @throws ConfigError that lists what is wrong and what there is to ask for, never the event
 */
export function parseResponderRequest(event: unknown): ResponderRequest {
  const operation = typeof event === "object" && event !== null && "operation" in event && event.operation;
  if (isOperation(operation)) {
    const schema: z.ZodType<ResponderRequest> = Operations[operation];
    return read(schema, event, RESPONDER);
  }
  const known = RESPONDER_OPERATIONS.join(", ");
  const message = `is none that there is. Send { operation, secret, reason }, where operation is one of: ${known}`;
  throw new ConfigError(RESPONDER, [{ path: "operation", message }]);
}

function isOperation(name: unknown): name is ResponderOperation {
  return typeof name === "string" && Object.hasOwn(Operations, name);
}

function shapeOf(event: unknown): "scheduled" | "reconcile" | "rotation" | "unknown" {
  if (typeof event !== "object" || event === null) return "unknown";
  if ("detail-type" in event) return "scheduled";
  if ("reconcile" in event) return "reconcile";
  return "Step" in event || "ClientRequestToken" in event ? "rotation" : "unknown";
}

function read<T>(schema: z.ZodType<T>, event: unknown, where: string): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new ConfigError(where, problemsOf(parsed.error));
}
