import { AwsIam } from "../../../core/providers/aws-iam.ts";
import { startHarness } from "./aws-iam-harness.ts";
import { describeKeyProvider } from "./contract.ts";

const { capabilities } = AwsIam.fromEnvironment("otp-sender");
describeKeyProvider("aws-iam", () => startHarness(), capabilities);
