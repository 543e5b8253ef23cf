import { expect, test } from "vitest";
import { formatReconcileRequest, parseRotatorRequest } from "../../contract/requests.ts";

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
