export { type Key, type KeyHandle, type KeyOptions, keyFor } from "./key-for.ts";
