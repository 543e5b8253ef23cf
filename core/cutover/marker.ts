import type { ListedKey } from "./ports.ts";

/**
 * The name of a key at the provider: `dualkey/<hash of the secret's full ARN>/<time><nonce>`, 41 characters. Two
 * deployments, accounts or regions may share one vendor account, so the hash is 64 bits of the full ARN; the time is in
 * seconds since 1970, eight hexadecimal digits, for vendors whose lists tell no time; the nonce is the attempt's, 32 bits.
 */
export function keyNameFor(namePrefix: string, { nowMs, nonce }: { nowMs: number; nonce: string }): string {
  // Later than the truth is safe: what is young is left alone.
  const seconds = Math.ceil(nowMs / 1000)
    .toString(16)
    .padStart(8, "0");
  return `${namePrefix}${seconds}${nonce.slice(0, 8)}`;
}

/** When a key of ours was born: as the provider says, else as its name says; now, where neither does. */
export function birthOf({ createdAtMs, name = "" }: ListedKey, namePrefix: string, now: number): number {
  if (createdAtMs !== undefined) return createdAtMs;
  const seconds = /^[0-9a-f]{8}/.exec(name.slice(namePrefix.length))?.[0];
  return seconds === undefined ? now : Number.parseInt(seconds, 16) * 1000;
}

/**
 * The same, and no earlier than the truth: some vendors tell whole seconds, and a key that was made right after a leak is not
 * one that leaked.
 */
export function latestBirthOf(key: ListedKey, namePrefix: string, now: number): number {
  const birth = birthOf(key, namePrefix, now);
  return birth % 1000 === 0 ? birth + 999 : birth;
}
