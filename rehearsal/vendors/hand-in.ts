import { HAND_IN_VENDORS } from "../../contract/hand-in-vendors.ts";
import type { HandInVendor } from "../../contract/provider-policy.ts";
import { startHandInSandbox } from "../../sandbox/hand-in.ts";
import type { Fields, GivenKey, RunningVendor, Vendor } from "../vendor.ts";
import { HAND_IN_SENDS } from "./_hand-in-sends.ts";

/** The vendors that have no API for keys: a person makes each in the console, hands it in, and revokes the old one there. */
export const handInVendors: readonly Vendor[] = [
  // The first stands for all of them.
  vendorOf("msg91", ["authKey"]),
  vendorOf("optstuff", ["secretKey"]),
  vendorOf("exotel", ["apiToken"]),
  vendorOf("plivo", ["authToken"]),
  { ...vendorOf("gupshup", ["password"]), refusal: "error 102" },
  vendorOf("kaleyra", ["apiKey"]),
  vendorOf("telnyx", ["apiKey"]),
  vendorOf("sinch-sms", ["apiToken"]),
  vendorOf("messagebird", ["accessKey"]),
  vendorOf("postmark", ["serverToken"]),
];

function vendorOf(vendor: HandInVendor, secretFields: readonly string[]): Vendor {
  return {
    id: `hand-in:${vendor}`,
    title: HAND_IN_VENDORS[vendor].title,
    cutover: "by-hand",
    secretFields,
    refusal: "HTTP 401",
    start: () => startVendor(vendor),
    send: HAND_IN_SENDS[vendor],
  };
}

async function startVendor(vendor: HandInVendor): Promise<RunningVendor> {
  const sandbox = await startHandInSandbox({ vendor });
  // OptStuff's account is a project, and the policy names it.
  const account = sandbox.createAccount(vendor === "optstuff" ? { id: "shop" } : {});
  const made: GivenKey[] = [];
  const makeKey = (): GivenKey => {
    const key = sandbox.createKey(account);
    made.push(key);
    return key;
  };
  return {
    sandbox,
    strangersKey: makeKey(),
    firstKey: makeKey(),
    console: { makeKey, revokeKey: (id) => sandbox.revokeKey(id) },
    keyIdOf: (fields) => made.find((key) => isSame(key.fields, fields))?.id,
  };
}

function isSame(key: Fields, fields: Fields): boolean {
  return Object.entries(key).every(([name, value]) => fields[name] === value);
}
