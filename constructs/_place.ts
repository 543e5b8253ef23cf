import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { DataAwsRegion } from "@cdktf/provider-aws/lib/data-aws-region/index.js";
import type { Construct } from "constructs";

/** Where a deployment is: references, for no stack knows it before it is applied. */
export interface Place {
  readonly partition: string;
  /** What the names of the partition's services end with. */
  readonly dnsSuffix: string;
  readonly region: string;
  readonly account: string;
}

/** Asks Terraform where it is: any partition, so that ARN patterns are right in China and GovCloud, too. */
export function askForPlace(scope: Construct): Place {
  const { partition, dnsSuffix } = new DataAwsPartition(scope, "Partition");
  return {
    partition,
    dnsSuffix,
    // `id`, as the attribute with the region's name was renamed in version 6 of the provider.
    region: new DataAwsRegion(scope, "Region").id,
    account: new DataAwsCallerIdentity(scope, "Account").accountId,
  };
}

/** Writes the ARN, or the pattern of ARNs, of something in this place. */
export function arnOf({ partition, region, account }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
