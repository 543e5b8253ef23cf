import { randomUUID } from "node:crypto";
import { type Handled, parseFormBody, Refusal, type Route } from "../_gateway.ts";
import type { Answer } from "../_server.ts";
import type { AwsCaller, AwsIamGateway } from "./_gateway.ts";
import { KEYS_PER_USER, type Key } from "./_keys.ts";
import { elements, SERVICES, type Xml } from "./_xml.ts";

type Form = Readonly<Record<string, string>>;

interface Action {
  /** The gateway's own name of it. */
  readonly name: string;
  readonly service: "iam" | "sts" | "sns";
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  /** Gives the result; `undefined` for an action that has none. */
  readonly handle: (form: Form, call: Handled<AwsCaller>) => Xml | undefined;
}

/** The actions of the query protocol: a form in, XML out. */
export function awsIamRoutes(gateway: AwsIamGateway): readonly Route<AwsCaller>[] {
  const known = Object.entries(actionsOf(gateway)).map(([name, action]) => routeOf(name, action));
  const strange: Route<AwsCaller> = {
    name: "unknown",
    method: "POST",
    path: /^\/(\w+)\/(.*)$/,
    handle: ({ params: [, action] }) => {
      throw new Refusal(400, `Could not find operation ${action}`, { code: "InvalidAction" });
    },
  };
  return [...known, strange];
}

function actionsOf(gateway: AwsIamGateway): Readonly<Record<string, Action>> {
  const iam = { service: "iam", optional: ["UserName"] } as const;
  const one = { ...iam, required: ["AccessKeyId"] } as const;
  return {
    CreateAccessKey: { ...iam, name: "create-key", handle: (form, call) => createKey(gateway, form, call) },
    ListAccessKeys: {
      ...iam,
      optional: ["UserName", "Marker", "MaxItems"],
      name: "list-keys",
      handle: (form, call) => listKeys(gateway, form, call),
    },
    UpdateAccessKey: {
      ...iam,
      required: ["AccessKeyId", "Status"],
      name: "update-key",
      handle: (form, call) => updateKey(gateway, form, call),
    },
    DeleteAccessKey: { ...one, name: "delete-key", handle: (form, call) => deleteKey(gateway, form, call) },
    GetAccessKeyLastUsed: {
      service: "iam",
      required: ["AccessKeyId"],
      name: "key-last-used",
      handle: (form, call) => lastUsed(gateway, form, call),
    },
    GetUser: {
      ...iam,
      name: "get-user",
      handle: (form, call) => ({ User: userOf(userNameIn(form, call), call) }),
    },
    GetCallerIdentity: { service: "sts", name: "caller-identity", handle: (_form, call) => identity(call) },
    Publish: {
      service: "sns",
      required: ["PhoneNumber", "Message"],
      name: "send",
      handle: (form, call) => publish(gateway, form, call),
    },
  };
}

function routeOf(action: string, { name, service, required = [], optional = [], handle }: Action) {
  const { version, namespace } = SERVICES[service] ?? { version: "", namespace: "" };
  return {
    name,
    method: "POST",
    path: new RegExp(`^/${service}/${action}$`),
    handle: (call: Handled<AwsCaller>): Answer => {
      const form = parseFormBody(call.request, ["Action", "Version", ...required, ...optional]);
      if (form.Version !== version)
        throw invalid(`Could not find operation ${action} for version ${form.Version}`);
      for (const field of required)
        if (!form[field]) throw invalid(`1 validation error detected: ${field} must not be null`);
      const result = handle(form, call);
      const content = result === undefined ? "" : `<${action}Result>${elements(result)}</${action}Result>`;
      const metadata = "<ResponseMetadata><RequestId>REQUEST-ID</RequestId></ResponseMetadata>";
      const body = `<${action}Response xmlns="${namespace}">${content}${metadata}</${action}Response>`;
      return { status: 200, body };
    },
  };
}

function createKey(gateway: AwsIamGateway, form: Form, call: Handled<AwsCaller>): Xml {
  const [{ keys }, { caller, nowMs }] = [gateway, call];
  const userName = userNameIn(form, call);
  if (keys.list(caller.of, userName).length >= KEYS_PER_USER) {
    const message = `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`;
    throw new Refusal(409, message, { code: "LimitExceeded" });
  }
  const key = keys.make(caller.of, userName, nowMs);
  gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: key.id });
  return { AccessKey: { ...keyRow(key), SecretAccessKey: key.secret } };
}

function listKeys({ keys }: AwsIamGateway, form: Form, call: Handled<AwsCaller>): Xml {
  const all = keys.list(call.caller.of, userNameIn(form, call));
  const size = Number(form.MaxItems ?? 100);
  if (!Number.isInteger(size) || size < 1 || size > 1000) throw invalid("MaxItems is not 1 to 1000");
  const start = Number(form.Marker ?? 0);
  const page = all.slice(start, start + size);
  const isTruncated = start + size < all.length;
  return {
    IsTruncated: String(isTruncated),
    ...(isTruncated ? { Marker: String(start + size) } : {}),
    AccessKeyMetadata: page.map(keyRow),
  };
}

function updateKey(gateway: AwsIamGateway, form: Form, call: Handled<AwsCaller>): undefined {
  const { Status: status } = form;
  if (status !== "Active" && status !== "Inactive") throw invalid("Status is not Active or Inactive");
  const key = keyIn(gateway, form, call);
  const hadEnded = key.endedAtMs !== undefined;
  gateway.keys.setStatus(key, status, call.nowMs);
  if (status === "Inactive" && !hadEnded) end(gateway, key, call);
}

function deleteKey(gateway: AwsIamGateway, form: Form, call: Handled<AwsCaller>): undefined {
  const key = keyIn(gateway, form, call);
  const hadEnded = key.endedAtMs !== undefined;
  gateway.keys.delete(key, call.nowMs);
  if (!hadEnded) end(gateway, key, call);
}

function end({ journal }: AwsIamGateway, { id }: Key, { nowMs }: Handled<AwsCaller>): void {
  journal.record({ atMs: nowMs, kind: "key-ended", keyId: id });
}

function lastUsed({ keys }: AwsIamGateway, form: Form, call: Handled<AwsCaller>): Xml {
  requireRole(call);
  const key = keys.find(form.AccessKeyId ?? "");
  if (key?.account !== call.caller.of || key.isDeleted) throw noSuchKey(form.AccessKeyId);
  const { service = "N/A", region = "N/A", atMs } = key.lastUse ?? {};
  return {
    UserName: key.userName,
    AccessKeyLastUsed: {
      ...(atMs === undefined ? {} : { LastUsedDate: timeOf(atMs) }),
      ServiceName: service,
      Region: region,
    },
  };
}

function identity({ caller: { of, key } }: Handled<AwsCaller>): Xml {
  const arn = key ? `iam::${of.id}:user/${key.userName}` : `sts::${of.id}:assumed-role/dualkey/session`;
  return { Arn: `arn:aws:${arn}`, UserId: key ? `AIDA${key.userName}` : "AROA:session", Account: of.id };
}

/** Publishes to a phone number, as a login service would; a topic is not known here. */
function publish(gateway: AwsIamGateway, form: Form, { caller, nowMs }: Handled<AwsCaller>): Xml {
  if (!/^\+[1-9]\d{1,14}$/.test(form.PhoneNumber ?? "")) {
    throw new Refusal(400, "Invalid parameter: PhoneNumber", { code: "InvalidParameter" });
  }
  const event = { atMs: nowMs, kind: "send-accepted" } as const;
  gateway.journal.record(caller.key ? { ...event, keyId: caller.key.id } : event);
  return { MessageId: randomUUID() };
}

/** A user of this fake has no rights in IAM: only the account's role has. */
function requireRole({ caller }: Handled<AwsCaller>): void {
  if (!caller.key) return;
  const arn = `arn:aws:iam::${caller.of.id}:user/${caller.key.userName}`;
  throw new Refusal(403, `User: ${arn} is not authorized to perform this action`, { code: "AccessDenied" });
}

function userNameIn({ UserName: userName = "" }: Form, call: Handled<AwsCaller>): string {
  requireRole(call);
  if (call.caller.of.users.has(userName)) return userName;
  throw new Refusal(404, `The user with name ${userName} cannot be found.`, { code: "NoSuchEntity" });
}

function keyIn({ keys }: AwsIamGateway, form: Form, call: Handled<AwsCaller>): Key {
  const userName = userNameIn(form, call);
  const key = keys.list(call.caller.of, userName).find(({ id }) => id === form.AccessKeyId);
  if (!key) throw noSuchKey(form.AccessKeyId);
  return key;
}

function noSuchKey(id = ""): Refusal {
  return new Refusal(404, `The Access Key with id ${id} cannot be found.`, { code: "NoSuchEntity" });
}

function invalid(message: string): Refusal {
  return new Refusal(400, message, { code: "ValidationError" });
}

function userOf(userName: string, { caller: { of } }: Handled<AwsCaller>): Xml {
  return {
    UserName: userName,
    Path: "/",
    UserId: `AIDA${userName}`,
    Arn: `arn:aws:iam::${of.id}:user/${userName}`,
  };
}

function keyRow({ id, userName, status, createdAtMs }: Key) {
  return { UserName: userName, AccessKeyId: id, Status: status, CreateDate: timeOf(createdAtMs) };
}

/** To the second. */
function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
