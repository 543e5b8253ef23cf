export { type Key, type KeyHandle, type KeyOptions, keyFor } from "./key-for.ts";
export { type SigningKey, type SignUrlOptions, signUrl } from "./sign-url.ts";
