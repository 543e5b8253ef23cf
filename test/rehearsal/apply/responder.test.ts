import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Consumer } from "../../../constructs/index.ts";
import { formatLabel, v8Of } from "../../../contract/labels.ts";
import type { ResponderAnswer } from "../../../contract/responder-answer.ts";
import { buildFunctions } from "../../../lambda/build.ts";
import { parsePolicyDocument } from "../../../rehearsal/apply/_iam.ts";
import { type DeployedRehearsal, deployRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../../sandbox/startmessaging.ts";
import { actionsOf, isNeededByLeaks } from "./a-role.ts";
import { makeFolder } from "./a-synthesized-stack.ts";

/** The rehearsal's stack after one rotation, with a clock that does not tick: only operators ask for anything. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let deployed: DeployedRehearsal;
let secrets: SecretsManagerClient;
let lambda: LambdaClient;
const printed: string[] = [];
const removals: (() => void)[] = [];

const versionUnder = (label: string) => aws.secrets.get(deployed.secretName)?.labelled(label);
const labelsOf = (id: string | undefined) =>
  aws.secrets.get(deployed.secretName)?.versions.find((version) => version.id === id)?.labels ?? [];
const keys = () =>
  (aws.secrets.get(deployed.secretName)?.versions ?? []).map(
    ({ value }) => (JSON.parse(value ?? "{}") as { apiKey: string }).apiKey,
  );

beforeAll(async () => {
  await buildFunctions();
  gateway = await startStartMessagingSandbox();
  const { apiKey } = gateway.createKey(gateway.createAccount());
  aws = await startEmbeddedAws({ onLog: ({ line }) => printed.push(line) });
  const outdir = makeFolder((remove) => removals.push(remove));
  // One plain consumer: what rolled and reporting ones need of the roles is a test of its own.
  const changed = {
    consumers: [Consumer.selfRefreshing({ name: "login", cacheSeconds: 3, staleSeconds: 0 })],
  };
  deployed = await deployRehearsal({
    aws,
    gatewayUrl: gateway.url,
    clockEveryMs: 3_600_000,
    changed,
    outdir,
  });
  secrets = new SecretsManagerClient(aws.clientConfig());
  lambda = new LambdaClient(aws.clientConfig());
  const SecretId = deployed.secretName;
  await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify({ apiKey }) }));
  const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId }));
  await aws.events.until((event) => event.kind === "rotation-succeeded" && event.versionId === VersionId);
}, 60_000);

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
  for (const remove of removals) remove();
});

/** Invokes the responder as anybody would, with the SDK. */
async function ask(request: Record<string, unknown>) {
  const { FunctionError: failed, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: deployed.responderName, Payload: JSON.stringify(request) }),
  );
  const text = Payload?.transformToString() ?? "";
  printed.push(text);
  return { failed, answer: JSON.parse(text) as ResponderAnswer, error: JSON.parse(text) as FunctionFailure };
}

interface FunctionFailure {
  readonly errorType: string;
  readonly errorMessage: string;
}

const rollBack = () =>
  ask({ operation: "roll-back", secret: deployed.secretName, reason: "sends fail since noon" });
const reconcile = (secret: string, reason = "a test") => ask({ operation: "reconcile", secret, reason });

describe("an operator who invokes the responder of an applied stack", () => {
  it("has done what the clock would do, and hears what was done and what is held, and why", async () => {
    const current = versionUnder("AWSCURRENT")?.id;
    const retiring = versionUnder("AWSPREVIOUS")?.id;
    // What a run leaves behind that was killed in the midst of a rollback.
    const VersionStage = formatLabel({ kind: "condemned", v8: v8Of(current ?? ""), atMs: Date.now() });
    const place = { SecretId: deployed.secretName, VersionStage, MoveToVersionId: current };
    await secrets.send(new UpdateSecretVersionStageCommand(place));

    const { failed, answer } = await reconcile(deployed.secretArn, `${keys()[0]}\nis mended`);
    expect(failed).toBeUndefined();
    expect(answer).toMatchObject({
      operation: "reconcile",
      secret: deployed.secretName,
      outcome: "wait",
      effects: [{ effect: "detach", outcome: "applied", versionId: current, label: "condemned" }],
    });
    for (const { because } of [...answer.held, ...answer.effects]) expect(because).not.toBe("");
    expect(answer.held).toContainEqual(
      expect.objectContaining({ versionId: retiring, until: expect.stringMatching(/^20.*Z$/), alarm: false }),
    );
    expect(labelsOf(current)).not.toContain(VersionStage);
  });

  it("may name the secret, and finds nothing to do twice", async () => {
    const { answer } = await reconcile(deployed.secretName);
    expect(answer).toMatchObject({ secret: deployed.secretName, effects: [] });
  });

  it("hears what there is to ask for", async () => {
    const { failed, error } = await ask({ operation: "rotate", secret: deployed.secretName, reason: "x" });
    expect(failed).toBe("Unhandled");
    expect(error).toMatchObject({
      errorType: "ConfigError",
      errorMessage: expect.stringContaining("where operation is one of: reconcile"),
    });
  });

  it("hears of a secret that is unknown, or not dualkey's, where its policy would be and what to do", async () => {
    const { failed, error } = await reconcile("rehearsal/otp/typo");
    expect(failed).toBe("Unhandled");
    expect(error.errorMessage).toMatch(
      /^secret rehearsal\/otp\/typo: has no policy.*no SSM parameter \/dualkey\/rehearsal\/rehearsal\/otp\/typo\. Check the name, or add the key to a KeyRotation/,
    );
  });

  it("hears of a secret that is scheduled for deletion that it must be restored first", async () => {
    const SecretId = deployed.secretName;
    await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    const { answer } = await reconcile(SecretId);
    await secrets.send(new RestoreSecretCommand({ SecretId }));
    expect(answer).toMatchObject({
      outcome: "refuse",
      because: expect.stringMatching(/scheduled for deletion\. Restore it/),
      effects: [],
    });
  });
});

describe("an operator who has the key before put back", () => {
  it("has it current again, and the pipelines that listen hear of it", async () => {
    const [bad, before] = ["AWSCURRENT", "AWSPREVIOUS"].map((label) => versionUnder(label)?.id);
    const { answer } = await rollBack();
    expect(answer.effects.map(({ effect, outcome }) => `${effect} ${outcome}`)).toContain("promote applied");
    expect(versionUnder("AWSCURRENT")?.id).toBe(before);
    expect(aws.consumers.bus.all).toContainEqual(
      expect.objectContaining({
        source: "dualkey",
        "detail-type": "RolledBack",
        resources: [deployed.secretArn],
        detail: expect.objectContaining({ versionId: before, otherVersionId: bad }),
      }),
    );
  });
});

describe("the responder of an applied stack", () => {
  it("says why it was asked, and prints and answers no key, not even one in the reason", () => {
    const text = printed.join("\n");
    expect(text).toMatch(/"reason":"\[\d+ characters withheld\] is mended"/);
    expect(keys()).toHaveLength(2);
    for (const key of keys()) expect(text).not.toContain(key);
  });

  it("is allowed every call that it made, and nothing else but what an answer to a leak takes", () => {
    const own = new Set(
      aws.events.all.flatMap((event) =>
        event.kind === "invocation-started" && event.functionName === deployed.responderName
          ? [event.invocationId]
          : [],
      ),
    );
    const calls = aws.events.all.flatMap((event) =>
      event.kind === "call" && own.has(event.caller?.invocationId ?? "") ? [event] : [],
    );
    expect(calls.filter(({ error }) => error === "AccessDeniedException")).toEqual([]);
    const policy = deployed.resources.find(
      ({ type, attributes }) => type === "aws_iam_role_policy" && attributes.name === "respond",
    );
    const allowed = parsePolicyDocument(String(policy?.attributes.policy), "role")
      .flatMap(({ Action }) => Action)
      .filter((action) => !action.startsWith("logs:") && !isNeededByLeaks("respond", action));
    const made = new Set(calls.flatMap(actionsOf).filter((action) => !isNeededByLeaks("respond", action)));
    expect([...made].sort()).toEqual([...new Set(allowed)].sort());
  });

  it("is no function that Secrets Manager can rotate with", async () => {
    const RotationLambdaARN = String(deployed.rotatorArn).replace("-rotator", "-responder");
    const rotate = new RotateSecretCommand({ SecretId: deployed.secretName, RotationLambdaARN });
    await expect(secrets.send(rotate)).rejects.toThrow(/cannot invoke/);
  });
});
