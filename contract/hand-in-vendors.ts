import type { HandInVendor } from "./provider-policy.ts";
import type { ProviderUrlName } from "./provider-urls.ts";

/** What a person needs to know to make and revoke a key of a vendor that has no API for it. */
export interface HandInFacts {
  readonly title: string;
  /** Where its API is. */
  readonly url: ProviderUrlName;
  /** Where its keys are made and revoked. */
  readonly dashboardUrl: string;
  /** What to do there, in the words on the page. */
  readonly howToMake: string;
  readonly howToRevoke: string;
  /** A key ends by itself, this long after it was made. */
  readonly expiryDays?: number;
  /** What else there is to know, a sentence each. */
  readonly notes?: readonly string[];
}

const ANY_ADDRESS =
  "The functions call from no fixed address: a key with an IP allow list answers them only where they go out through a fixed one that is on it.";

/**
 * The vendors without an API for keys, for messages, the command line and docs. The words are those of the vendors' own
 * help pages; what a page does not say is a note that says so.
 */
export const HAND_IN_VENDORS: Readonly<Record<HandInVendor, HandInFacts>> = {
  optstuff: {
    title: "OptStuff",
    url: "optStuff",
    dashboardUrl: "https://optstuff.vercel.app",
    howToMake: "Open the project, API Keys, Create API Key. Copy both halves: the secret one is shown once.",
    howToRevoke: "Open the project, API Keys, and revoke the key whose public half is named.",
    notes: [
      "Do not use Rotate: it revokes the old key and makes the new one in one step, so every URL in a rendered page breaks at once. Make a key, hand it in, and revoke the old one when asked to.",
      "Whoever runs an OptStuff of their own opens its address, and sets DUALKEY_OPTSTUFF_URL.",
      "URLs that a CDN holds are served on after the key is revoked, for up to a year.",
      "A probe asks for one pixel of the policy's probeImage, and counts as a request of the project.",
    ],
  },
  msg91: {
    title: "MSG91",
    url: "msg91",
    dashboardUrl: "https://control.msg91.com",
    howToMake:
      "Choose Authkey in the menu of the user name, enter the code sent to the registered mobile, Create New.",
    howToRevoke: "Choose Authkey, enter the code, and switch the key off or delete it under Actions.",
    notes: [
      `IP security is on for a new key. ${ANY_ADDRESS}`,
      "The probe reads the OTP analytics of the day: a key whose Rule leaves OTP out may be called rejected.",
    ],
  },
  exotel: {
    title: "Exotel",
    url: "exotel",
    dashboardUrl: "https://my.exotel.com/apisettings/site#api-credentials",
    howToMake: "Developer Settings, API Settings, API Credentials, Create API Key. Only an Admin can.",
    howToRevoke: "Delete the key in the table of API keys on the same page.",
    notes: ["An account in Mumbai (my.mum1.exotel.com) needs DUALKEY_EXOTEL_URL=https://api.in.exotel.com."],
  },
  plivo: {
    title: "Plivo",
    url: "plivo",
    dashboardUrl: "https://cx.plivo.com/home",
    howToMake: "Account, Settings, Credentials, Generate Auth Token, and choose to keep the old token.",
    howToRevoke: "Account, Settings, Credentials, and revoke the old token.",
    notes: ["The Auth ID stays the same: only the token is new."],
  },
  gupshup: {
    title: "Gupshup Enterprise SMS",
    url: "gupshup",
    dashboardUrl: "https://enterprise.smsgupshup.com",
    howToMake:
      "Ask Gupshup's support for a second user id of the enterprise account, with a password of its own.",
    howToRevoke: "Log in as the old user id and change its password to one that nobody keeps.",
    notes: [
      "A user id has one password, and a new one ends the old at once: two keys that work side by side are two user ids.",
      "The probe asks for a message to a number that is none, for the API has no call that only reads. That it looks at the password before the number is unconfirmed.",
      "The keys and secrets of its WhatsApp product (Customer Secret, 90 days) are others.",
    ],
  },
  kaleyra: {
    title: "Kaleyra",
    url: "kaleyra",
    dashboardUrl: "https://www.kaleyra.io",
    howToMake: "Developers, API Keys, Generate API Key.",
    howToRevoke: "Developers, API Keys, Edit in the menu of the key, clear Active, Save.",
    notes: [
      ANY_ADDRESS,
      "A key dies without a word when the team member who made it is deleted.",
      "An account with an API Domain of its own (api.in, api.ap or api.eu.kaleyra.io) needs DUALKEY_KALEYRA_URL.",
    ],
  },
  telnyx: {
    title: "Telnyx",
    url: "telnyx",
    dashboardUrl: "https://portal.telnyx.com",
    howToMake: "API Keys in the menu of the user name, Create API Key. It is shown once.",
    howToRevoke: "API Keys, and delete the key.",
    notes: ["The expiry that the dialog offers, where one is set, is to be handed in with the key."],
  },
  "sinch-sms": {
    title: "Sinch SMS",
    url: "sinchSms",
    dashboardUrl: "https://dashboard.sinch.com/sms/api/rest",
    howToMake: "APIs, REST configuration, and make a new API token for the service plan.",
    howToRevoke: "APIs, REST configuration, and remove the old token of the service plan.",
    notes: [
      "Whether the old token of a service plan works on beside a new one is unconfirmed: try it with a plan that nobody uses.",
      "A service plan outside the US needs DUALKEY_SINCH_SMS_URL, such as https://eu.sms.api.sinch.com: another region answers 401.",
    ],
  },
  messagebird: {
    title: "MessageBird",
    url: "messageBird",
    dashboardUrl: "https://dashboard.messagebird.com/en/developers/access",
    howToMake: "Developers, API access, Add access key, in live mode: a test key sends nothing.",
    howToRevoke: "Developers, API access, and delete the key.",
  },
  postmark: {
    title: "Postmark",
    url: "postmark",
    dashboardUrl: "https://account.postmarkapp.com/servers",
    howToMake: "Open the server, API Tokens, Generate another token.",
    howToRevoke: "Open the server, API Tokens, and remove the old token.",
  },
};
