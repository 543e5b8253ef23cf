import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { KeyEvent, KeyEventDetail } from "../../contract/events.ts";
import type { Announcer, Call } from "../cutover/ports.ts";
import { putEvent } from "./_put-event.ts";
import { describeSecret } from "./_secret-view.ts";
import { nameOfSecret } from "./secret-name.ts";

/** What an announcer needs. */
export interface AnnouncerOptions extends Pick<KeyEventDetail, "deployment" | "environment" | "provider"> {
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  /** The secret's full ARN, or its name. */
  readonly secretId: string;
}

/**
 * Puts events on the account's default bus of EventBridge (`docs/events.md`).
 *
 * It says truthfully whether an event was taken, and tries no more than the SDK does: whoever announces does so before the
 * ledger says that it is done, and does it again. Permission: `events:PutEvents` on the default bus.
 */
export function createAnnouncer(options: AnnouncerOptions): Announcer {
  let secretArn: string | undefined;
  return {
    announce: async (event, call) => {
      secretArn ??= await arnOf(options, call);
      await put(event, { ...options, secretArn }, call);
    },
  };
}

async function put(
  event: KeyEvent,
  { eventBridge, ...options }: AnnouncerOptions & { readonly secretArn: string },
  call: Call,
): Promise<void> {
  const detail = detailOf(event, options);
  const { type, detail: about } = event;
  await putEvent(eventBridge, { type, detail, at: new Date(about.atMs) }, call);
}

function detailOf(
  { detail: { atMs, ...about } }: KeyEvent,
  options: Omit<AnnouncerOptions, "eventBridge"> & { readonly secretArn: string },
): KeyEventDetail {
  const { deployment, environment, provider, secretArn } = options;
  return {
    version: 1,
    deployment,
    secret: nameOfSecret(secretArn),
    secretArn,
    environment,
    provider,
    ...about,
    at: new Date(atMs).toISOString(),
  };
}

/** An operator names a secret by its name; its events bear the ARN, which is what a rule matches. */
async function arnOf({ secretsManager, secretId }: AnnouncerOptions, call: Call): Promise<string> {
  if (secretId.startsWith("arn:")) return secretId;
  const { ARN: arn = secretId } = await describeSecret({ client: secretsManager, secretId }, call);
  return arn;
}
