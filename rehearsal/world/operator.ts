import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { keyIdOf } from "../watch/truth.ts";
import type { Watch } from "../watch/watch.ts";
import { readHold } from "./read-hold.ts";
import type { World } from "./world.ts";

/**
 * Somebody who answers an alarm that says that the old key may be in use: retires it all the same, once, with a reason.
 * Whoever is on call would look first; here, the login services are all the users that there are.
 */
export function answerAlarm(world: World, reason: string, watch: Watch): void {
  const { aws, vendor, firstKey, secretName, responderName } = world;
  let hasAnswered = false;
  world.onFunctionLog((line) => {
    const { because, versionId } = readHold(line) ?? {};
    if (hasAnswered || because === undefined || !/key was used.*retire-now/.test(because)) return;
    const value = aws.secrets.get(secretName)?.versions.find(({ id }) => id === versionId)?.value;
    if (value === undefined || keyIdOf(JSON.parse(value), { vendor }) !== firstKey.id) return;
    hasAnswered = true;
    watch.tell("person", { what: "an operator retires it now", because: reason });
    const lambda = new LambdaClient(aws.clientConfig());
    const asked = { operation: "retire-now", secret: secretName, evenIfUsed: true, reason };
    const command = new InvokeCommand({ FunctionName: responderName, Payload: JSON.stringify(asked) });
    lambda
      .send(command)
      .catch(() => undefined) // the world may have ended meanwhile
      .finally(() => lambda.destroy());
  });
}
