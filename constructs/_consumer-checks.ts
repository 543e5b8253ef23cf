import { Token } from "cdktf";
import { isReporting } from "../contract/consumer-policy.ts";
import type { Problem } from "../contract/errors.ts";
import type { PolicyInput } from "../contract/policy.ts";
import type { Consumer } from "./consumer.ts";

/** Names and full ARNs, without the wildcards that a role's policy would take for more than one. */
const CLUSTER = /^(arn:[^:*?]+:ecs:[^:*?]+:\d{12}:cluster\/)?[\w-]{1,255}$/;
const SERVICE = /^(arn:[^:*?]+:ecs:[^:*?]+:\d{12}:service\/([\w-]{1,255}\/)?)?[\w-]{1,255}$/;
const FUNCTION = /^(arn:[^:*?]+:lambda:[^:*?]+:\d{12}:function:)?[\w-]{1,64}$/;
const KMS_KEY = /^arn:[^:*?]+:kms:[^:*?]+:\d{12}:key\/[^:*?]+$/;

/** What CloudWatch takes as the value of a dimension: a report under another name is never found. */
const DIMENSION = /^(?!:)(?=.*\S)[\x20-\x7e]{1,255}$/;

/** Finds what is wrong with the names under which consumers report. What only Terraform knows passes. */
export function checkReportNames(consumers: PolicyInput["consumers"]): Problem[] {
  return consumers.flatMap((consumer, index) => {
    if (!isReporting(consumer)) return [];
    const message =
      "and CloudWatch knows no report of that name. Use 1 to 255 ASCII characters, the first of them no colon";
    return checkText(`consumers[${index}].name`, consumer.name, { form: DIMENSION, message });
  });
}

/** Finds what is wrong with consumers that the policy's own rules do not know of. What only Terraform knows passes. */
export function checkConsumers(consumers: readonly Consumer[]): Problem[] {
  return consumers.flatMap(({ access: { service, functionName, kmsKeyArn } }, index) => {
    const check = (option: string, text: string | undefined, form: RegExp, message: string) =>
      checkText(`consumers[${index}].${option}`, text, { form, message });
    return [
      ...check("cluster", service?.cluster, CLUSTER, "which is no name or ARN of an ECS cluster. Give one"),
      ...check("service", service?.service, SERVICE, "which is no name or ARN of an ECS service. Give one"),
      ...checkCluster(`consumers[${index}].cluster`, service),
      ...check(
        "functionName",
        functionName,
        FUNCTION,
        "which is no name or ARN of a function. Give one, without a version or an alias",
      ),
      ...check("kmsKeyArn", kmsKeyArn, KMS_KEY, "which is no ARN of a KMS key. Give the key's ARN"),
    ];
  });
}

/** An empty one is the policy's own to refuse. */
function checkText(
  path: string,
  text: string | undefined,
  { form, message }: { readonly form: RegExp; readonly message: string },
): Problem[] {
  if (text === undefined || text === "" || Token.isUnresolved(text) || form.test(text)) return [];
  return [{ path, message: `is "${text}", ${message}` }];
}

/** The role would be for the one, and the calls about the other. */
function checkCluster(path: string, named: Consumer["access"]["service"]): Problem[] {
  if (named === undefined || [named.cluster, named.service].some((text) => Token.isUnresolved(text)))
    return [];
  const [, inArn] = /^arn:.*:service\/([^/]+)\//.exec(named.service) ?? [];
  if (inArn === undefined || inArn === named.cluster.replace(/^.*\//, "")) return [];
  const message = `is "${named.cluster}", and the service's ARN names the cluster ${inArn}. Give that one`;
  return [{ path, message }];
}
