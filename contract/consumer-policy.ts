import { z } from "zod";

const Seconds = z.int().min(0);
const Name = z.string().min(1);

/** Whether the consumer reports its sends by version (`contract/consumer-report.ts`), under its name. @default false */
const reports = z.boolean().optional();

/** Something that reads the secret to call the provider, and how it comes to the new key: a part of the policy. */
export const ConsumerSchema = z.discriminatedUnion("kind", [
  /** Reads its key again by itself: the client, the External Secrets operator, any cache with a time limit. */
  z.strictObject({
    kind: z.literal("self-refreshing"),
    name: Name,
    /** How long the consumer may go on with a key that it has read. */
    cacheSeconds: Seconds,
    /** For how much longer it goes on with it while Secrets Manager does not answer. @default 0 */
    staleSeconds: Seconds.optional(),
    reports,
  }),
  /** Reads its key at start: a new deployment of the service is forced, and waited for until it is stable. */
  z.strictObject({
    kind: z.literal("ecs-service"),
    name: Name,
    /** The cluster's name or ARN. */
    cluster: Name,
    /** The service's name or ARN. */
    service: Name,
    reports,
  }),
  /** Reads its key at start: its configuration is touched, so that every instance starts anew. */
  z.strictObject({
    kind: z.literal("lambda-function"),
    name: Name,
    /** The function's name or ARN, without a version or an alias. */
    functionName: Name,
    reports,
  }),
  /** Rolled by some other pipeline, which hears of the cutover by an event: its own report is all that shows that it moved. */
  z.strictObject({ kind: z.literal("reporting"), name: Name, reports: z.literal(true).optional() }),
]);

export type ConsumerPolicy = z.infer<typeof ConsumerSchema>;

/** A consumer that is rolled after the cutover. */
export type RolledConsumer = Extract<ConsumerPolicy, { kind: "ecs-service" | "lambda-function" }>;

/**
 * How long a consumer may go on with a key that it has read, in seconds; `undefined` where its rollout or its report says
 * when it has moved.
 */
export function stalenessOf(consumer: object): number | undefined {
  const { cacheSeconds, staleSeconds = 0 } = consumer as Partial<
    Record<"cacheSeconds" | "staleSeconds", number>
  >;
  return cacheSeconds === undefined ? undefined : cacheSeconds + staleSeconds;
}

/** Whether a consumer reports its sends by version. */
export function isReporting({ kind, reports = false }: ConsumerPolicy): boolean {
  return reports || kind === "reporting";
}
