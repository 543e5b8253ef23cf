import { startAwsIamSandbox } from "../../sandbox/aws-iam.ts";
import type { Vendor } from "../vendor.ts";
import { publish } from "./_sns.ts";

export const awsIam: Vendor = {
  id: "aws-iam",
  title: "AWS IAM",
  cutover: "beside",
  secretFields: ["secretAccessKey"],
  refusal: "InvalidClientTokenId",
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
