import { describe, expect, it } from "vitest";
import { duration, instruction, prose } from "../../action/markdown.ts";
import { judgeAnswer, judgeIncident } from "../../action/verdict.ts";
import type { IncidentKey } from "../../contract/incident-record.ts";
import { anAnswer, anIncident, anOpenIncident } from "./an-incident.ts";

const [key] = anIncident().keys;
if (key === undefined) throw new Error("the incident has no key");
const keys = (...states: IncidentKey["state"][]) => states.map((state) => ({ ...key, state }));
const words = (...states: IncidentKey["state"][]) => judgeIncident(anIncident({ keys: keys(...states) }));

describe("the first line about an incident", () => {
  it("counts the keys that work, whatever became of the others", () => {
    expect(words("proven", "alive", "revoked")).toEqual({
      kind: "alive",
      words: "1 of 3 leaked keys STILL WORKS, 7 s after the response began",
    });
    expect(words("alive", "alive").words).toContain("2 of 2 leaked keys STILL WORK,");
  });

  it("is as good as the weakest proof among the keys", () => {
    expect(words("proven", "proven").words).toBe(
      "2 leaked keys contained in 4.2 s, proven dead. The new key is current",
    );
    expect(words("proven", "revoked").kind).toBe("unproven");
    expect(words("listed-gone", "unproven").kind).toBe("unproven");
    expect(words("proven", "listed-gone")).toMatchObject({
      kind: "dead",
      words: expect.stringContaining("listed gone"),
    });
  });

  it("takes an open incident for a key that works, though none is named yet", () => {
    expect(judgeIncident(anOpenIncident({ keys: [] }))).toMatchObject({
      kind: "alive",
      words: expect.stringContaining("a leaked key STILL WORKS"),
    });
  });

  it("says nothing of a new key where none was needed", () => {
    const { replacement: _, ...incident } = anIncident();
    expect(judgeIncident(incident).words).toBe("leaked key contained in 4.2 s, proven dead");
  });

  it("is never one of success where an answer holds no proof", () => {
    const { incident: _, ...bare } = anAnswer(anIncident());
    for (const outcome of ["done", "wait"] as const) {
      expect(judgeAnswer({ ...bare, outcome }).kind).toBe("unknown");
    }
    expect(judgeAnswer({ ...bare, outcome: "refuse" }).kind).toBe("refused");
    expect(judgeAnswer({ ...bare, proof: "unproven" }).kind).toBe("unproven");
    expect(judgeAnswer(undefined).kind).toBe("unknown");
  });
});

describe("what others wrote", () => {
  it("calls nobody, and links to nothing", () => {
    expect(prose("@ops see #12 at https://evil.example/x, <b>now</b>")).toBe(
      "@&#8203;ops see #&#8203;12 at `https://evil.example/x`, \\<b\\>now\\</b\\>",
    );
  });

  it("keeps the links of dualkey's own sentences whole", () => {
    expect(
      instruction("Revoke it at https://my.exotel.com/apisettings/site#api-credentials: it is there."),
    ).toBe("Revoke it at <https://my.exotel.com/apisettings/site#api-credentials>: it is there.");
  });
});

describe("how long something took", () => {
  it.each([
    [0.128, "0.13 s"],
    [4.24, "4.2 s"],
    [75, "75 s"],
    [600, "10 min"],
    [7_200, "2 h"],
    [12_000, "3 h 20 min"],
    [2_592_000, "30 d"],
    [2_599_200, "30 d 2 h"],
  ])("is said in the units that matter: %d seconds", (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
  });
});
