import { Refusal } from "../_gateway.ts";

/** The shape of a mail, as tsg_mail_v3.json has it (PostMailSend). What goes deeper than this is not looked at. */
export const MAIL_FIELDS = [
  "personalizations",
  "from",
  "reply_to",
  "reply_to_list",
  "subject",
  "content",
  "attachments",
  "template_id",
  "headers",
  "categories",
  "custom_args",
  "send_at",
  "batch_id",
  "asm",
  "ip_pool_name",
  "mail_settings",
  "tracking_settings",
];

const PERSONALIZATION_FIELDS = [
  "from",
  "to",
  "cc",
  "bcc",
  "subject",
  "headers",
  "substitutions",
  "dynamic_template_data",
  "custom_args",
  "send_at",
];

const MAX_RECIPIENTS = 1000;

/** @throws Refusal for what the vendor would not send */
export function checkMail(mail: Record<string, unknown>): void {
  checkAddress(mail.from, "from");
  const personalizations = listOf(mail.personalizations, "personalizations");
  for (const [index, entry] of personalizations.entries())
    checkPersonalization(entry, `personalizations.${index}`);
  const isTemplate = mail.template_id !== undefined;
  const hasSubject =
    isText(mail.subject) || personalizations.every((entry) => isObject(entry) && isText(entry.subject));
  if (!hasSubject && !isTemplate) throw invalid("subject", "The subject is required.");
  if (mail.content === undefined && isTemplate) return;
  for (const [index, part] of listOf(mail.content, "content").entries()) {
    const where = `content.${index}`;
    checkKnown(part, { known: ["type", "value"], where });
    if (!isText(part.type)) throw invalid(`${where}.type`, "The content type is required.");
    if (!isText(part.value))
      throw invalid(`${where}.value`, "The content value must be a string at least one character in length.");
  }
}

function checkPersonalization(entry: unknown, where: string): void {
  checkKnown(entry, { known: PERSONALIZATION_FIELDS, where });
  const recipients: [string, readonly unknown[]][] = [["to", listOf(entry.to, `${where}.to`)]];
  for (const name of ["cc", "bcc"] as const) {
    if (entry[name] !== undefined) recipients.push([name, listOf(entry[name], `${where}.${name}`)]);
  }
  for (const [name, list] of recipients) {
    for (const [index, address] of list.entries()) checkAddress(address, `${where}.${name}.${index}`);
  }
}

function checkAddress(address: unknown, where: string): void {
  checkKnown(address, { known: ["email", "name"], where });
  const { email, name } = address;
  if (typeof email !== "string" || !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) {
    throw invalid(`${where}.email`, "Does not contain a valid address.");
  }
  if (name !== undefined && typeof name !== "string") throw invalid(`${where}.name`, "Must be a string.");
}

function checkKnown(
  value: unknown,
  { known, where }: { known: readonly string[]; where: string },
): asserts value is Record<string, unknown> {
  if (!isObject(value)) throw invalid(where, "Must be an object.");
  const strange = Object.keys(value).find((name) => !known.includes(name));
  if (strange !== undefined) throw invalid(`${where}.${strange}`, "Is not a parameter of this request.");
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    throw invalid(where, "Is required, with at least one entry.");
  if (value.length > MAX_RECIPIENTS)
    throw invalid(where, `Must have no more than ${MAX_RECIPIENTS} entries.`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The code is the name of the field, which the vendor writes beside the message. */
function invalid(field: string, message: string): Refusal {
  return new Refusal(400, message, { code: field });
}
