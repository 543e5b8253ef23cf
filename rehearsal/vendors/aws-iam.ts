import { startAwsIamSandbox } from "../../sandbox/aws-iam.ts";
import type { Vendor } from "../vendor.ts";
import { publish } from "./_sns.ts";

export const awsIam: Vendor = {
  id: "aws-iam",
  title: "AWS IAM",
  cutover: "beside",
  secretFields: ["secretAccessKey"],
  refusal: "InvalidClientTokenId",
  evidence: "last-used times are 15 minutes coarse; an alarm asks, and an operator answers",
  retireNow: "IAM's last-used time is 15 minutes coarse, and all login services have moved",
  start: async () => {
    const sandbox = await startAwsIamSandbox();
    const { id: _, ...role } = sandbox.createAccount({ userNames: ["otp-sender"] });
    return {
      sandbox,
      // No stranger's key: a user has two keys at the most.
      identity: { url: sandbox.url, ...role },
      keyIdOf: ({ accessKeyId }) => accessKeyId,
    };
  },
  send: ({ accessKeyId = "", secretAccessKey = "" }, send) => publish(send, { accessKeyId, secretAccessKey }),
};
