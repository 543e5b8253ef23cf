import type { Vendor } from "./vendor.ts";
import { startMessaging } from "./vendors/startmessaging.ts";

/** All vendors that a rehearsal can be played with; the first is the one that is taken where none is named. */
export const VENDORS: readonly [Vendor, ...Vendor[]] = [startMessaging];

/** Finds a vendor by what `--provider` was given. `hand-in` alone stands for the first of those with no key API. */
export function findVendor(id: string): Vendor | undefined {
  return VENDORS.find((vendor) => vendor.id === id || vendor.id.startsWith(`${id}:`));
}
