/**
 * What a consumer reports of the keys that it uses, as CloudWatch metrics: one number of sends and one of rejections for
 * each version of a secret. By version, and never by key: a version's id is no secret, and the functions know which key
 * stands in it.
 *
 * A consumer writes them in CloudWatch's embedded metric format, one line on stdout:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const CONSUMER_METRICS = {
  namespace: "Dualkey/Consumers",
  /** In this order. `Secret` is its name, `Version` a version's id, `Consumer` the name that the policy has for it. */
  dimensions: ["Secret", "Consumer", "Version"],
  /** Calls that the provider has answered, whatever it said, but for rejections of the key. Unit: Count. */
  sends: "Sends",
  /** Calls in which the provider has rejected the key. Unit: Count. */
  rejections: "Rejections",
  /** A consumer writes a line at least this often while it has something to report, and a 0 while it has nothing. */
  everySeconds: 60,
} as const;
