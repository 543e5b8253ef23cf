import { startAwsIamSandbox } from "../../../sandbox/aws-iam.ts";
import { awsIamAt, USER } from "../providers/aws-iam-harness.ts";
import { describeRotation } from "./suite.ts";

/** A user has two keys at the most, so the stranger's is that of another user of the account. */
describeRotation("aws-iam", { id: "aws-iam", userName: USER }, async (now) => {
  const sandbox = await startAwsIamSandbox({ now });
  const { id: accountId, ...role } = sandbox.createAccount({ userNames: [USER, "billing"] });
  const makeKey = (userName = USER) => {
    const { id, ...fields } = sandbox.createKey({ id: accountId }, { userName });
    return { id, fields };
  };
  return {
    sandbox,
    provider: awsIamAt(sandbox.url, role),
    accountId,
    secretFields: ["secretAccessKey"],
    stranger: makeKey("billing"),
    makeKey: () => makeKey(),
    fill: () => makeKey(),
  };
});
