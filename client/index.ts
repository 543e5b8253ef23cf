export { ConfigError } from "../contract/errors.ts";
export type { Clock } from "./_clock.ts";
export type { Key, SecretReader } from "./_read-key.ts";
export { type IsRejected, type KeyHandle, type KeyOptions, keyFor } from "./key-for.ts";
export { KeyUnavailableError } from "./key-unavailable-error.ts";
export { formatReport, type KeyReport } from "./report-line.ts";
export { type SigningKey, type SignUrlOptions, signUrl } from "./sign-url.ts";
