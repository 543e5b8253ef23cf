import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import { refuseInClear } from "./_policy-document.ts";

/** How long what a record said before it was written anew is kept. */
const OLD_VERSION_DAYS = 90;

/**
 * The bucket of what is no state of a rotation: records of incidents, and of dead keys. Private, encrypted, versioned, and
 * closed to plain HTTP.
 *
 * Records are kept: they are small, post-mortems refer to them, and by the hash of a key that died years ago a finder is
 * told that there is nothing to do. What a record said before a later run has written it anew is kept for 90 days. Terraform
 * does not delete a bucket that has records in it: whoever wants it gone empties it first.
 *
 * Encrypted with the key that S3 manages: no record holds a key, and a KMS key of one's own would be one more thing that can
 * fail in an incident.
 */
export class Records extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bucket = new S3Bucket(this, "Resource", { bucketPrefix: "dualkey-records-" });
    this.bucketName = bucket.bucket;
    this.bucketArn = bucket.arn;
    const closed = new S3BucketPublicAccessBlock(this, "Private", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketPolicy(this, "Policy", {
      bucket: bucket.id,
      policy: refuseInClear(bucket.arn),
      // S3 refuses one of two changes of a bucket's access at once.
      dependsOn: [closed],
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "Encrypted", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const versioned = new S3BucketVersioningA(this, "Versioned", {
      bucket: bucket.id,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "Kept", {
      bucket: bucket.id,
      rule: [
        {
          id: "old-versions",
          status: "Enabled",
          filter: [{ prefix: "" }],
          noncurrentVersionExpiration: [{ noncurrentDays: OLD_VERSION_DAYS }],
        },
      ],
      dependsOn: [versioned],
    });
  }
}
