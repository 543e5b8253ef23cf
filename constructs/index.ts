export type { RotatorTiming } from "./_timing.ts";
export { Consumer } from "./consumer.ts";
export type {
  ConsumerOptions,
  EcsServiceOptions,
  LambdaFunctionOptions,
  ReportingOptions,
  SelfRefreshingOptions,
} from "./consumer-options.ts";
export { GitHubRole, type GitHubRoleOptions, type IGitHubRole } from "./github-role.ts";
export type { Grantee } from "./grantee.ts";
export { KeyProvider } from "./key-provider.ts";
export type {
  AccountOptions,
  AdminSecretOptions,
  AwsIamOptions,
  HandInOptions,
  InfobipOptions,
  SendGridOptions,
  StartMessagingOptions,
  TwilioApiKeyOptions,
  TwilioAuthTokenOptions,
  VonageOptions,
} from "./key-provider-options.ts";
export { type IKeyRotation, KeyRotation, type KeyRotationProps, type ProviderUrls } from "./key-rotation.ts";
export { type IRotatedKey, RotatedKey, type RotatedKeyProps } from "./rotated-key.ts";
export type { RotatedKeyOptions } from "./rotated-key-options.ts";
