import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AwsIamSandbox, type SandboxEvent, startAwsIamSandbox } from "../../sandbox/aws-iam.ts";
import { fieldsOf, publishSms, signed } from "../core/providers/aws-iam-harness.ts";

const VERSIONS = { iam: "2010-05-08", sts: "2011-06-15", sns: "2010-03-31" } as const;

let nowMs: number;
let sandbox: AwsIamSandbox;
let account: ReturnType<AwsIamSandbox["createAccount"]>;

beforeEach(async () => {
  nowMs = Date.parse("2026-04-14T08:00:00.000Z");
  sandbox = await startAwsIamSandbox({ now: () => nowMs });
  account = sandbox.createAccount();
});
afterEach(() => sandbox.close());

type Credential = { readonly accessKeyId: string; readonly secretAccessKey: string };

async function ask(
  service: keyof typeof VERSIONS,
  form: Record<string, string>,
  { accessKeyId, secretAccessKey }: Credential = account,
) {
  const body = new URLSearchParams({ Version: VERSIONS[service], ...form }).toString();
  const key = fieldsOf({ accessKeyId, secretAccessKey });
  const headers = signed(sandbox.url, { key, body, service });
  const response = await fetch(sandbox.url, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, text, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] };
}

const user = { UserName: "otp-sender" };

describe("the AWS IAM sandbox", () => {
  it("answers in XML, as the query protocol does", async () => {
    const { status, text } = await ask("iam", { Action: "ListAccessKeys", ...user });
    expect(status).toBe(200);
    expect(text).toMatch(
      /^<ListAccessKeysResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/"><ListAccessKeysResult>.*<RequestId>[0-9a-f-]{36}<\/RequestId>/,
    );
    const wrong = await ask("sts", { Action: "AssumeRole" });
    expect(wrong.text).toMatch(
      /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/.*<Type>Sender<\/Type>/,
    );
  });

  it.each([
    ["an action that it does not know", { Action: "DeleteUser", ...user }, "InvalidAction"],
    ["another version", { Action: "ListAccessKeys", Version: "2012-01-01", ...user }, "ValidationError"],
    ["a parameter missing", { Action: "DeleteAccessKey", ...user }, "ValidationError"],
    [
      "a status that is none",
      { Action: "UpdateAccessKey", AccessKeyId: "x", Status: "Off", ...user },
      "ValidationError",
    ],
    ["a user that is not there", { Action: "CreateAccessKey", UserName: "nobody" }, "NoSuchEntity"],
    ["a key that is not there", { Action: "DeleteAccessKey", AccessKeyId: "x", ...user }, "NoSuchEntity"],
  ])("refuses %s", async (_name, form, code) => {
    expect(await ask("iam", form)).toMatchObject({ code });
  });

  it("refuses a parameter that it does not know, a header that was changed, and a request that is not signed", async () => {
    expect((await ask("iam", { Action: "ListAccessKeys", Name: "x" })).status).toBe(400);
    const key = fieldsOf(account);
    const headers = {
      ...signed(sandbox.url, { key, body: "{}", service: "iam" }),
      "content-type": "application/json",
    };
    expect((await fetch(sandbox.url, { method: "POST", body: "{}", headers })).status).toBe(403);
    expect((await fetch(sandbox.url, { method: "POST", body: "Action=ListAccessKeys" })).status).toBe(403);
  });

  it("checks a signature with the secret of the key that it names", async () => {
    const key = sandbox.createKey(account);
    const identity = (credential: Credential) => ask("sts", { Action: "GetCallerIdentity" }, credential);
    expect((await identity(key)).text).toContain(`arn:aws:iam::${account.id}:user/otp-sender`);
    expect(await identity({ ...key, secretAccessKey: "wrong" })).toMatchObject({
      code: "SignatureDoesNotMatch",
    });
    expect(await identity({ ...key, accessKeyId: "AKIANOBODY" })).toMatchObject({
      code: "InvalidClientTokenId",
    });
  });

  it("gives a user two keys and no third, active or not", async () => {
    const create = () => ask("iam", { Action: "CreateAccessKey", ...user });
    const { id } = sandbox.createKey(account, { status: "Inactive" });
    expect((await create()).status).toBe(200);
    expect(await create()).toMatchObject({ status: 409, code: "LimitExceeded" });
    expect(() => sandbox.createKey(account)).toThrow("has 2 keys");
    await ask("iam", { Action: "DeleteAccessKey", AccessKeyId: id, ...user });
    expect((await create()).status).toBe(200);
  });

  it("ends a key that is made inactive, and starts it again where it is made active", async () => {
    const { id, accessKeyId, secretAccessKey } = sandbox.createKey(account);
    const set = (Status: string) =>
      ask("iam", { Action: "UpdateAccessKey", AccessKeyId: id, Status, ...user });
    await set("Inactive");
    expect(sandbox.truth.accepts({ accessKeyId, secretAccessKey })).toBe(false);
    await set("Active");
    expect(sandbox.truth.accepts({ accessKeyId, secretAccessKey })).toBe(true);
    expect(sandbox.truth.accepts({ accessKeyId, secretAccessKey: "wrong" })).toBe(false);
  });

  it("lets no user into IAM, and nobody into another's account", async () => {
    const key = sandbox.createKey(account);
    expect(await ask("iam", { Action: "ListAccessKeys", ...user }, key)).toMatchObject({
      code: "AccessDenied",
    });
    const other = sandbox.createKey(sandbox.createAccount());
    const used = { Action: "GetAccessKeyLastUsed", AccessKeyId: other.id };
    expect(await ask("iam", used)).toMatchObject({ code: "NoSuchEntity" });
  });

  it("writes sends down by key, and moves its last use with the service's name", async () => {
    const events: SandboxEvent[] = [];
    sandbox.onEvent((event) => events.push(event));
    const { id, accessKeyId, secretAccessKey } = sandbox.createKey(account);
    const key = fieldsOf({ accessKeyId, secretAccessKey });
    expect((await publishSms(sandbox, key)).status).toBe(200);
    expect((await publishSms(sandbox, key, { PhoneNumber: "me" })).status).toBe(400);
    expect((await publishSms(sandbox, key, { TopicArn: "arn:aws:sns:x" })).status).toBe(400);
    expect(sandbox.truth.tallies().get(id)).toMatchObject({ sendsAccepted: 1 });
    expect(JSON.stringify(events)).not.toMatch(/482913|9876543210/);
    const { text } = await ask("iam", { Action: "GetAccessKeyLastUsed", AccessKeyId: id });
    expect(text).toContain("<LastUsedDate>2026-04-14T08:00:00Z</LastUsedDate><ServiceName>sns</ServiceName>");
  });

  it("throttles as AWS does, and answers a fault in XML", async () => {
    const rule = sandbox.faults.add({ fault: { kind: "throttle" } });
    expect(await ask("sts", { Action: "GetCallerIdentity" })).toMatchObject({
      status: 400,
      code: "Throttling",
    });
    rule.remove();
    sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" } });
    const { text, code } = await ask("sts", { Action: "GetCallerIdentity" });
    expect(code).toBe("ServiceFailure");
    expect(text).toContain("<Type>Receiver</Type>");
  });
});
