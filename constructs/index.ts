export type { RotatorTiming } from "./_timing.ts";
export { Consumer, type SelfRefreshingOptions } from "./consumer.ts";
export type { Grantee } from "./grantee.ts";
export { KeyProvider, type StartMessagingOptions } from "./key-provider.ts";
export { type IKeyRotation, KeyRotation, type KeyRotationProps, type ProviderUrls } from "./key-rotation.ts";
export { type IRotatedKey, RotatedKey, type RotatedKeyOptions, type RotatedKeyProps } from "./rotated-key.ts";
