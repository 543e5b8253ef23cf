import { measureDepth } from "../../rehearsal/leak/measure-depth.ts";
import { infobip } from "../../rehearsal/vendors/infobip.ts";
import { startMessaging } from "../../rehearsal/vendors/startmessaging.ts";
import { twilioApiKey } from "../../rehearsal/vendors/twilio-api-key.ts";
import { buildBundle } from "../../rehearsal/world/bundle.ts";
import { type BenchRow, compare } from "../row.ts";

/** A key that must be replaced first, and keys that an admin credential ends at once. */
const PLAYED = [
  { name: "replace-first", vendor: startMessaging, mode: "replace-first" },
  { name: "revoke-first-twilio", vendor: twilioApiKey, mode: "revoke-first" },
  { name: "revoke-first-infobip", vendor: infobip, mode: "revoke-first" },
] as const;

/** What stands between a leaked key and its end: every call that has to be waited for. */
export const leakDepth: BenchRow = {
  name: "leak-depth",
  title:
    "calls in sequence from a leak response's arrival to the answered revocation, beside one that does nothing else",
  run: async (size) => {
    await buildBundle(new AbortController().signal);
    const results = [];
    for (const { name, vendor, mode } of size === "tiny" ? PLAYED.slice(0, 1) : PLAYED) {
      const { depth: ours } = await measureDepth(vendor, mode);
      const referenceIs = "the revocation alone, by whoever knows the key and holds a credential";
      results.push(
        compare({ name: `leak-depth/${name}`, ours, reference: 1, unit: "calls deep", referenceIs }),
      );
    }
    return results;
  },
};
