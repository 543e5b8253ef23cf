import type { Vendor } from "./vendor.ts";
import { awsIam } from "./vendors/aws-iam.ts";
import { handInVendors } from "./vendors/hand-in.ts";
import { infobip } from "./vendors/infobip.ts";
import { sendGrid } from "./vendors/sendgrid.ts";
import { startMessaging } from "./vendors/startmessaging.ts";
import { twilioApiKey } from "./vendors/twilio-api-key.ts";
import { twilioAuthToken } from "./vendors/twilio-auth-token.ts";
import { vonage } from "./vendors/vonage.ts";

/** All vendors that a rehearsal can be played with; the first is the one that is taken where none is named. */
export const VENDORS: readonly [Vendor, ...Vendor[]] = [
  startMessaging,
  twilioApiKey,
  twilioAuthToken,
  vonage,
  infobip,
  awsIam,
  sendGrid,
  ...handInVendors,
];

/** Finds a vendor by what `--provider` was given. `hand-in` alone stands for the first of those with no key API. */
export function findVendor(id: string): Vendor | undefined {
  return VENDORS.find((vendor) => vendor.id === id || vendor.id.startsWith(`${id}:`));
}
