import { createHash } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { incidentIdOf } from "../../../contract/incident-record.ts";
import { formatLabel, type Label } from "../../../contract/labels.ts";
import type { ResponderAnswer } from "../../../contract/responder-answer.ts";
import { buildFunctions } from "../../../lambda/build.ts";
import type { EmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { Vendor } from "../../../rehearsal/vendor.ts";
import { awsIam } from "../../../rehearsal/vendors/aws-iam.ts";
import { twilioApiKey } from "../../../rehearsal/vendors/twilio-api-key.ts";
import { deployVendor, rotate } from "./a-deployed-vendor.ts";
import { expectNoNeedlessStatementOfLeaks } from "./a-role.ts";

const removals: (() => void)[] = [];

beforeAll(() => buildFunctions(), 60_000);
afterAll(() => {
  for (const remove of removals) remove();
});

/** The rehearsal's stack with a first key that dualkey has made, and whoever asks its responder. */
async function deployed(vendor: Vendor, onTestFinished: (done: () => Promise<void>) => void) {
  const onFileFinished = (remove: () => void) => removals.push(remove);
  const {
    aws,
    deployed: stack,
    secrets,
  } = await deployVendor(vendor, {
    onTestFinished,
    onFileFinished,
    clockEveryMs: 4000, // the responder, not the clock, does what it is asked for, however slow the machine is
  });
  await rotate(aws, secrets, stack.secretName);
  const lambda = new LambdaClient(aws.clientConfig());
  const ask = async (request: Readonly<Record<string, unknown>>): Promise<ResponderAnswer> => {
    const Payload = JSON.stringify({
      reason: "INC-7: seen in a log",
      ...request,
      ...("secret" in request ? { requestedAt: new Date().toISOString() } : {}),
    });
    // The stack's functions live for five seconds. Whoever gets no answer asks again, and it is one incident.
    for (let asked = 1; ; asked += 1) {
      const answer = await lambda.send(new InvokeCommand({ FunctionName: stack.responderName, Payload }));
      const text = answer.Payload?.transformToString() ?? "";
      if (answer.FunctionError === undefined) return JSON.parse(text);
      if (asked === 5) throw new Error(`the responder gave no answer: ${text}`);
    }
  };
  const current = () => aws.secrets.get(stack.secretName)?.labelled("AWSCURRENT");
  return { aws, stack, secrets, ask, current, fields: () => JSON.parse(current()?.value ?? "{}") };
}

const about = ({ secretName: secret }: { readonly secretName: string }) =>
  ({ operation: "leak-response", secret }) as const;

const BY_CLOCK = expect.objectContaining({ by: "clock" });

/** The clock takes a leak's label off when no run can know it from before. */
async function labelOff(aws: EmbeddedAws, label?: Label): Promise<void> {
  const name = label === undefined ? "dualkey:leaked." : formatLabel(label);
  await aws.events.until(
    (event) => event.kind === "label-moved" && event.label.startsWith(name) && event.to === undefined,
  );
}

describe("the answer to a leak, of an applied stack", () => {
  it.for<[string, Vendor, string]>([
    ["an IAM user's keys", awsIam, "secretAccessKey"],
    ["an admin credential", twilioApiKey, "apiKeySecret"],
  ])(
    "is what the functions' roles allow, and nothing of what they allow for it is needless: %s",
    { timeout: 120_000 },
    async ([_, vendor, secretField], { onTestFinished }) => {
      const { aws, stack, secrets, ask, current, fields } = await deployed(vendor, onTestFinished);
      const leaked = { versionId: current()?.id, ...fields() };
      const sha256 = createHash("sha256").update(leaked[secretField]).digest("hex");
      await expect(ask({ operation: "find-key", sha256 })).resolves.toMatchObject({
        found: [{ secret: stack.secretName, phase: "current", versionId: leaked.versionId }],
      });
      let answer = await ask({ ...about(stack), mode: "revoke-first" });
      while (answer.incident?.replacement === undefined) answer = await ask(about(stack));
      expect(answer.incident).toMatchObject({
        mode: "revoke-first",
        keys: [{ was: "current", keyId: leaked.keyId }],
        replacement: { versionId: current()?.id },
      });
      expect(answer.incident?.state).not.toBe("open");
      expect(current()?.id).not.toBe(leaked.versionId);
      await labelOff(aws);

      // A responder that is killed after its first effect leaves a label, and the clock does the rest.
      const second = { versionId: current()?.id, ...fields() };
      const atMs = Date.now();
      const label = { kind: "leaked", target: "all", atMs, deadlineMs: atMs } as const;
      await secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: stack.secretName,
          VersionStage: formatLabel(label),
          MoveToVersionId: second.versionId,
        }),
      );
      await labelOff(aws, label);
      expect(current()?.id).not.toBe(second.versionId);
      await expect(ask({ ...about(stack), which: second.keyId })).resolves.toMatchObject({
        result: expect.stringMatching(/^no action/),
        incident: { id: incidentIdOf(label), state: "closed", runs: expect.arrayContaining([BY_CLOCK]) },
      });

      expectNoNeedlessStatementOfLeaks(aws, stack, "respond");
      expectNoNeedlessStatementOfLeaks(aws, stack, "rotate");
      const dead = await ask({ operation: "find-key", sha256 });
      expect(dead).toMatchObject({ found: [{ phase: "dead" }], proof: "proven" });
      expect(JSON.stringify([answer, dead])).not.toContain(leaked[secretField]);
    },
  );
});
