import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import type { AwsIam } from "../../../core/providers/aws-iam.ts";
import { awsIamAt, fieldsOf } from "./aws-iam-harness.ts";
import { print } from "./contract.ts";

const call = { signal: new AbortController().signal };
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const key = fieldsOf({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: SECRET });
const ROW = "<member><AccessKeyId>AKIA1</AccessKeyId></member>";

/** The results of AWS, by action: the first of them stays. */
let results: Record<string, string[]>;
let provider: AwsIam;
let close: () => void;

beforeEach(async () => {
  const identity = "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/otp-sender</Arn>";
  results = {
    GetCallerIdentity: [identity],
    GetAccessKeyLastUsed: [
      "<AccessKeyLastUsed><Region>N/A</Region><ServiceName>N/A</ServiceName></AccessKeyLastUsed>",
    ],
  };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const action = new URLSearchParams(body).get("Action") ?? "";
    const queue = results[action] ?? [];
    const result = queue.length > 1 ? queue.shift() : queue[0];
    response.setHeader("content-type", "text/xml");
    response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = awsIamAt(url, { accessKeyId: "ASIA", secretAccessKey: "none" });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const keysOf = async () => (await provider.list({}, call)).keys.map(({ is: _, ...rest }) => rest);

it("lists keys of which nothing but the id is said", async () => {
  results.ListAccessKeys = [`<AccessKeyMetadata>${ROW}</AccessKeyMetadata>`];
  expect(await keysOf()).toEqual([{ id: "AKIA1" }]);
});

it("lists keys with every field, and with fields that it has never heard of", async () => {
  const more =
    "<UserName>otp-sender</UserName><Status>Inactive</Status><CreateDate>2026-04-14T08:00:00Z</CreateDate><Color>red</Color>";
  results.ListAccessKeys = [
    `<IsTruncated>false</IsTruncated><AccessKeyMetadata>${ROW.replace("</member>", `${more}</member>`)}</AccessKeyMetadata>`,
  ];
  results.GetAccessKeyLastUsed = [
    "<UserName>otp-sender</UserName><AccessKeyLastUsed><LastUsedDate>2026-04-14T09:00:00Z</LastUsedDate><Region>ap-south-1</Region><ServiceName>sns</ServiceName></AccessKeyLastUsed>",
  ];
  const createdAtMs = Date.parse("2026-04-14T08:00:00Z");
  const lastUsedAtMs = Date.parse("2026-04-14T09:00:00Z");
  expect(await keysOf()).toEqual([{ id: "AKIA1", createdAtMs, lastUsedAtMs, isDisabled: true }]);
});

it("lists a user without keys", async () => {
  results.ListAccessKeys = ["<IsTruncated>false</IsTruncated><AccessKeyMetadata/>"];
  expect(await provider.list({}, call)).toEqual({ account: "123456789012", complete: true, keys: [] });
});

it("follows a list to its last page", async () => {
  results.ListAccessKeys = [
    `<IsTruncated>true</IsTruncated><Marker>m</Marker><AccessKeyMetadata>${ROW}</AccessKeyMetadata>`,
    `<IsTruncated>false</IsTruncated><AccessKeyMetadata>${ROW.replace("AKIA1", "AKIA2")}</AccessKeyMetadata>`,
  ];
  expect((await keysOf()).map(({ id }) => id)).toEqual(["AKIA1", "AKIA2"]);
});

it.each([
  ["no list", "<title>Welcome</title>"],
  ["a key without an id", "<AccessKeyMetadata><member><Status>Active</Status></member></AccessKeyMetadata>"],
  ["no way to its next page", `<IsTruncated>true</IsTruncated><AccessKeyMetadata>${ROW}</AccessKeyMetadata>`],
])("does not read a list with %s as one that proves an absence", async (_name, result) => {
  results.ListAccessKeys = [result];
  await expect(provider.list({}, call)).rejects.toBeInstanceOf(ProviderRejectedError);
});

it("does not take a key for unused where the answer is about something else", async () => {
  results.ListAccessKeys = [`<AccessKeyMetadata>${ROW}</AccessKeyMetadata>`];
  results.GetAccessKeyLastUsed = ["<title>Welcome</title>"];
  await expect(provider.list({}, call)).rejects.toBeInstanceOf(ProviderRejectedError);
});

it("keeps a new key of which it is not said when it was made", async () => {
  const given = `<AccessKeyId>AKIA2</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccessKey>`;
  results.CreateAccessKey = [`<AccessKey>${given}</AccessKey>`];
  const made = await provider.make({ name: "x" }, call);
  expect(made).toMatchObject({ keyId: "AKIA2", account: "123456789012", createdAtMs: expect.any(Number) });
  expect(made.fields.secretAccessKey?.reveal()).toBe(SECRET);
});

it.each([
  ["no key", "<title>Welcome</title>"],
  ["a key without a secret", "<AccessKey><AccessKeyId>AKIA2</AccessKeyId></AccessKey>"],
  ["a secret without a key", `<AccessKey><SecretAccessKey>${SECRET}</SecretAccessKey></AccessKey>`],
  ["XML that is broken", `<AccessKey><SecretAccessKey>${SECRET}</AccessKey>`],
])("says that a key may exist where the answer holds %s, and quotes nothing of it", async (_name, result) => {
  results.CreateAccessKey = [result];
  const error = await provider.make({ name: "x" }, call).catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).not.toContain(SECRET);
});

it.each([
  ["accepted", "arn:aws:iam::123456789012:user/otp-sender"],
  ["accepted", "arn:aws:iam::123456789012:user/division/team/otp-sender"],
  ["accepted", "arn:aws-us-gov:iam::123456789012:user/otp-sender"],
  ["unknown", "arn:aws:iam::123456789012:user/otp-sender/other"],
  ["unknown", "arn:aws:iam::123456789012:user/not-otp-sender"],
  ["unknown", "arn:aws:sts::123456789012:assumed-role/x/otp-sender"],
  ["unknown", "arn:aws:iam::123456789012:root"],
])("calls a key %s that works as %s", async (kind, arn) => {
  results.GetCallerIdentity = [`<Account>123456789012</Account><Arn>${arn}</Arn>`];
  expect(await provider.probe(key, call)).toMatchObject({ kind });
});

it.each([
  "<title>Welcome</title>",
  "<Account>123456789012</Account>",
  "<Arn>arn:aws:iam::1:user/otp-sender</Arn>",
])("does not take any page that answers 200 for a key that works (%s)", async (result) => {
  results.GetCallerIdentity = [result];
  expect(await provider.probe(key, call)).toMatchObject({ kind: "unknown" });
});
