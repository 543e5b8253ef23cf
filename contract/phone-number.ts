const DATE = String.raw`(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)`;
const ACCOUNT = String.raw`arn:[\w-]*:[\w-]*:[\w-]*:\d{12}(?!\d)`;
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** The number of a run of CI, behind its noun in a link. */
const RUN = String.raw`/(?:runs?|jobs?|builds?|pipelines?)/\d+(?!\d)`;

/** Ten digits or more, as people write them: with spaces, dashes and brackets between. A date never is a part of one. */
const NUMBER = String.raw`(?<![A-Za-z0-9])\+?\(?\d(?:[ ()-]{0,2}(?!${DATE})\d){9,}(?![A-Za-z0-9])`;

const KEPT_OR_NUMBER = new RegExp(`(${[DATE, ACCOUNT, UUID, RUN].join("|")})|${NUMBER}`, "gi");

/**
 * Takes what could be a phone number out of a text: phone numbers are persons. Dates and times, UUIDs, the account in an
 * ARN, and the number of a run of CI in its link stay; other ids of ten digits and more go with them.
 */
export function maskPhoneNumbers(text: string): string {
  return text.replace(KEPT_OR_NUMBER, (found, kept: string | undefined) => kept ?? withoutDigits(found));
}

function withoutDigits(number: string): string {
  return `[${number.replace(/\D/g, "").length} digits withheld]`;
}
