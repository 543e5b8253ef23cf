import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";

/** The bucket of what is no state of a rotation: records of incidents and of audits. Private, encrypted, versioned. */
export class Records extends Construct {
  readonly bucketName: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bucket = new S3Bucket(this, "Resource", { bucketPrefix: "dualkey-records-" });
    this.bucketName = bucket.bucket;
    new S3BucketPublicAccessBlock(this, "Private", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "Encrypted", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    new S3BucketVersioningA(this, "Versioned", {
      bucket: bucket.id,
      versioningConfiguration: { status: "Enabled" },
    });
  }
}
