import { z } from "zod";
import { type Kind, kindOf } from "../_deployment.ts";
import { makeName } from "../_names.ts";

const OnBucket = { bucket: z.string() };

const bucket = kindOf(z.strictObject({ bucket_prefix: z.string() }), ({ bucket_prefix }, { aws }) => {
  const name = makeName(bucket_prefix);
  aws.buckets.createBucket(name);
  return { bucket: name, id: name, arn: `arn:aws:s3:::${name}` };
});

const bucketPrivacy = kindOf(
  z.strictObject({
    ...OnBucket,
    block_public_acls: z.boolean(),
    block_public_policy: z.boolean(),
    ignore_public_acls: z.boolean(),
    restrict_public_buckets: z.boolean(),
  }),
  (args) => ({ id: args.bucket }),
);

const bucketEncryption = kindOf(
  z.strictObject({
    ...OnBucket,
    rule: z.array(
      z.strictObject({
        apply_server_side_encryption_by_default: z.strictObject({ sse_algorithm: z.string() }),
      }),
    ),
  }),
  (args) => ({ id: args.bucket }),
);

const bucketVersioning = kindOf(
  z.strictObject({ ...OnBucket, versioning_configuration: z.strictObject({ status: z.string() }) }),
  (args) => ({ id: args.bucket }),
);

/** It is about who calls from elsewhere, and in clear: neither is played. */
const bucketPolicy = kindOf(z.strictObject({ ...OnBucket, policy: z.string() }), ({ bucket: id, policy }) => {
  JSON.parse(policy);
  return { id };
});

/** Nothing here lives for days. */
const bucketLifecycle = kindOf(
  z.strictObject({
    ...OnBucket,
    rule: z.array(
      z.strictObject({
        id: z.string(),
        status: z.enum(["Enabled", "Disabled"]),
        filter: z.array(z.strictObject({ prefix: z.string() })).length(1),
        noncurrent_version_expiration: z
          .array(z.strictObject({ noncurrent_days: z.int().min(1) }))
          .optional(),
        abort_incomplete_multipart_upload: z
          .array(z.strictObject({ days_after_initiation: z.int().min(1) }))
          .optional(),
      }),
    ),
  }),
  (args) => ({ id: args.bucket }),
);

/** S3: a bucket, and what is said about it, which is checked and not played. */
export const BUCKETS: Readonly<Record<string, Kind>> = {
  aws_s3_bucket: bucket,
  aws_s3_bucket_lifecycle_configuration: bucketLifecycle,
  aws_s3_bucket_policy: bucketPolicy,
  aws_s3_bucket_public_access_block: bucketPrivacy,
  aws_s3_bucket_server_side_encryption_configuration: bucketEncryption,
  aws_s3_bucket_versioning: bucketVersioning,
};
