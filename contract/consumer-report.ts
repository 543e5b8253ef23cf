/**
 * What a consumer reports of the keys that it uses, as CloudWatch metrics: one number of sends and one of rejections for
 * each version of a secret. By version, and never by key: a version's id is no secret, and the functions know which key
 * stands in it.
 *
 * A consumer writes them in CloudWatch's embedded metric format, one line on stdout:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * A 0 is as much of an answer as a number: the consumer is alive, and has a line for this version because it holds it and
 * may send with it. It has none for a version that it has left. So a consumer has moved when there is something of the new
 * version, and nothing of the old one for longer than a line may take; where there is nothing of either, nobody knows.
 */
export const CONSUMER_METRICS = {
  namespace: "Dualkey/Consumers",
  /** In this order. `Secret` is its name, `Version` a version's id, `Consumer` the name that the policy has for it. */
  dimensions: ["Secret", "Consumer", "Version"],
  /** Calls that the provider has answered, whatever it said, but for rejections of the key. Unit: Count. */
  sends: "Sends",
  /** Calls in which the provider has rejected the key. Unit: Count. */
  rejections: "Rejections",
  /**
   * A consumer writes a line for each version that it has used, or still holds, at least this often; where it has not used
   * it, with a 0. What Lambda has frozen writes when it is used again, under the time of the use.
   */
  everySeconds: 60,
} as const;
