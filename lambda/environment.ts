import { z } from "zod";
import { BASE_URL_RULE, isBaseUrl } from "../contract/base-url.ts";
import { ConfigError } from "../contract/errors.ts";
import { DEPLOYMENT_NAME } from "../contract/names.ts";
import { problemsOf } from "../contract/policy.ts";
import { PROVIDER_URLS, type ProviderUrlName, type ProviderUrls } from "../contract/provider-urls.ts";
import { DEFAULT_TIMING } from "../contract/timing.ts";
import { REPORT_LAG_MS, REPORT_PERIOD_MS } from "../core/aws/consumer-reports.ts";

/** A number of seconds in an environment variable, which is always a text. */
const Seconds = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, { error: "is not a whole number of seconds above 0. Set one" });

function seconds(value: number) {
  return Seconds.default(String(value)).transform((text) => Number(text) * 1000);
}

const EnvironmentSchema = z.object({
  DUALKEY_DEPLOYMENT: z
    .string({ error: "is missing. Set it to the deployment's name; the constructs do" })
    .regex(DEPLOYMENT_NAME, { error: "is no name of a deployment: letters, digits, and _ . - only" }),
  AWS_LAMBDA_FUNCTION_NAME: z.string({ error: "is missing. Lambda sets it" }).min(1),
  DUALKEY_TIMEOUT_SECONDS: seconds(DEFAULT_TIMING.timeoutSeconds),
  DUALKEY_MARGIN_SECONDS: seconds(DEFAULT_TIMING.marginSeconds),
  DUALKEY_CALL_SECONDS: seconds(DEFAULT_TIMING.callSeconds),
  DUALKEY_LIST_LAG_SECONDS: seconds(DEFAULT_TIMING.listLagSeconds),
  DUALKEY_SWEEP_SECONDS: seconds(DEFAULT_TIMING.sweepSeconds),
  DUALKEY_REPORT_LAG_SECONDS: seconds(REPORT_LAG_MS / 1000),
  DUALKEY_REPORT_PERIOD_SECONDS: seconds(REPORT_PERIOD_MS / 1000),
  DUALKEY_LAST_USED_SECONDS: Seconds.transform(Number).optional(),
  DUALKEY_EVENTS: z
    .enum(["on", "off"], { error: 'is neither "on" nor "off". Set one of them' })
    .default("on"),
  DUALKEY_RECORDS_BUCKET: z
    .string()
    .min(1, { error: "is empty. Set it to the bucket of records, as the constructs do, or leave it out" })
    .optional(),
});

const UrlsSchema = z.object(
  Object.fromEntries(
    Object.values(PROVIDER_URLS).map(({ variable, url }) => [
      variable,
      z
        .string()
        .refine(isBaseUrl, { error: `is not ${BASE_URL_RULE}. Correct it` })
        .default(url),
    ]),
  ),
);

/** What the function's environment says, in milliseconds where it is a time. */
export interface Environment {
  readonly deployment: string;
  /** The function itself, which the sweep invokes for each secret. */
  readonly functionName: string;
  /** Where the providers are. @default each vendor's own address */
  readonly providerUrls: ProviderUrls;
  /** The longest life of a run: the function's timeout. @default 120 s */
  readonly timeoutMs: number;
  /** What the fence adds to it: the longest effect, how stale a read may be, clock skew. @default 180 s */
  readonly marginMs: number;
  /** The longest that one effect may take, its retries included. @default 15 s */
  readonly callMs: number;
  /** How late a listing of secrets may be. @default 600 s */
  readonly listLagMs: number;
  /** The time between two sweeps. @default 300 s */
  readonly sweepEveryMs: number;
  /** How late consumers' reports may be. @default 180 s */
  readonly reportLagMs: number;
  /** What of consumers' reports is summed up to one number. @default 60 s */
  readonly reportPeriodMs: number;
  /** How coarse the last-used times of providers are, where they are finer than documented. @default what each provider says */
  readonly lastUsedResolutionSeconds?: number;
  /** Whether each phase of a key is put on the account's default bus of EventBridge. @default true */
  readonly hasEvents: boolean;
  /** The bucket of records. @default none, and incidents leave no record */
  readonly recordsBucket?: string;
}

/**
 * Reads the function's environment.
 *
 * @throws ConfigError that lists all problems with their variables, and never another variable's value
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const [parsed, urls] = [EnvironmentSchema.safeParse(variables), UrlsSchema.safeParse(variables)];
  if (!parsed.success || !urls.success) {
    const issues = [parsed, urls].flatMap(({ error }) => error?.issues ?? []);
    throw new ConfigError("environment", problemsOf({ issues }));
  }
  const { data } = parsed;
  const { DUALKEY_LAST_USED_SECONDS: lastUsedResolutionSeconds, DUALKEY_RECORDS_BUCKET: recordsBucket } =
    data;
  return {
    deployment: data.DUALKEY_DEPLOYMENT,
    functionName: data.AWS_LAMBDA_FUNCTION_NAME,
    providerUrls: providerUrlsOf(urls.data),
    timeoutMs: data.DUALKEY_TIMEOUT_SECONDS,
    marginMs: data.DUALKEY_MARGIN_SECONDS,
    callMs: data.DUALKEY_CALL_SECONDS,
    listLagMs: data.DUALKEY_LIST_LAG_SECONDS,
    sweepEveryMs: data.DUALKEY_SWEEP_SECONDS,
    reportLagMs: data.DUALKEY_REPORT_LAG_SECONDS,
    reportPeriodMs: data.DUALKEY_REPORT_PERIOD_SECONDS,
    ...(lastUsedResolutionSeconds === undefined ? {} : { lastUsedResolutionSeconds }),
    hasEvents: data.DUALKEY_EVENTS === "on",
    ...(recordsBucket === undefined ? {} : { recordsBucket }),
  };
}

function providerUrlsOf(variables: Readonly<Record<string, string>>): ProviderUrls {
  const names = Object.keys(PROVIDER_URLS) as ProviderUrlName[];
  const urls = names.map((name) => [name, variables[PROVIDER_URLS[name].variable]]);
  return Object.fromEntries(urls) as ProviderUrls;
}
