import { describe, expect, it } from "vitest";
import { markerOf, updatePostMortem, writePostMortem } from "../../action/post-mortem-text.ts";
import type { IncidentEffect } from "../../contract/incident-record.ts";
import { anIncident, REVIEW } from "./an-incident.ts";

const body = (differs: Parameters<typeof anIncident>[0] = {}) =>
  writePostMortem(anIncident(differs), undefined).body;
const [run] = anIncident().runs;
const [finding] = REVIEW.findings;
if (run === undefined || finding === undefined) throw new Error("the incident has no run, or no finding");

const effects = (count: number): IncidentEffect[] =>
  Array.from({ length: count }, (_, i) => ({
    at: new Date(Date.UTC(2026, 3, 14, 21, 0, i)).toISOString(),
    effect: "revoke-key",
    because: "it leaked, and the vendor does not answer ".repeat(40),
    outcome: "unknown",
    keyId: `key_${i}`,
  }));

describe("the text of a post-mortem", () => {
  it("lets nothing that was quoted call people, link, hide, or look like its marks", () => {
    const bad = "@ops <img src=x> [a](https://evil.example) #12 | `x` <!-- dualkey:end";
    const text = body({
      runs: [{ ...run, reason: bad }],
      held: [{ because: bad, alarm: true }],
      effects: [{ ...effects(1)[0], failure: bad, because: bad } as IncidentEffect],
      review: { ...REVIEW, findings: [{ ...finding, reason: bad }] },
    });
    const outside = text.replace(/`[^`\n]*`/g, "").replaceAll(/<https:[^>]*>/g, "");
    expect(outside).not.toMatch(/@ops|(?<!\\)<img|#12|(?<!\\)\[a/);
    expect(text.match(/<!--/g)).toHaveLength(2);
    const rows = text.split("\n").filter((line) => line.startsWith("| 2026-"));
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
  });

  it("shows no phone number whole, even where one slipped into a sentence", () => {
    const text = body({
      review: { ...REVIEW, findings: [{ ...finding, reason: "40 sends to +919812345210" }] },
    });
    expect(text).not.toContain("919812345210");
    expect(text).toContain("+2169•••••210");
  });

  it.each(["key-birth", "leaked-at"] as const)(
    "never advises another run, which may be another leak: exposed since %s",
    (sinceIs) => {
      const { since, until } = anIncident().exposure;
      expect(body({ exposure: { since, until, sinceIs } })).not.toMatch(
        /again with|Run the workflow|leaked-at/,
      );
    },
  );

  it("says once what was tried again and again, and how often", () => {
    const [effect] = effects(1);
    if (effect === undefined) throw new Error("there is no effect");
    const text = body({ effects: [{ ...effect, times: 40, lastAt: "2026-04-14T21:01:30.000Z" }] });
    expect(text).toContain("**outcome unknown**, 40 times, last at 21:01:30 UTC");
  });

  it("stays below GitHub's limit, keeps its end and the questions, and says that it was cut", () => {
    const text = body({ effects: effects(500), keys: [] });
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain("_Cut here: GitHub takes no longer text.");
    expect(text).toContain("- [ ] How did it leak");
    const grown = `${text}${"what people wrote ".repeat(500)}`;
    const updated = updatePostMortem(grown, anIncident({ effects: effects(500) }), undefined);
    expect(updated.length).toBeLessThanOrEqual(65_536);
    expect(updated).toMatch(/what people wrote $/);
  });

  it("keeps all that people wrote where they have taken its marks away", () => {
    const incident = anIncident();
    const marker = markerOf(incident);
    const written = body()
      .replace(/<!-- dualkey:end:.*-->/, "")
      .concat("Ours.");
    const updated = updatePostMortem(written, incident, undefined);
    expect(updated).toMatch(/Ours\.$/);
    expect(updated.split(marker)).toHaveLength(2);
    expect(updatePostMortem(updated, incident, undefined)).toBe(updated);
  });

  it("is another incident's where the time, the target, or the secret's account is another", () => {
    const markers = [
      anIncident(),
      anIncident({ id: "20260414T210001.000Z-all" }),
      anIncident({ secretArn: "arn:aws:secretsmanager:us-east-1:210987654321:secret:other-AbCdEf" }),
    ].map(markerOf);
    expect(new Set(markers).size).toBe(3);
  });

  it("names the keys that nobody knows, and what part of the sends nobody has read", () => {
    const text = body({
      unknownKeys: [{ keyId: "key_0bad", createdAt: "2026-04-14T18:30:00.000Z" }],
      review: {
        ...REVIEW,
        coverage: { kind: "partial", because: "the vendor keeps 48 hours" },
        moreFindings: 3,
      },
    });
    expect(text).toContain("- `key_0bad`, made 2026-04-14 18:30:00 UTC");
    expect(text).toContain("**Not all sends were read**: the vendor keeps 48 hours.");
    expect(text).toContain("3 more, of lower rank");
  });
});
