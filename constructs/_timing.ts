import { PROVIDER_URLS, type ProviderUrlName } from "../contract/provider-urls.ts";
import { DEFAULT_TIMING } from "../contract/timing.ts";
import type { ProviderUrls } from "./key-rotation.ts";

/** How long runs and calls may take, in seconds. */
export interface RotatorTiming {
  /** The timeout of both functions, the longest life of a run. @default 120 */
  readonly timeoutSeconds?: number;
  /** What the fence adds to it: the longest effect, how stale a read may be, clock skew. @default 180 */
  readonly marginSeconds?: number;
  /** The longest that one effect may take, its retries included. @default 15 */
  readonly callSeconds?: number;
  /** How late a listing of secrets may be. @default 600 */
  readonly listLagSeconds?: number;
  /** How late what consumers report may be. @default 180 */
  readonly reportLagSeconds?: number;
  /**
   * What of consumers' reports is summed up to one number, in seconds: 1, 5, 10, 30, or whole minutes. Below a minute only
   * where every consumer writes metrics of high resolution (`StorageResolution: 1`); of others, CloudWatch knows minutes.
   *
   * @default 60
   */
  readonly reportPeriodSeconds?: number;
  /**
   * How coarse the last-used times are of a provider that tells them: AWS tells them in spans of 15 minutes, which is too
   * long to be played. Where it says less than the truth, a key is revoked that is in use.
   *
   * @default what the provider's own documentation says
   */
  readonly lastUsedResolutionSeconds?: number;
}

/** The times of a rotation: those that have a default have one here. */
type Timing = Required<Omit<RotatorTiming, Optional>> & Pick<RotatorTiming, Optional>;
type Optional = "reportLagSeconds" | "reportPeriodSeconds" | "lastUsedResolutionSeconds";

/** Fills in the defaults. */
export function timingOf(timing: RotatorTiming = {}): Timing {
  const { sweepSeconds: _, ...defaults } = DEFAULT_TIMING;
  return { ...defaults, ...timing };
}

/** Writes the functions' environment, as `lambda/environment.ts` reads it. */
export function buildFunctionEnvironment(props: {
  readonly deployment: string;
  readonly timing: Timing;
  readonly sweepEveryMinutes: number;
  readonly events: boolean;
  readonly urls: ProviderUrls | undefined;
  readonly recordsBucket: string;
}): Record<string, string> {
  const { deployment, timing, sweepEveryMinutes, events, urls } = props;
  const { reportLagSeconds, reportPeriodSeconds, lastUsedResolutionSeconds } = timing;
  return {
    DUALKEY_DEPLOYMENT: deployment,
    DUALKEY_TIMEOUT_SECONDS: String(timing.timeoutSeconds),
    DUALKEY_MARGIN_SECONDS: String(timing.marginSeconds),
    DUALKEY_CALL_SECONDS: String(timing.callSeconds),
    DUALKEY_LIST_LAG_SECONDS: String(timing.listLagSeconds),
    DUALKEY_SWEEP_SECONDS: String(sweepEveryMinutes * 60),
    ...(reportLagSeconds === undefined ? {} : { DUALKEY_REPORT_LAG_SECONDS: String(reportLagSeconds) }),
    ...(reportPeriodSeconds === undefined
      ? {}
      : { DUALKEY_REPORT_PERIOD_SECONDS: String(reportPeriodSeconds) }),
    ...(lastUsedResolutionSeconds === undefined
      ? {}
      : { DUALKEY_LAST_USED_SECONDS: String(lastUsedResolutionSeconds) }),
    ...(events ? {} : { DUALKEY_EVENTS: "off" }),
    DUALKEY_RECORDS_BUCKET: props.recordsBucket,
    ...variablesOf(urls),
  };
}

function variablesOf(urls: ProviderUrls = {}): Record<string, string> {
  const given = Object.entries(urls) as [ProviderUrlName, string | undefined][];
  return Object.fromEntries(
    given.flatMap(([name, url]) => (url === undefined ? [] : [[PROVIDER_URLS[name].variable, url]])),
  );
}
