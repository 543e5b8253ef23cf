import { DEAD_KEY_PREFIX, INCIDENT_PREFIX } from "../contract/names.ts";
import type { Statement } from "./_policy-document.ts";

const PATTERNS = [`${INCIDENT_PREFIX}*`, `${DEAD_KEY_PREFIX}*`];

/**
 * Lists what it takes to keep records: nothing is deleted. Who may not list objects of a name is told that one that does not
 * exist is forbidden, so the list is of dead keys, too, although nobody lists them.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function buildRecordStatements(bucketArn: string): Statement[] {
  return [
    {
      Sid: "KeepRecords",
      // A write under a condition on what is there takes both:
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: PATTERNS.map((pattern) => `${bucketArn}/${pattern}`),
    },
    {
      Sid: "FindRecords",
      Action: ["s3:ListBucket"],
      Resource: [bucketArn],
      Condition: { StringLike: { "s3:prefix": PATTERNS } },
    },
  ];
}
