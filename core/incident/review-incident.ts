import { stalenessOf } from "../../contract/consumer-policy.ts";
import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { Policy } from "../../contract/policy.ts";
import type { SendReview } from "../../contract/send-review.ts";
import { currentOf, keyOf } from "../cutover/ledger.ts";
import type { Call } from "../cutover/ports.ts";
import { readSends } from "../review/read-sends.ts";
import { SendReviewer } from "../review/review-sends.ts";
import type { Ports } from "../run.ts";

/** How a review is made. */
export interface Reviewing {
  readonly ports: Pick<Ports, "provider" | "secrets" | "clock">;
  readonly policy: Pick<Policy, "consumers">;
  /** When no page is asked for any more. */
  readonly deadlineMs: number;
  readonly call: Call;
}

/**
 * Reviews what was sent while a key was exposed, with the key that is current now; nothing where the provider lists no
 * sends, or no key is there to ask with.
 *
 * @throws ProviderUnavailableError, ProviderRejectedError where the secret cannot be read
 */
export async function reviewIncident(
  incident: IncidentRecord,
  { ports, policy, deadlineMs, call }: Reviewing,
): Promise<SendReview | undefined> {
  const { provider, secrets, clock } = ports;
  const { listSends } = provider;
  const { sends } = provider.capabilities;
  const key = keyOf(currentOf(await secrets.read(call)));
  if (listSends === undefined || sends === undefined || key === undefined) return undefined;
  const exposure = { sinceMs: Date.parse(incident.exposure.since), untilMs: clock.now() };
  const { promotedAt } = incident.replacement ?? {};
  const reviewer = new SendReviewer({
    exposure,
    leakedKeyIds: incident.keys.flatMap(({ keyId }) => keyId ?? []),
    graceSeconds: Math.max(0, ...policy.consumers.map((consumer) => stalenessOf(consumer) ?? 0)),
    ...(promotedAt === undefined ? {} : { cutoverAtMs: Date.parse(promotedAt) }),
    ...(incident.containedAt === undefined ? {} : { containedAtMs: Date.parse(incident.containedAt) }),
  });
  const coverage = await readSends({
    list: (range) => listSends.call(provider, { credential: key.fields, ...range }, call),
    reviewer,
    exposure,
    now: () => clock.now(),
    deadlineMs,
    ...(sends.reachHours === undefined ? {} : { reachHours: sends.reachHours }),
  });
  return reviewer.finish(coverage);
}
