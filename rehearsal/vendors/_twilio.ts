import type { Login, Send } from "../vendor.ts";
import { basic, formRequest, makeCode, sendOnce } from "./_request.ts";

/** Sends a message, with whichever credential: https://www.twilio.com/docs/messaging/api/message-resource */
export function sendMessage(
  { url, agent, phoneNumber }: Send,
  { accountSid, user, password }: { accountSid: string; user: string; password: string },
): Promise<Login> {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const body = { To: phoneNumber, From: "+15005550006", Body: `${makeCode()} is your code` };
  return sendOnce(formRequest({ url: url + path, agent }, { headers: basic(user, password), body }));
}
