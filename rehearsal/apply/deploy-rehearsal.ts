import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { App } from "cdktf";
import type { RotatedKeyOptions } from "../../constructs/index.ts";
import { type Policy, parsePolicy } from "../../contract/policy.ts";
import { buildRehearsalStack, REHEARSAL_STACK } from "../../examples/rehearsal/rehearsal-stack.ts";
import type { RehearsedProvider } from "../../examples/rehearsal/rehearsed-providers.ts";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import { type AppliedResource, applyStack } from "./apply.ts";

/** Where what is synthesized goes, relative to the repository. */
const OUT = fileURLToPath(new URL("../../out/cdktf", import.meta.url));

/** What of the rehearsal is deployed, and where. */
export interface RehearsalOptions {
  readonly aws: EmbeddedAws;
  /** @default startmessaging */
  readonly provider?: RehearsedProvider;
  /** Where the sandbox gateway is. */
  readonly gatewayUrl: string;
  /** How often the clock ticks: the stack's rule says once a minute, as EventBridge can do no better. */
  readonly clockEveryMs: number;
  /** What of the key's options is not the example's. @default nothing */
  readonly changed?: Partial<RotatedKeyOptions>;
  /** @default out/cdktf */
  readonly outdir?: string;
}

/** What the rehearsal's stack has become. */
export interface DeployedRehearsal {
  readonly secretName: string;
  readonly secretArn: string;
  readonly rotatorName: string;
  readonly rotatorArn: string;
  readonly responderName: string;
  /** The key's policy as it was applied: overlap, caches, and the like have their numbers from here. */
  readonly policy: Policy;
  readonly resources: readonly AppliedResource[];
}

/**
 * Synthesizes the rehearsal's stack, in this process, and applies it: the secret without a value, its policy, the
 * functions with their roles, the schedule, and the clock. The bundle must have been built.
 *
 * As for any user, the first key is put into the secret after that.
 *
 * @throws ConfigError that names what in the stack is wrong
 */
export async function deployRehearsal(options: RehearsalOptions): Promise<DeployedRehearsal> {
  const { aws, provider, gatewayUrl, clockEveryMs, changed, outdir = OUT } = options;
  const folder = synthesizeRehearsal(outdir, provider, changed);
  const resources = await applyStack({ aws, folder, clockEveryMs, variables: { gateway_url: gatewayUrl } });
  const find = (type: string, having: Readonly<Record<string, string>> = {}) =>
    resources.find(
      ({ type: found, attributes }) =>
        found === type && Object.entries(having).every(([name, value]) => attributes[name] === value),
    )?.attributes ?? {};
  const policy = parsePolicy(String(find("aws_ssm_parameter").value), "the rehearsal's policy");
  const secret = find("aws_secretsmanager_secret", { name: policy.secret });
  const rotator = find("aws_lambda_function", { handler: "index.rotator" });
  const responder = find("aws_lambda_function", { handler: "index.responder" });
  return {
    secretName: String(secret.name),
    secretArn: String(secret.arn),
    rotatorName: String(rotator.function_name),
    rotatorArn: String(rotator.arn),
    responderName: String(responder.function_name),
    policy,
    resources,
  };
}

/** @returns the folder of the stack: what `npx cdktf synth` writes to cdktf.out/stacks/rehearsal */
export function synthesizeRehearsal(
  outdir: string,
  provider?: RehearsedProvider,
  changed?: Partial<RotatedKeyOptions>,
): string {
  mkdirSync(outdir, { recursive: true }); // CDKTF makes the folder itself, but not the one that it is in
  const app = new App({ outdir });
  buildRehearsalStack(app, provider, changed);
  app.synth();
  return `${outdir}/stacks/${REHEARSAL_STACK}`;
}
