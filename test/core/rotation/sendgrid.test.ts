import { expect, it } from "vitest";
import { SendGrid } from "../../../core/providers/sendgrid.ts";
import { type SendGridSandbox, startSendGridSandbox } from "../../../sandbox/sendgrid.ts";
import { SCOPES } from "../providers/sendgrid-harness.ts";
import { startStory } from "./story.ts";
import { describeRotation } from "./suite.ts";
import type { Vendor } from "./vendor.ts";

const scopes = [...SCOPES, "mail.batch.create"].sort();

async function start(now: () => number, scopesOfKeys: readonly string[] = scopes): Promise<Vendor> {
  const sandbox: SendGridSandbox = await startSendGridSandbox({ now });
  const account = sandbox.createAccount();
  const makeKey = (name: string) => {
    const { id, apiKey } = sandbox.createKey(account, { name, scopes: scopesOfKeys });
    return { id, fields: { apiKey } };
  };
  return {
    sandbox,
    provider: new SendGrid({ baseUrl: sandbox.url, now, sleep: async () => undefined }),
    accountId: account.id,
    secretFields: ["apiKey"],
    stranger: makeKey("newsletter"),
    makeKey: () => makeKey("made by hand"),
    settings: { scopes },
    fill: () => {
      while (sandbox.truth.keys().length < 100) makeKey("another");
    },
  };
}

describeRotation("sendgrid", { id: "sendgrid" }, start);

it.each([
  ["without scopes", []],
  ["that can only send", ["mail.send"]],
])(
  "makes no key in the place of a SendGrid key %s, which could do more, and says what to do",
  async (_, few) => {
    const tell = startStory({ id: "sendgrid" }, (now) => start(now, few));
    await tell(async (world) => {
      await world.secret.put(world.makeKey().fields);
      const before = world.liveKeyIds();
      const { isDone, because } = await world.rotate();
      expect(isDone).toBe(false);
      expect(because).toMatch(
        /^alarm: .*api_keys\.create.*Give them to it in the vendor's console, or hand in a key/,
      );
      expect(world.liveKeyIds()).toEqual(before);
      expect(world.entries).toEqual([]);
    })();
  },
);
