import { type HandInPolicy, HandInProvider } from "../../../core/providers/hand-in.ts";
import { startHandInSandbox } from "../../../sandbox/hand-in.ts";
import { describeRotation } from "./suite.ts";
import type { Vendor } from "./vendor.ts";

/** A vendor without an API for keys, and a person who makes, hands in and revokes them. */
const start =
  (policy: HandInPolicy, secretFields: readonly string[]) =>
  async (now: () => number): Promise<Vendor> => {
    const { vendor } = policy;
    const sandbox = await startHandInSandbox({ vendor, now });
    const account = sandbox.createAccount(vendor === "optstuff" ? { id: policy.projectSlug } : {});
    const makeKey = () => sandbox.createKey(account);
    return {
      sandbox,
      provider: new HandInProvider({ baseUrl: sandbox.url, policy, now, sleep: async () => undefined }),
      accountId: account.id,
      secretFields,
      stranger: makeKey(),
      makeKey,
      revokeByHand: (id) => sandbox.revokeKey(id),
    };
  };

const msg91: HandInPolicy = { id: "hand-in", vendor: "msg91" };
describeRotation("msg91", msg91, start(msg91, ["authKey"]));

const optStuff: HandInPolicy = {
  id: "hand-in",
  vendor: "optstuff",
  projectSlug: "shop",
  probeImage: "images.example.com/logo.png",
};
describeRotation("optstuff", optStuff, start(optStuff, ["secretKey"]));
