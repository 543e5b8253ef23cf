import type { Report } from "../../report/report.ts";
import { grouped } from "../../screen/paint.ts";
import { type Html, html } from "../html.ts";
import { lasting, toneOf } from "../wording.ts";

/** Writes the top of the page: the result in a sentence, and what it is about in some more. */
export function writeOpening(reports: readonly [Report, ...Report[]]): Html {
  const [main, other] = reports;
  return html`
<header class="opening">
  <p class="brand"><b>dualkey</b> rehearsal</p>
  <h1>${headline(main)}</h1>
  ${other && html`<p class="contrast">${compared(other)}</p>`}
  ${alarm(main)}
</header>`;
}

/** Writes what was done, for somebody who has never heard of it, and what has to be known about this vendor. */
export function writeAbout({ logins, vendor, scenario, notes }: Report): Html {
  return html`
<section class="about" aria-labelledby="about">
  ${aboutWhat({ vendor, scenario })}
  <p class="fine">This page is a recording: ${logins.perSecond} logins per second against a fake
  ${vendor.title} over real HTTP and an embedded AWS, all on one machine. The rotation code is what runs in
  production. ${notes.join(" ")}</p>
</section>`;
}

function aboutWhat({ vendor, scenario }: Pick<Report, "vendor" | "scenario">): Html {
  if (scenario === "leak") return ABOUT_LEAK;
  return vendor.cutover === "in-place" ? aboutInPlace(vendor) : aboutCutover(vendor);
}

const ABOUT_LEAK = html`<h2 id="about">What is a leak response?</h2>
  <p>A key in wrong hands is abused within a minute, on its owner’s bill. dualkey is told that it leaked, by its id or by
  the hash of its value, <b>never by the value</b>. It marks the leak, so that whoever comes next goes on with it; puts a
  clean key in its place, which services read when the old one is refused; revokes the leaked one; proves that it is
  dead; and looks through everything that was sent for what was not the owner’s.</p>`;

function aboutCutover({ cutover, title }: Report["vendor"]): Html {
  const byHand = html` ${title} has no API for keys: here a person makes the new key, hands it in, and revokes the old
  one when dualkey’s alarm asks for it.`;
  return html`<h2 id="about">What is a dual-key cutover?</h2>
  <p>A service sends login codes with an API key, and keeps the key that it has read for some seconds. Revoke that
  key the moment it is replaced, and every login in those seconds fails. A cutover lets <b>two keys work at
  once</b>: make the new one, try it, hand it out, wait until nobody uses the old one (by the vendor’s own records, where
  it has them), and only then revoke it and prove that it is dead.${cutover === "by-hand" ? byHand : undefined}</p>`;
}

function aboutInPlace({ title }: Report["vendor"]): Html {
  return html`<h2 id="about">What is a rotation in place?</h2>
  <p>A service sends login codes with a credential, and keeps the one that it has read for some seconds. Of this kind,
  ${title} lets <b>no two work at once</b>: the new one takes the old one’s place, and whoever still has the old one
  fails until it has read the new one. dualkey does that only where the policy says in words for how long logins may
  fail, and this page shows for how long they did.</p>`;
}

/** The result in plain words, for a title. */
export function plainHeadline(report: Report): string {
  const { start, result, where } = wordsOf(report);
  return `${start} ${result}${where}`;
}

function headline(report: Report): Html {
  const { start, result, where } = wordsOf(report);
  return html`${start} <em class="${toneOf(report)}">${result}</em>${where}`;
}

function wordsOf({ logins, keys, scenario, outage, goingBack, held, leak }: Report): {
  readonly start: string;
  readonly result: string;
  readonly where: string;
} {
  const isReplaced = keys.some(({ replaced }) => replaced !== null);
  const by = scenario === "naive" ? " by a script" : scenario === "chaos" ? " under chaos" : "";
  const start = isReplaced
    ? `${grouped(logins.total)} logins while the key was replaced${by}.`
    : `${grouped(logins.total)} logins, and the key was not replaced.`;
  const failed = `${grouped(logins.failed)} failed`;
  if (leak) {
    const isAlone = scenario === "leak" || !isReplaced;
    const what = isAlone ? "a key leaked" : `the key was replaced${by}, and leaked`;
    const seconds = leak.containmentSeconds;
    const where =
      seconds === null ? " The leaked key lives." : ` The leaked key was dead in ${lasting(seconds)}.`;
    return { start: `${grouped(logins.total)} logins while ${what}.`, result: `${failed}.`, where };
  }
  if (goingBack) {
    const where = goingBack.back === null ? "." : ", until the old key was back.";
    return {
      start: `${grouped(logins.total)} logins, and a new key that is refused.`,
      result: failed,
      where,
    };
  }
  if (held) {
    const where = ` The old key is kept, for ${held.service} uses it.`;
    return {
      start: `${grouped(logins.total)} logins while the key was replaced.`,
      result: `${failed}.`,
      where,
    };
  }
  if (outage === null) return { start, result: `${failed}.`, where: "" };
  return { start, result: failed, where: `, in an outage of ${lasting(outage.seconds)}.` };
}

function compared(report: Report): Html {
  const { logins, scenario } = report;
  const by = scenario === "naive" ? "by the script that most teams have" : `in “${scenario}”`;
  return html`The same replacement, done ${by}: <strong class="bad">${grouped(logins.failed)} of
    ${grouped(logins.total)} logins failed.</strong>`;
}

/** Says it where a rehearsal is not as it has to be. */
function alarm({ passed, waitedFor, scenario }: Report): Html | undefined {
  if (passed) return undefined;
  return html`<div class="alarm" role="note"><p><b>This rehearsal (${scenario}) did not pass.</b> What failed is marked below.</p>
    ${waitedFor.map((text) => html`<p>It was waiting: ${text}</p>`)}</div>`;
}
