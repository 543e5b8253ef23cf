import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { buildPage } from "../../../rehearsal/page/page.ts";
import { badKey, cutover, inPlace, naive, straggler } from "./reports.ts";

let page = "";
beforeAll(async () => {
  page = await buildPage([cutover, naive]);
});

/** What is there for somebody without JavaScript. */
const readable = (markup: string) =>
  markup
    .replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const reasonOf = (because: string) =>
  ({ ...cutover, events: [{ ...cutover.events[0], because }] }) as typeof cutover;

test("says the result in the first heading, and what it is compared with below", () => {
  expect(page).toMatch(
    /<h1>4,001 logins while the key was replaced\. <em class="good">0 failed\.<\/em><\/h1>/,
  );
  expect(readable(page)).toMatch(/done by the script that most teams have: 300 of 4,001 logins failed\./);
});

test("needs no script for the promises and the keys", () => {
  const text = readable(page);
  expect(text).toContain(
    "No revoke without evidence ✓ kept 15 changes ✗ broken 3.01 s: key aaaaaaaa was revoked",
  );
  expect(text).toContain("replaced 3.00 s – –");
  expect(text).toContain("Both keys worked side by side for 15.0 s. The old one was revoked 12.0 s after");
  expect(text).toContain("sent with the dead key for up to 3.0 s.");
});

test("says it loudly where a rehearsal did not pass, and what it waited for", async () => {
  const failed = await buildPage([{ ...cutover, passed: false, waitedFor: ["180 s were over"] }]);
  expect(readable(failed)).toContain("This rehearsal (cutover) did not pass.");
  expect(readable(failed)).toContain("It was waiting: 180 s were over");
});

test("says that the key was not replaced where it was not", async () => {
  const keys = cutover.keys
    .slice(0, 2)
    .map((key) => ({ ...key, replaced: null, condemned: null, revoked: null, dead: null }));
  expect(readable(await buildPage([{ ...cutover, keys, passed: false }]))).toContain(
    "and the key was not replaced.",
  );
});

test("says of an allowed outage how long it was, and that it was allowed", async () => {
  const text = readable(await buildPage([inPlace]));
  expect(text).toContain("300 failed, in an outage of 2.8 s.");
  expect(text).toContain("Logins failed for 2.8 s; the policy allows 5 s.");
  expect(text).toContain("With dualkey, at Twilio (auth token)");
});

test("says what a bad key cost, and how soon the old one was back", async () => {
  const text = readable(await buildPage([badKey]));
  expect(text).toContain(
    "a new key that is refused. 84 failed , until the old key was back.".replace(" ,", ","),
  );
  expect(text).toContain("86 reached the vendor. The client tried 2 of them again with the old key");
  expect(text).toContain(
    "current again 600 ms after services had reported enough, by look 1 at their reports",
  );
  expect(text).toContain("npm start -- bad-key");
});

test("names the service that has not moved, and what an operator does", async () => {
  const text = readable(await buildPage([straggler]));
  expect(text).toContain("The old key is kept, for portal uses it.");
  expect(text).toContain("the replaced key was used by portal 0 s ago");
  expect(text).toContain("operation retire-now, evenIfUsed, with a reason");
  expect(text).toContain("login-2 cache of its own");
});

describe("whatever a report says", () => {
  const evil = `</script><img src=x onerror="alert(1)">\u2028<!--`;

  test("is text, and never markup", async () => {
    const built = await buildPage([reasonOf(evil)]);
    expect(built).not.toContain("<img");
    expect(built).toContain("&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
  });

  test("cannot end the element that holds the data, and comes out of it as it went in", async () => {
    const fault = { ...reasonOf(evil).events[0], kind: "fault", what: "" };
    const built = await buildPage([{ ...cutover, events: [fault] } as typeof cutover]);
    const data = /<script type="application\/json" id="runs">(.*?)<\/script>/s.exec(built)?.[1] ?? "";
    expect(JSON.parse(data)[0].faults[0].says).toBe(evil);
  });
});

describe("the file", () => {
  test("lets nothing in from a network, and no script but its own", () => {
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(script).digest("base64");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    expect(policy.replaceAll("&#39;", "'")).toContain(`default-src 'none'; script-src 'sha256-${hash}';`);
  });

  test("refers to no other file", () => {
    const markup = page.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "");
    expect(markup).not.toMatch(/\s(src|href)=|url\(|@import/);
  });

  test("stays under 600 kB, so that it can be mailed and opened on a phone", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(600_000);
  });

  test("names no path of the machine that it was made on", () => {
    expect(page).not.toContain(process.cwd());
  });
});
