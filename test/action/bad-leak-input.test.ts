import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startWorld, type World } from "./a-responder.ts";
import { anAnswer, anIncident } from "./an-incident.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
beforeEach(() => world.answers(anAnswer(anIncident())));
afterAll(() => world?.close());

/** Made for a test: what a vendor's key looks like. */
const KEYS = [
  "sk_live_seed0123456789abcdef",
  "aB3dE5fG7hJ9kL1m",
  "SG.abcdefghijkl0123456789.mnopqrstuvwxyz0123456789ABCD",
];

describe("a mistaken request about a leak", () => {
  it.each([
    [{ "deadline-seconds": "0" }, "deadline-seconds: is no time to replace a key in"],
    [{ "deadline-seconds": "soon" }, "deadline-seconds: is not a whole number of seconds"],
    [{ mode: "quick" }, "mode: is neither replace-first nor revoke-first"],
    [{ "leaked-at": "yesterday" }, "leaked-at: is not a UTC time such as 2026-04-14T08:00:00Z"],
    [
      { which: "two words" },
      "which: is not a key's id, the sha256 of its value (64 hexadecimal digits), or all",
    ],
    [{ reason: "" }, "reason: is empty"],
    [{ secret: "" }, "secret: is missing"],
    [{ drill: "yes" }, 'drill: is "yes", which is unknown. Use one of: false, true'],
    [{ "post-mortem": "maybe" }, 'post-mortem: is "maybe", which is unknown'],
    [{ "key-id": "key_7f3a" }, "key-id: is for revoke. Leave it out for leak-response"],
    [{ operation: "revoke" }, "key-id: is missing. Give the provider's id of the key"],
    [
      { operation: "revoke", "key-id": "k1", which: "k1" },
      "which: is for leak-response. Leave it out for revoke",
    ],
    [{ operation: "rotate", drill: "true" }, "drill: is for leak-response. Leave it out for rotate"],
    [{ deployment: "keys" }, "input deployment is keys, and other belongs to other"],
  ])("is refused before anything is asked for: %o", async (inputs, expected) => {
    const { exitCode, stdout, summary } = await world.run(inputs as Record<string, string>);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(expected);
    expect(summary).not.toBe("");
    expect(world.asked).toEqual([]);
  });

  it("is told of all its problems at once, by the names of the inputs", async () => {
    const inputs = {
      "deadline-seconds": "0",
      mode: "quick",
      "leaked-at": "yesterday",
      reason: "",
      "key-id": "k1",
    };
    const { summary } = await world.run(inputs);
    for (const name of Object.keys(inputs)) expect(summary).toContain(`- ${name}: `);
  });
});

describe("a key that was pasted in a hurry", () => {
  it.each([
    "secret",
    "reason",
    "mode",
    "leaked-at",
    "deadline-seconds",
    "drill",
    "deployment",
    "operation",
    "post-mortem",
  ])("into %s is not shown", async (name) => {
    for (const key of KEYS) {
      const { everything } = await world.run({ [name]: key });
      // A short one in a reason cannot be told from a word.
      if (name !== "reason" || key.length > 20) expect(everything).not.toContain(key);
    }
  });

  it.each(["which", "key-id"])(
    "into %s is not shown, neither by the responder's refusal nor by its error",
    async (name) => {
      const operation = name === "which" ? "leak-response" : "revoke";
      for (const key of KEYS) {
        const refusal = {
          operation,
          outcome: "refuse",
          goesOn: false,
          because: `no key has the id ${key}`,
        } as const;
        const { incident: _, ...answer } = anAnswer(anIncident(), {
          ...refusal,
          result: `refused: no key has the id ${key}`,
          next: `Look for ${key} in status`,
        });
        for (const turn of [answer, new Error(`no key has the id ${key}`)]) {
          world.answers(turn);
          const { everything, exitCode } = await world.run({ operation, [name]: key });
          expect(exitCode).toBe(1);
          expect(everything).not.toContain(key);
          expect(everything).toContain("[what was given]");
        }
      }
    },
  );

  it("is not shown where the responder waits, and does not say that it knows it", async () => {
    for (const key of KEYS) {
      const held = [{ because: `nothing shows what ${key} is`, keyId: key, alarm: true }];
      const waiting = {
        operation: "revoke",
        outcome: "wait",
        goesOn: false,
        result: `${key} waits`,
        held,
      } as const;
      const { incident: _, ...answer } = anAnswer(anIncident(), waiting);
      world.answers(answer);
      const { everything, summary } = await world.run({ operation: "revoke", "key-id": key });
      expect(everything).not.toContain(key);
      expect(summary).toContain("If it is one, this run has it in its inputs and its log");
    }
  });

  it("is told from the id of a key that was revoked, which is shown", async () => {
    const keyId = "3b1f2a60-5a0e-4c3b-9d5e-0c6d3f1a2b4c";
    const effect = {
      effect: "revoke-key",
      because: "an operator has named it",
      outcome: "applied",
      keyId,
    } as const;
    const { incident: _, ...answer } = anAnswer(anIncident(), {
      operation: "revoke",
      outcome: "wait",
      effects: [effect],
    });
    world.answers(answer);
    const { summary } = await world.run({ operation: "revoke", "key-id": keyId });
    expect(summary).toContain(`key \`${keyId}\``);
    expect(summary).not.toContain("If it is one");
  });

  it("into the deployment whose keys are looked through is not shown", async () => {
    const key = "aB3dE5fG7hJ9kL1m";
    const inputs = { operation: "find-key", sha256: "0".repeat(64), secret: "", deployment: key };
    const { everything, exitCode } = await world.run(inputs);
    expect(exitCode).toBe(1);
    expect(everything).not.toContain(key);
  });

  it("is named as a leak of its own: inputs stand in the run's log", async () => {
    const { incident: _, ...answer } = anAnswer(anIncident(), { outcome: "refuse", goesOn: false });
    world.answers(answer);
    const { summary } = await world.run({ which: KEYS[0] ?? "" });
    expect(summary).toContain("If it is one, this run has it in its inputs and its log");
  });
});
