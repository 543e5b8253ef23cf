import { CLIENT_DEFAULTS } from "../contract/client-defaults.ts";
import { ConfigError, type Problem } from "../contract/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "./_clock.ts";
import { isUnauthorized } from "./_rejection.ts";
import type { KeyOptions } from "./key-for.ts";
import { formatReport, type KeyReport } from "./report-line.ts";

/** Options with their defaults. */
export interface Settings {
  readonly cacheMs: number;
  readonly staleMs: number;
  readonly value: "json" | "raw";
  readonly isRejected: (answer: unknown) => boolean | Promise<boolean>;
  readonly clock: Clock;
  /** Absent where nothing is reported. */
  readonly reports?: { readonly consumer: string; readonly write: (report: KeyReport) => unknown };
}

/** What CloudWatch takes as the value of a dimension. */
const DIMENSION = /^(?!:)(?=.*\S)[\x20-\x7e]{1,255}$/;

/** @throws ConfigError that lists all that is wrong */
export function settingsOf(secret: string, options: KeyOptions): Settings {
  const { cacheSeconds, staleSeconds } = { ...CLIENT_DEFAULTS, ...options };
  const consumer = options.consumer ?? process.env.AWS_LAMBDA_FUNCTION_NAME;
  const report = options.report ?? (consumer === undefined ? "none" : "emf");
  const { value = "json" } = options;
  const problems: Problem[] = [];
  const check = (isRight: boolean, path: string, message: string) => {
    if (!isRight) problems.push({ path, message });
  };
  check(isSeconds(cacheSeconds), "cacheSeconds", `is ${cacheSeconds}. Use 0 or more`);
  check(isSeconds(staleSeconds), "staleSeconds", `is ${staleSeconds}. Use 0 or more`);
  check(value === "json" || value === "raw", "value", `is ${value}. Use "json" or "raw"`);
  check(
    report === "emf" || report === "none" || typeof report === "function",
    "report",
    `is ${String(report)}. Use "emf", "none", or a function`,
  );
  if (report !== "none" && consumer === undefined) {
    check(
      false,
      "consumer",
      'is missing. Give the name that the policy has for this service, or report: "none"',
    );
  } else if (report !== "none") {
    check(
      DIMENSION.test(consumer ?? ""),
      "consumer",
      "is no name for CloudWatch. Use 1 to 255 ASCII characters",
    );
  }
  if (problems.length > 0) throw new ConfigError(`keyFor ${secret}`, problems);
  return {
    cacheMs: cacheSeconds * 1000,
    staleMs: staleSeconds * 1000,
    value,
    isRejected: options.isRejected ?? isUnauthorized,
    clock: options.clock ?? SYSTEM_CLOCK,
    ...(report === "none" || consumer === undefined
      ? {}
      : { reports: { consumer, write: report === "emf" ? writeLine : report } }),
  };
}

/** Not by `console`, which Lambda's JSON log format wraps in an object of its own. */
function writeLine(report: KeyReport): void {
  process.stdout.write(`${formatReport(report)}\n`);
}

function isSeconds(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
