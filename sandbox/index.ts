/** The fakes of the vendors, for local development and tests: strict, stateful, real HTTP, and they send nothing. */

export type { Fault, FaultHandle, FaultMoment, FaultRule, FaultTarget } from "./_faults.ts";
export type { KeyTally, SandboxEvent, TrueKey } from "./_journal.ts";
export type { Propagation, VendorSandbox } from "./_vendor.ts";
export { type AwsIamSandbox, type AwsIamSandboxOptions, startAwsIamSandbox } from "./aws-iam.ts";
export {
  type HandInSandbox,
  type HandInSandboxOptions,
  type HandInSandboxVendor,
  startHandInSandbox,
} from "./hand-in.ts";
export {
  type InfobipKeyOptions,
  type InfobipLimits,
  type InfobipSandbox,
  type InfobipSandboxOptions,
  startInfobipSandbox,
} from "./infobip.ts";
export { type SendGridSandbox, type SendGridSandboxOptions, startSendGridSandbox } from "./sendgrid.ts";
export {
  type StartMessagingSandbox,
  type StartMessagingSandboxOptions,
  type StartMessagingThrottles,
  startStartMessagingSandbox,
} from "./startmessaging.ts";
export {
  type KeyPolicy as TwilioKeyPolicy,
  type KeyType as TwilioKeyType,
  type NewTwilioKey,
  startTwilioSandbox,
  type TwilioSandbox,
  type TwilioSandboxOptions,
  type TwilioSwitches,
} from "./twilio.ts";
export {
  startVonageSandbox,
  type VonageProduct,
  type VonageSandbox,
  type VonageSandboxOptions,
} from "./vonage.ts";
