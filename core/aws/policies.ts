import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { ConfigError } from "../../contract/errors.ts";
import { policyParameterName } from "../../contract/names.ts";
import { type Policy, parsePolicy } from "../../contract/policy.ts";
import type { Call } from "../cutover/ports.ts";
import { isNamed, type Operation, sending } from "./_consequence.ts";

/** The policies of one deployment. */
export interface Policies {
  /**
   * Reads the policy of a secret.
   *
   * @throws ConfigError where there is none, or it has mistakes, or it is another secret's: nothing may be touched then
   */
  read(secretName: string, call: Call): Promise<Policy>;
}

/** Reads policies from SSM, one `String` parameter for each secret. */
export function createPolicies({ client, deployment }: { client: SSMClient; deployment: string }): Policies {
  return {
    read: async (secretName, call) => {
      const name = policyParameterName(deployment, secretName);
      const text = await readParameter(client, { name, secretName }, call);
      if (text === undefined) {
        const message = `has no policy, so it is not touched: there is no SSM parameter ${name}. Check the name, or add the key to a KeyRotation and deploy it`;
        throw new ConfigError(`secret ${secretName}`, [{ path: "", message }]);
      }
      const policy = parsePolicy(text, `policy ${name}`);
      if (policy.secret === secretName) return policy;
      const message = `is "${policy.secret}", and the parameter is that of "${secretName}". Deploy the constructs again`;
      throw new ConfigError(`policy ${name}`, [{ path: "secret", message }]);
    },
  };
}

async function readParameter(
  client: SSMClient,
  { name, secretName }: { readonly name: string; readonly secretName: string },
  call: Call,
): Promise<string | undefined> {
  const operation: Operation = { name: "GetParameter", service: "ssm", effect: "none", subject: secretName };
  const command = new GetParameterCommand({ Name: name });
  try {
    const found = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    return found.Parameter?.Value;
  } catch (error) {
    if (isNamed(error, "ParameterNotFound")) return undefined;
    throw error;
  }
}
