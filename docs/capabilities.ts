import { HAND_IN_VENDORS } from "../contract/hand-in-vendors.ts";
import { HAND_IN_FIELD_NAMES, type ProviderId, type ProviderPolicy } from "../contract/provider-policy.ts";
import { PROVIDER_URLS, type ProviderUrls } from "../contract/provider-urls.ts";
import type { Capabilities } from "../core/cutover/ports.ts";
import { providerFor } from "../core/providers/registry.ts";

interface Documented {
  readonly title: string;
  /** Any policy that names the provider: what it can do depends on none of them. */
  readonly policy: ProviderPolicy;
}

const adminSecret = "admin";
const HAND_IN_COUNT = Object.keys(HAND_IN_VENDORS).length;

/** Every provider that a policy can name, in the order of the tables. */
const PROVIDERS: { readonly [Id in ProviderId]: Documented } = {
  startmessaging: { title: "StartMessaging", policy: { id: "startmessaging" } },
  "twilio-api-key": { title: "Twilio API key", policy: { id: "twilio-api-key", adminSecret } },
  "twilio-auth-token": {
    title: "Twilio auth token",
    policy: { id: "twilio-auth-token", outageSeconds: 60 },
  },
  vonage: { title: "Vonage", policy: { id: "vonage" } },
  infobip: { title: "Infobip", policy: { id: "infobip", adminSecret } },
  "aws-iam": { title: "AWS IAM", policy: { id: "aws-iam", userName: "otp-sender" } },
  sendgrid: { title: "SendGrid", policy: { id: "sendgrid" } },
  "hand-in": { title: `Hand-in, ${HAND_IN_COUNT} vendors`, policy: { id: "hand-in", vendor: "msg91" } },
};

/** The ids of the providers, each of which has a page of that name. */
export const PROVIDER_IDS = Object.keys(PROVIDERS) as ProviderId[];

type Column = readonly [title: string, cell: (can: Capabilities) => string];

/** Who makes keys, how many there can be, and how they end. */
export function keysTable(): string {
  return tableOf([
    ["a key is made by", madeBy],
    ["the first one", firstKey],
    ["live at once", liveAtOnce],
    ["it ends", ending],
    ["in a rotation", ({ source }) => (source === "in-place" ? "**outage**" : "both work")],
  ]);
}

/** What is known of keys and their use, and what a new one takes over. */
export function knowledgeTable(): string {
  return tableOf([
    ["the vendor's evidence of use", evidence],
    ["carried over", ({ carriedOver }) => carriedOver.map(code).join(", ") || "nothing"],
    ["ends by itself", expiry],
    ["a change shows", propagation],
    ["a list shows", listing],
  ]);
}

/** The vendors without an API for keys. */
export function vendorsTable(): string {
  const rows = Object.entries(HAND_IN_VENDORS).map(([vendor, { title, url, dashboardUrl }]) => {
    const fields = HAND_IN_FIELD_NAMES[vendor as keyof typeof HAND_IN_FIELD_NAMES];
    return [`[${title}](${dashboardUrl})`, code(vendor), fields.map(code).join(", "), code(url)];
  });
  return markdownTable(["vendor and its console", "`vendor`", "fields of a key", "in `providerUrls`"], rows);
}

/** What a person does at each vendor that has no API for keys, in the words of the command line. */
export function vendorsByHand(): string {
  const parts = Object.values(HAND_IN_VENDORS).map(({ title, howToMake, howToRevoke, notes = [] }) =>
    [
      `### ${title}\n`,
      `- To make a key: ${howToMake}`,
      `- To revoke it: ${howToRevoke}`,
      ...notes.map((note) => `- ${note}`),
    ].join("\n"),
  );
  return parts.join("\n\n");
}

function tableOf(columns: readonly Column[]): string {
  const urls = Object.fromEntries(
    Object.entries(PROVIDER_URLS).map(([name, { url }]) => [name, url]),
  ) as ProviderUrls;
  const rows = PROVIDER_IDS.map((id) => {
    const { title, policy } = PROVIDERS[id];
    const { capabilities } = providerFor(policy, urls);
    return [`[${title}](${id}.md)`, ...columns.map(([, cell]) => cell(capabilities))];
  });
  return markdownTable(["provider", ...columns.map(([title]) => title)], rows);
}

function madeBy({ source, credential }: Capabilities): string {
  if (source === "person") return "a person";
  const by = {
    self: "a key of the same kind",
    admin: "an admin credential",
    role: "the functions' role",
    none: "nobody",
  }[credential];
  return source === "client" ? `${by}; dualkey chooses its value` : by;
}

function firstKey({ credential }: Capabilities): string {
  return credential === "admin" || credential === "role" ? "made by dualkey" : "handed in";
}

function liveAtOnce({ source, maxLiveKeys, minLiveKeys = 0 }: Capabilities): string {
  if (source === "in-place") return "1";
  if (source === "person") return "as the vendor has it";
  if (maxLiveKeys === undefined) return "no limit known";
  return minLiveKeys > 0 ? `${maxLiveKeys}, at least ${minLiveKeys}` : String(maxLiveKeys);
}

function ending({ revoke }: Capabilities): string {
  return {
    delete: "deleted",
    disable: "disabled, which can be undone",
    "disable-then-delete": "disabled, then deleted",
    replace: "when the next takes its place",
    "by-hand": "by hand, in the console",
  }[revoke];
}

/** Only sends by key show that consumers have moved; a last-used time forbids, and allows nothing. */
function evidence({ sends, lastUsed, source }: Capabilities): string {
  const veto = lastUsed && `last used, to ${timeOf(lastUsed.resolutionSeconds)}: a veto`;
  if (sends?.byKey) return ["sends by key", ...(veto ? [veto] : [])].join("; ");
  if (source === "person") return "a person sees to it";
  return veto ?? "none";
}

function expiry({ source, expiryDays }: Capabilities): string {
  if (expiryDays !== undefined) return `after ${expiryDays} days`;
  return source === "person" ? "as the vendor has it" : "no";
}

function propagation({ propagationSeconds }: Capabilities): string {
  return propagationSeconds === undefined ? "no delay known" : `within ${timeOf(propagationSeconds)}`;
}

function listing({ list }: Capabilities): string {
  if (!list) return "no keys";
  const names = list.names ? "with names" : "without names";
  return list.cap === undefined ? `all, ${names}` : `${list.cap} at most, ${names}`;
}

function timeOf(seconds: number): string {
  return seconds > 60 ? `${seconds / 60} min` : `${seconds} s`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
