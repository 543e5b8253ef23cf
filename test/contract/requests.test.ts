import { describe, expect, test } from "vitest";
import {
  formatReconcileRequest,
  parseResponderRequest,
  parseRotatorRequest,
} from "../../contract/requests.ts";

const STEP = { Step: "createSecret", SecretId: "arn:secret", ClientRequestToken: "token-1" };

test("reads a step of Secrets Manager, with or without the token of a rotation across accounts", () => {
  const request = { kind: "step", step: "createSecret", secret: "arn:secret", token: "token-1" };
  expect(parseRotatorRequest(STEP)).toEqual(request);
  expect(parseRotatorRequest({ ...STEP, RotationToken: "r" })).toEqual(request);
});

test("reads the clock's event, whatever else EventBridge puts into it", () => {
  const event = {
    version: "0",
    id: "1",
    source: "aws.events",
    "detail-type": "Scheduled Event",
    detail: {},
    new: true,
  };
  expect(parseRotatorRequest(event)).toEqual({ kind: "sweep" });
});

test("reads the sweep's own request", () => {
  expect(parseRotatorRequest(formatReconcileRequest("arn:secret"))).toEqual({
    kind: "reconcile",
    secret: "arn:secret",
  });
});

test.each([
  ["an unknown step", { ...STEP, Step: "deleteSecret" }, /Step/],
  ["no token", { Step: "createSecret", SecretId: "arn:secret" }, /ClientRequestToken/],
  ["a field that it does not know", { ...STEP, Force: true }, /Force/],
  ["nothing", null, /Invoke the rotator with one of these/],
  [
    "another event",
    { source: "aws.s3", "detail-type": "Object Created" },
    /Invoke the rotator with one of these/,
  ],
])("refuses %s", (_, event, message) => {
  expect(() => parseRotatorRequest(event)).toThrow(message);
});

describe("an operator's request", () => {
  const ARN = "arn:aws:secretsmanager:ap-south-1:111122223333:secret:prod/otp/startmessaging-a1B2c3";
  const REQUEST = { operation: "reconcile", secret: "prod/otp/startmessaging", reason: "the role is mended" };
  const reasonOf = (reason: string) => parseResponderRequest({ ...REQUEST, reason }).reason;

  test.each(["prod/otp/startmessaging", ARN, ARN.replace("arn:aws:", "arn:aws-us-gov:"), "a+b=c.d@e_f"])(
    "is about %s",
    (secret) => {
      expect(parseResponderRequest({ ...REQUEST, secret })).toEqual({ ...REQUEST, secret });
    },
  );

  test.each([
    ["an operation that there is not", { ...REQUEST, operation: "rotate" }],
    ["an operation that every object has", { ...REQUEST, operation: "toString" }],
    ["a step of Secrets Manager", STEP],
    ["the clock's event", { source: "aws.events", "detail-type": "Scheduled Event", detail: {} }],
    ["the sweep's own request", formatReconcileRequest(ARN)],
    ["nothing", null],
    ["a text", "reconcile"],
  ])("that is %s is refused with all operations", (_, event) => {
    expect(() => parseResponderRequest(event)).toThrow(
      "responder request: operation: is none that there is. Send { operation, secret, reason }, where operation is one of: reconcile, pause, resume, roll-back, leak-response, revoke, find-key, retire-now",
    );
  });

  test.each(["reconcile", "pause", "resume", "roll-back", "retire-now"])(
    "can be %s, with a secret and a reason, and with neither missing",
    (operation) => {
      const request = { ...REQUEST, operation };
      expect(parseResponderRequest(request)).toEqual(request);
      expect(() => parseResponderRequest({ operation })).toThrow(
        /secret: is missing. Give the secret's name or its full ARN\n.*reason: is missing. Say in one line why/,
      );
    },
  );

  test("is never about a key in the place of a secret's name, which would get into logs", () => {
    const key = `sm_live_${"0a1b2c3d4e".repeat(4)}`;
    const ask = () => parseResponderRequest({ ...REQUEST, operation: "reconcile", secret: key });
    expect(ask).toThrow(/secret: looks like a key/);
    expect(ask).not.toThrow(key);
  });

  test("to retire may say that a key goes even if it is used, in one word and no other", () => {
    const request = { ...REQUEST, operation: "retire-now", evenIfUsed: true };
    expect(parseResponderRequest(request)).toEqual(request);
    for (const evenIfUsed of [false, null, "true", 1]) {
      expect(() => parseResponderRequest({ ...request, evenIfUsed })).toThrow(
        "evenIfUsed: is not true. Send true to retire a key that is in use, and leave it out otherwise",
      );
    }
  });

  test.each(["reconcile", "pause", "resume", "roll-back"])(
    "to %s has no word for a key that is used",
    (operation) => {
      expect(() => parseResponderRequest({ ...REQUEST, operation, evenIfUsed: true })).toThrow(/evenIfUsed/);
    },
  );

  test("with several mistakes is refused once, with all of them", () => {
    const mistaken = { operation: "reconcile", secret: "prod otp", force: true };
    expect(() => parseResponderRequest(mistaken)).toThrow(
      /secret: is neither the name of a secret nor its full ARN.*\n.*reason: is missing.*\n.*"force"/,
    );
  });

  test("about another service's ARN is refused", () => {
    const secret = "arn:aws:lambda:ap-south-1:111122223333:function:rotator";
    expect(() => parseResponderRequest({ ...REQUEST, secret })).toThrow(/secret: is neither/);
  });

  test("has a reason of one line, whatever line ends and control characters it came with", () => {
    expect(reasonOf("  the role\r\nis\tmended\u2028\u0007 now ")).toBe("the role is mended now");
  });

  test.each([
    ["empty", " \n "],
    ["longer than 300 characters", "so ".repeat(101)],
  ])("is refused where its reason is %s", (message, reason) => {
    expect(() => parseResponderRequest({ ...REQUEST, reason })).toThrow(`reason: is ${message}`);
  });

  test("never keeps a key that was pasted into its reason, and keeps links, tickets and long words", () => {
    expect(reasonOf("sk_live_seed0123456789abcdef was in the log")).toBe(
      "[28 characters withheld] was in the log",
    );
    expect(reasonOf("key=SG.aB3dE6gH9jK2mN5pQ8sT1v.x")).not.toContain("aB3dE6gH9jK2mN5pQ8sT1v");
    const kept = "INC-4711: internationalisation, see https://acme.example/archives/C024BE91L/p1700000000";
    expect(reasonOf(kept)).toBe(kept);
  });

  test.each([
    // Made for tests: AWS's own example, and one of Vonage's shape.
    ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[40 characters withheld]"],
    ["aB3dE5gH7jK9mN1p", "[16 characters withheld]"],
    ["prod/otp/aB3dE5gH7jK9mN1p", "[25 characters withheld]"],
    [
      "https://github.com/acme/infra/aB3dE5gH7jK9mN1p/x",
      "https://github.com/acme/infra/[18 characters withheld]",
    ],
    [
      "https://api.example/wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      "https://api.example/[40 characters withheld]",
    ],
    [
      "https://api.example/sms?key=wJal/rXUtn/FEMI/K7MDENG",
      "https://api.example/sms?[27 characters withheld]",
    ],
    ["https://user:aB3dE5gH7jK9mN1p@api.example/", "https://user:[16 characters withheld]@api.example/"],
  ])("never keeps a key with a slash, nor a short one, nor one in a link: %s", (pasted, shown) => {
    expect(reasonOf(`seen: ${pasted}, in a log`)).toBe(`seen: ${shown}, in a log`);
  });

  test.each([
    "https://github.com/acme/infra/actions/runs/123",
    "https://github.com/Acme-Corp/otpGateway2/actions/runs/17123456789/job/41234567890",
    "prod/otp/startmessaging2 and src/services/otp/sender_v2.ts",
    "leaked at 2026-04-14T08:00:00Z, seen at 2026-04-14 08:15 and 2026-04-14 081500",
    "from 203.113.100.200, 1200 sends, INC-20260414",
    "role of arn:aws:iam::123456789012:role/otp",
  ])("keeps what people need to read: %s", (kept) => {
    expect(reasonOf(kept)).toBe(kept);
  });

  test.each([
    ["+919876543210", "[12 digits withheld]"],
    ["+91 98765-43210", "[12 digits withheld]"],
    ["+1 (415) 555-0100", "[11 digits withheld]"],
    ["(987) 654-3210", "[10 digits withheld]"],
    ["https://wa.me/919876543210", "https://wa.me/[12 digits withheld]"],
    ["2026-04-14 9876543210", "2026-04-14 [10 digits withheld]"],
  ])("never keeps a phone number: %s", (number, shown) => {
    expect(reasonOf(`complaint of ${number}.`)).toBe(`complaint of ${shown}.`);
  });
});
