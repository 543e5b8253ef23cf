/**
 * Where each vendor's API is: its own address, and the variable of the function's environment that overrides it, for the
 * sandbox, a region, or an account of one's own. There is no other way to change where a credential goes.
 *
 * (AWS's own addresses come from the SDK's variables, such as `AWS_ENDPOINT_URL_IAM`.)
 */
export const PROVIDER_URLS = {
  startMessaging: { variable: "DUALKEY_STARTMESSAGING_URL", url: "https://api.startmessaging.com" },
  twilioApi: { variable: "DUALKEY_TWILIO_API_URL", url: "https://api.twilio.com" },
  twilioIam: { variable: "DUALKEY_TWILIO_IAM_URL", url: "https://iam.twilio.com" },
  twilioAccounts: { variable: "DUALKEY_TWILIO_ACCOUNTS_URL", url: "https://accounts.twilio.com" },
  vonage: { variable: "DUALKEY_VONAGE_URL", url: "https://api.nexmo.com" },
  infobip: { variable: "DUALKEY_INFOBIP_URL", url: "https://api.infobip.com" },
  sendGrid: { variable: "DUALKEY_SENDGRID_URL", url: "https://api.sendgrid.com" },
  // The vendor's own, as its README and its examples' `.env` name it; an OptStuff that somebody runs has another.
  optStuff: { variable: "DUALKEY_OPTSTUFF_URL", url: "https://optstuff.vercel.app" },
  msg91: { variable: "DUALKEY_MSG91_URL", url: "https://control.msg91.com" },
  exotel: { variable: "DUALKEY_EXOTEL_URL", url: "https://api.exotel.com" },
  plivo: { variable: "DUALKEY_PLIVO_URL", url: "https://api.plivo.com" },
  gupshup: { variable: "DUALKEY_GUPSHUP_URL", url: "https://enterprise.smsgupshup.com" },
  kaleyra: { variable: "DUALKEY_KALEYRA_URL", url: "https://api.kaleyra.io" },
  telnyx: { variable: "DUALKEY_TELNYX_URL", url: "https://api.telnyx.com" },
  sinchSms: { variable: "DUALKEY_SINCH_SMS_URL", url: "https://us.sms.api.sinch.com" },
  messageBird: { variable: "DUALKEY_MESSAGEBIRD_URL", url: "https://rest.messagebird.com" },
  postmark: { variable: "DUALKEY_POSTMARK_URL", url: "https://api.postmarkapp.com" },
} as const satisfies Readonly<Record<string, { readonly variable: string; readonly url: string }>>;

export type ProviderUrlName = keyof typeof PROVIDER_URLS;

/** A base URL for each vendor: the environment's, else its own. */
export type ProviderUrls = Readonly<Record<ProviderUrlName, string>>;
