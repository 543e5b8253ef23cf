import { Token } from "cdktf";
import { BASE_URL_RULE, isBaseUrl } from "../contract/base-url.ts";
import type { Problem } from "../contract/errors.ts";
import { DEPLOYMENT_NAME } from "../contract/names.ts";
import { PROVIDER_URLS } from "../contract/provider-urls.ts";
import { timingOf } from "./_timing.ts";
import type { KeyRotationProps } from "./key-rotation.ts";

/** The periods for which CloudWatch Logs keeps a log, in days. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Finds all that is wrong with the options of a rotation. What only Terraform knows passes. */
export function checkKeyRotation(props: KeyRotationProps): Problem[] {
  const { environment, deployment = environment, alarmTopicArn, logRetentionDays } = props;
  return [
    ...unless(Token.isUnresolved(environment) || environment !== "", "environment", "is empty. Name one"),
    ...checkDeployment(deployment, props.deployment === undefined ? "environment" : "deployment"),
    ...unless(
      alarmTopicArn === undefined ||
        Token.isUnresolved(alarmTopicArn) ||
        /^arn:[^:]+:sns:/.test(alarmTopicArn),
      "alarmTopicArn",
      `is "${alarmTopicArn}", which is no ARN of an SNS topic. Give the topic's ARN`,
    ),
    // Less than two, and a sweep could not reconcile while a step waits for its answer.
    ...whole("reservedConcurrency", props.reservedConcurrency, { min: 2, max: 1000 }),
    ...whole("responderReservedConcurrency", props.responderReservedConcurrency, { min: 1, max: 1000 }),
    ...whole("sweepEveryMinutes", props.sweepEveryMinutes, { min: 1, max: 60 }),
    ...unless(
      logRetentionDays === undefined ||
        Token.isUnresolved(logRetentionDays) ||
        RETENTIONS.includes(logRetentionDays),
      "logRetentionDays",
      `is ${logRetentionDays}, which CloudWatch Logs does not know. Take one of ${RETENTIONS.join(", ")}`,
    ),
    ...Object.entries(props.providerUrls ?? {}).flatMap(([name, url]) => checkUrl(name, url)),
    ...checkTiming(props),
  ];
}

/** Names of functions are shorter than names of deployments may be, and have no dots. */
function checkDeployment(deployment: string, path: string): Problem[] {
  if (Token.isUnresolved(deployment) || deployment === "") return [];
  const isShort = deployment.length <= 64 - "dualkey--responder".length;
  const isName = DEPLOYMENT_NAME.test(deployment) && !deployment.includes(".") && isShort;
  const message = `is "${deployment}", and names the functions. Name the deployment with at most 46 letters, digits, and _ - only`;
  return unless(isName, path, message);
}

function checkUrl(name: string, url: string | undefined): Problem[] {
  const path = `providerUrls.${name}`;
  if (!Object.hasOwn(PROVIDER_URLS, name)) {
    const known = Object.keys(PROVIDER_URLS).join(", ");
    return [{ path, message: `is no API that is known. Take one of ${known}` }];
  }
  if (url === undefined || Token.isUnresolved(url)) return [];
  return unless(isBaseUrl(url), path, `is "${url}", and keys are sent there. Give ${BASE_URL_RULE}`);
}

function checkTiming({ unsafeTiming }: KeyRotationProps): Problem[] {
  const named = Object.entries(unsafeTiming ?? {});
  const problems = named.flatMap(([name, value]) =>
    whole(`unsafeTiming.${name}`, value, { min: 1, max: 900 }),
  );
  const { callSeconds, timeoutSeconds, marginSeconds } = timingOf(unsafeTiming);
  const numbers = [callSeconds, timeoutSeconds, marginSeconds];
  if (problems.length > 0 || numbers.some((one) => Token.isUnresolved(one))) return problems;
  const fits = callSeconds < timeoutSeconds && callSeconds <= marginSeconds;
  const message = `is ${callSeconds}. An effect must fit into a run (${timeoutSeconds}) and into the margin (${marginSeconds}). Set less`;
  return unless(fits, "unsafeTiming.callSeconds", message);
}

function whole(
  path: string,
  value: number | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) return [];
  const isIn = Number.isInteger(value) && value >= min && value <= max;
  return unless(isIn, path, `is ${value}. Set a whole number from ${min} to ${max}`);
}

function unless(isRight: boolean, path: string, message: string): Problem[] {
  return isRight ? [] : [{ path, message }];
}
