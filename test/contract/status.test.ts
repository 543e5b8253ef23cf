import { describe, expect, it } from "vitest";
import type { KeyStatus } from "../../contract/key-status.ts";
import { formatLabel, type Label } from "../../contract/labels.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { type DescribedSecret, formatStatus, type PolicyReading, statusOf } from "../../contract/status.ts";

const NOW = Date.parse("2026-04-14T08:00:00.000Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OLD = "aaaaaaaa-0000-4000-8000-000000000000";
const NEW = "bbbbbbbb-0000-4000-8000-000000000000";

const POLICY: PolicyReading = {
  kind: "policy",
  policy: parsePolicy(
    JSON.stringify({
      version: 1,
      secret: "prod/otp",
      environment: "production",
      provider: { id: "startmessaging" },
      minOverlapSeconds: 3600,
      quietForSeconds: 60,
      maxOverlapSeconds: 7200,
      atMaxOverlap: "hold",
      consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
    }),
    "policy",
  ),
};

type Dated = Exclude<
  Extract<Label, { readonly v8: string; readonly atMs: number }>["kind"],
  "making" | "waived"
>;

const dated = (id: string, kind: Dated, agoMs: number) =>
  formatLabel({ kind, v8: id.slice(0, 8), atMs: NOW - agoMs });
const leaked = (target: string, agoMs: number, leftMs: number) =>
  formatLabel({ kind: "leaked", target, atMs: NOW - agoMs, deadlineMs: NOW + leftMs });

const paused = (agoMs: number) => formatLabel({ kind: "paused", atMs: NOW - agoMs });
const waived = (id: string, scope: "unknown" | "used") =>
  formatLabel({ kind: "waived", v8: id.slice(0, 8), scope, atMs: NOW - HOUR });
const making = (id: string, agoMs: number) =>
  formatLabel({ kind: "making", target: id.slice(0, 8), nonce: "0123456789abcdef", atMs: NOW - agoMs });

/** A secret whose versions have these labels. */
function aSecret(
  stages: Readonly<Record<string, readonly string[]>>,
  differs: Partial<DescribedSecret> = {},
): DescribedSecret {
  return {
    arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/otp-AbCdEf",
    name: "prod/otp",
    deployment: "keys",
    isDeleted: false,
    rotationEnabled: true,
    changedAtMs: NOW - HOUR,
    versions: Object.entries(stages).map(([id, stages]) => ({ id, stages })),
    ...differs,
  };
}

const look = (secret: DescribedSecret, reading: PolicyReading = POLICY) => statusOf(secret, reading, NOW);
const codes = (secret: DescribedSecret, reading: PolicyReading = POLICY) =>
  look(secret, reading).findings.map(({ code }) => code);
const phases = (secret: DescribedSecret) =>
  Object.fromEntries(look(secret).keys.map(({ versionId, phase }) => [versionId, phase]));

describe("the phase of a key", () => {
  const current = ["AWSCURRENT", dated(NEW, "live", DAY)];
  const retiring = ["AWSPREVIOUS", dated(OLD, "live", 9 * DAY), dated(OLD, "replaced", HOUR / 2)];

  it.each<[string, readonly string[], KeyStatus["phase"]]>([
    ["is empty while a rotation has only a place for it", ["AWSPENDING"], "empty"],
    ["is pending once its key is stored", ["AWSPENDING", dated(OLD, "live", 1_000)], "pending"],
    ["is retiring when it is replaced and not proven dead", retiring, "retiring"],
    ["is condemned when a revoke is coming", [...retiring, dated(OLD, "condemned", 1_000)], "condemned"],
    [
      "is retired when live is off, whatever litter is left",
      ["AWSPREVIOUS", dated(OLD, "replaced", HOUR)],
      "retired",
    ],
  ])("%s", (_, stages, phase) => {
    expect(phases(aSecret({ [OLD]: stages, [NEW]: current }))).toEqual({ [NEW]: "current", [OLD]: phase });
  });

  it("is not told of a version that dualkey has never seen", () => {
    expect(phases(aSecret({ [OLD]: ["AWSPREVIOUS", "mine"], [NEW]: ["AWSCURRENT"] }))).toEqual({
      [NEW]: "current",
    });
  });

  it("is told with the current key first, and with its id where a label has it", () => {
    const id = formatLabel({
      kind: "id",
      v8: OLD.slice(0, 8),
      keyId: "k1",
      provider: "startmessaging",
      account: "u1",
    });
    const { keys } = look(aSecret({ [OLD]: [...retiring, id], [NEW]: current }));
    expect(keys.map(({ versionId, keyId }) => [versionId, keyId])).toEqual([
      [NEW, undefined],
      [OLD, "k1"],
    ]);
  });

  it("says what comes next: the end of the overlap while it lasts, then evidence", () => {
    const next = (replacedAgoMs: number) =>
      look(
        aSecret({
          [OLD]: [dated(OLD, "live", DAY), dated(OLD, "replaced", replacedAgoMs)],
          [NEW]: current,
        }),
      ).keys[1]?.nextStep;
    expect(next(HOUR / 2)).toBe("works on until 2026-04-14T08:30:00.000Z at the least");
    expect(next(HOUR)).toBe("is revoked when evidence shows that consumers have moved");
  });
});

describe("what comes next", () => {
  const current = ["AWSCURRENT", dated(NEW, "live", DAY)];
  const old = [dated(OLD, "live", DAY), dated(OLD, "replaced", HOUR)];
  const nextOf = (id: string, stages: Record<string, readonly string[]>) =>
    look(aSecret(stages)).keys.find(({ versionId }) => versionId === id)?.nextStep;

  it.each<[string, string, Record<string, readonly string[]>, string]>([
    ["a current key in a freeze", NEW, { [NEW]: [...current, paused(HOUR)] }, "stays until resume"],
    [
      "a pending key in a freeze",
      OLD,
      { [OLD]: ["AWSPENDING", dated(OLD, "live", HOUR)], [NEW]: [...current, paused(HOUR)] },
      "waits for resume",
    ],
    [
      "a retiring key in a freeze",
      OLD,
      { [OLD]: old, [NEW]: [...current, paused(HOUR)] },
      "works on until resume",
    ],
    [
      "a key that an operator retires",
      OLD,
      { [OLD]: [...old, waived(OLD, "unknown")], [NEW]: current },
      "is revoked without evidence, unless it is seen in use",
    ],
    [
      "one that goes even if it is used",
      OLD,
      { [OLD]: [...old, waived(OLD, "unknown"), waived(OLD, "used")], [NEW]: current },
      "is revoked without evidence, even if it is used",
    ],
    [
      "a key that a run is making",
      OLD,
      { [OLD]: ["AWSPENDING"], [NEW]: [...current, making(OLD, 1_000)] },
      "is being made by the rotation under way",
    ],
  ])("is said of %s", (_, id, stages, expected) => {
    expect(nextOf(id, stages)).toContain(expected);
  });

  it("is told with the time of the freeze, for other programs", () => {
    expect(formatStatus(look(aSecret({ [NEW]: [...current, paused(HOUR)] })))).toMatchObject({
      pausedAt: "2026-04-14T07:00:00.000Z",
    });
  });
});

describe("a leak", () => {
  const stages = {
    [OLD]: ["AWSPREVIOUS", dated(OLD, "live", 2 * DAY), dated(OLD, "replaced", HOUR)],
    [NEW]: ["AWSCURRENT", dated(NEW, "live", HOUR)],
  };
  const marked = (text: string) => {
    const { keys, phase } = look(aSecret({ ...stages, [NEW]: [...stages[NEW], text] }));
    return {
      phase,
      leaked: keys.filter(({ marks }) => marks.includes("leaked")).map(({ versionId }) => versionId),
    };
  };

  it("of all keys taints those born before it, and no later one", () => {
    expect(marked(leaked("all", 2 * HOUR, HOUR))).toEqual({ phase: "leaked", leaked: [OLD] });
    expect(marked(leaked("all", 0, HOUR))).toEqual({ phase: "leaked", leaked: [NEW, OLD] });
  });

  it("of one key taints that one, wherever its label is", () => {
    expect(marked(leaked("aaaaaaaa", 0, HOUR))).toEqual({ phase: "leaked", leaked: [OLD] });
  });

  it("of a key that no label knows taints none, and is an alarm that names it", () => {
    const text = leaked("k9", HOUR, -1);
    const secret = aSecret({ ...stages, [NEW]: [...stages[NEW], text] });
    expect(marked(text).leaked).toEqual([]);
    const [finding] = look(secret).findings;
    expect(finding).toMatchObject({ severity: "alarm", code: "leak-open" });
    // The first run is the responder's; those of the clock are the rotator's.
    expect(finding?.message).toMatch(/log of the responder.*the rotator's/);
    expect(look(secret).findings[0]?.message).toContain("key k9 was to be dead by");
  });
});

describe("findings", () => {
  const steady = { [NEW]: ["AWSCURRENT", dated(NEW, "live", DAY)] };

  it("are none on a secret that owes nothing", () => {
    expect(look(aSecret(steady))).toMatchObject({ phase: "steady", findings: [] });
  });

  it.each<[string, DescribedSecret, string[]]>([
    [
      "a label that looks like ours",
      aSecret({ [NEW]: [...steady[NEW], "dualkey:alive"] }),
      ["label-not-understood"],
    ],
    [
      "a label of ours on another version than its own",
      aSecret({ [NEW]: [...steady[NEW], dated(OLD, "replaced", 0)] }),
      ["label-not-understood"],
    ],
    ["rotation that is off", aSecret(steady, { rotationEnabled: false }), ["rotation-off"]],
    [
      "a rotation that the schedule has missed by a day",
      aSecret(steady, { nextRotationAtMs: NOW - DAY - 1 }),
      ["rotation-overdue"],
    ],
    ["no rotation that is late by less", aSecret(steady, { nextRotationAtMs: NOW - DAY }), []],
    ["no current key", aSecret({}), ["no-key"]],
    ["a current key outside of the ledger", aSecret({ [NEW]: ["AWSCURRENT"] }), ["not-in-ledger"]],
    [
      "an empty AWSPENDING, by the secret's last change",
      aSecret({ ...steady, [OLD]: ["AWSPENDING"] }, { changedAtMs: NOW - DAY - 1 }),
      ["pending-stuck"],
    ],
    ["no AWSPENDING of a day", aSecret({ ...steady, [OLD]: ["AWSPENDING"] }, { changedAtMs: NOW - DAY }), []],
    [
      "a pending key by its birth, whatever has changed since",
      aSecret({ ...steady, [OLD]: ["AWSPENDING", dated(OLD, "live", DAY + 1)] }),
      ["pending-stuck"],
    ],
    [
      "a retiring key past its maximum overlap",
      aSecret({ ...steady, [OLD]: [dated(OLD, "live", DAY), dated(OLD, "replaced", 2 * HOUR + 1)] }),
      ["retirement-overdue"],
    ],
    [
      "no retiring key until then",
      aSecret({ ...steady, [OLD]: [dated(OLD, "live", DAY), dated(OLD, "replaced", 2 * HOUR)] }),
      [],
    ],
    [
      "a revoke that does not come",
      aSecret({ ...steady, [OLD]: [dated(OLD, "live", DAY), dated(OLD, "condemned", HOUR + 1)] }),
      ["revoke-stuck"],
    ],
    [
      "a key that the provider refuses",
      aSecret({ [NEW]: [...steady[NEW], dated(NEW, "rejected", 0)] }),
      ["rejected"],
    ],
    ["an expired key", aSecret({ [NEW]: [...steady[NEW], dated(NEW, "expires", 0)] }), ["expired"]],
    [
      "a key that expires within seven days",
      aSecret({ [NEW]: [...steady[NEW], dated(NEW, "expires", -7 * DAY)] }),
      ["expires-soon"],
    ],
    [
      "no key that expires later",
      aSecret({ [NEW]: [...steady[NEW], dated(NEW, "expires", -7 * DAY - 1)] }),
      [],
    ],
    ["a change freeze", aSecret({ [NEW]: [...steady[NEW], paused(HOUR)] }), ["paused"]],
    [
      "a retirement that an operator has asked for",
      aSecret({
        ...steady,
        [OLD]: [dated(OLD, "live", DAY), dated(OLD, "replaced", HOUR), waived(OLD, "used")],
      }),
      ["retirement-waived"],
    ],
    [
      "a pending version that a run began to make a key for, by that time",
      aSecret({ [NEW]: [...steady[NEW], making(OLD, DAY + 1)], [OLD]: ["AWSPENDING"] }),
      ["pending-stuck"],
    ],
    [
      "too many labels",
      aSecret({ [NEW]: [...steady[NEW], ...Array.from({ length: 10 }, (_, n) => `mine-${n}`)] }),
      ["labels-short"],
    ],
    [
      "a secret that is about to be deleted, and nothing else",
      aSecret({}, { isDeleted: true, rotationEnabled: false }),
      ["deleted"],
    ],
  ])("tell of %s", (_, secret, expected) => {
    expect(codes(secret)).toEqual(expected);
  });

  const going = (...labels: string[]) => ({
    ...steady,
    [OLD]: [dated(OLD, "live", DAY), dated(OLD, "replaced", 2 * HOUR + 1), ...labels],
  });
  const PERSONS: PolicyReading = {
    kind: "policy",
    policy: parsePolicy(
      JSON.stringify({
        ...(POLICY.kind === "policy" ? POLICY.policy : {}),
        provider: { id: "hand-in", vendor: "exotel" },
        handIn: "prod/otp/hand-in",
      }),
      "policy",
    ),
  };
  const messageOf = (code: string, secret: DescribedSecret, reading: PolicyReading = POLICY) =>
    look(secret, reading).findings.find((finding) => finding.code === code)?.message;

  it.each<[string, string, DescribedSecret, string, PolicyReading?]>([
    ["a freeze", "paused", aSecret({ [NEW]: [...steady[NEW], paused(HOUR)] }), "operation resume"],
    ["a key that nobody knows the use of", "retirement-overdue", aSecret(going()), "operation retire-now."],
    [
      "a key that is seen in use although it was to go",
      "retirement-overdue",
      aSecret(going(waived(OLD, "unknown"))),
      "operation retire-now with even-if-used",
    ],
    [
      "a key that is held by a freeze",
      "retirement-overdue",
      aSecret(going(paused(DAY))),
      "it is paused: operation resume",
    ],
    [
      "a key that only a person can revoke",
      "retirement-overdue",
      aSecret(going()),
      "Revoke it in the vendor's console",
      PERSONS,
    ],
    ["no key yet", "no-key", aSecret({}), "dualkey hand-in prod/otp", PERSONS],
    [
      "a rotation that a freeze has missed",
      "rotation-overdue",
      aSecret({ [NEW]: [...steady[NEW], paused(DAY)] }, { nextRotationAtMs: NOW - 2 * DAY }),
      "operation resume, then rotate",
    ],
    [
      "an end in a freeze, whatever is scheduled",
      "expires-soon",
      aSecret(
        { [NEW]: [...steady[NEW], dated(NEW, "expires", -2 * DAY), paused(DAY)] },
        { nextRotationAtMs: NOW + DAY },
      ),
      "operation resume, then rotate",
    ],
  ])("name what answers %s", (_, code, secret, answer, reading) => {
    expect(messageOf(code, secret, reading)).toContain(answer);
  });

  it("make an end no alarm where a rotation comes before it, and one where none does", () => {
    const severity = (nextRotationAtMs: number) =>
      look(
        aSecret({ [NEW]: [...steady[NEW], dated(NEW, "expires", -2 * DAY)] }, { nextRotationAtMs }),
      ).findings.map((finding) => finding.severity);
    expect(severity(NOW + DAY)).toEqual(["notice"]);
    expect(severity(NOW + 3 * DAY)).toEqual(["alarm"]);
  });

  it("make a refused key an alarm while it is current, and a notice once AWSCURRENT has left it", () => {
    const rejected = dated(OLD, "rejected", HOUR);
    const live = dated(OLD, "live", DAY);
    const severity = (secret: DescribedSecret) => look(secret).findings.map((finding) => finding.severity);
    expect(severity(aSecret({ [OLD]: ["AWSCURRENT", live, rejected] }))).toEqual(["alarm"]);
    expect(severity(aSecret({ ...steady, [OLD]: [live, rejected, dated(OLD, "replaced", HOUR)] }))).toEqual([
      "notice",
    ]);
  });

  it("tell of a policy that is missing or mistaken, and not of one that nobody read", () => {
    expect(codes(aSecret(steady), { kind: "missing" })).toEqual(["policy-missing"]);
    expect(codes(aSecret(steady), { kind: "mistaken", because: "wrong" })).toEqual(["policy-mistaken"]);
    expect(codes(aSecret(steady), { kind: "not-read" })).toEqual([]);
  });

  it("come with alarms first", () => {
    const secret = aSecret({ [NEW]: ["AWSCURRENT"] }, { rotationEnabled: false });
    expect(look(secret).findings.map(({ severity }) => severity)).toEqual(["alarm", "notice"]);
  });
});

describe("a status as other programs read it", () => {
  it("has every time as ISO text, and no number of milliseconds", () => {
    const status = look(
      aSecret({ [NEW]: ["AWSCURRENT", dated(NEW, "live", DAY)] }, { nextRotationAtMs: NOW + DAY }),
    );
    const written = formatStatus(status);
    expect(written.nextRotationAt).toBe("2026-04-15T08:00:00.000Z");
    expect(written.keys[0]?.bornAt).toBe("2026-04-13T08:00:00.000Z");
    expect(JSON.stringify(written)).not.toContain("AtMs");
  });
});
