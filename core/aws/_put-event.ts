import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ProviderUnavailableError } from "../../contract/errors.ts";
import { EVENT_SOURCE } from "../../contract/events.ts";
import type { Call } from "../cutover/call.ts";
import { checkNotAborted, type Operation, sending } from "./_consequence.ts";

/** An event, as the bus gets it. */
export interface Announced {
  /** Its `detail-type`. */
  readonly type: string;
  readonly detail: { readonly secret: string; readonly secretArn: string };
  /** @default when the bus takes it */
  readonly at?: Date;
}

/**
 * Puts an event on the account's default bus of EventBridge.
 *
 * @throws ProviderUnavailableError where the bus did not take the event, OutcomeUnknownError where no answer came
 */
export async function putEvent(
  client: EventBridgeClient,
  { type, detail, at }: Announced,
  call: Call,
): Promise<void> {
  const subject = `${detail.secret}: ${type}`;
  const operation: Operation = { name: "PutEvents", service: "eventbridge", effect: "announce", subject };
  checkNotAborted(operation, call.signal);
  const command = new PutEventsCommand({
    Entries: [
      {
        Source: EVENT_SOURCE,
        DetailType: type,
        Detail: JSON.stringify(detail),
        Resources: [detail.secretArn],
        Time: at,
      },
    ],
  });
  const answer = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
  // The call succeeds where an entry does not: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
  if (!answer.FailedEntryCount) return;
  const code = answer.Entries?.[0]?.ErrorCode ?? "no reason";
  throw new ProviderUnavailableError(
    `${subject}: the event was not taken by the default bus, got ${code}. Repeat it later.`,
  );
}
