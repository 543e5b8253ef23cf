import type { Policy } from "../../contract/policy.ts";
import type { Capabilities } from "../../core/cutover/ports.ts";

/** Every shape that a vendor's key API can have: what the capabilities of the adapters come to. */
export type ShapeName =
  | "self-service"
  | "admin credential"
  | "disabled instead of deleted"
  | "no names, two slots"
  | "client-chosen, two slots"
  | "in place"
  | "in place, and the new key works beside the old one"
  | "handed in"
  | "consumers report"
  | "consumers report, and sends are listed by key";

export interface Shape {
  readonly capabilities: Capabilities;
  readonly provider: Policy["provider"];
  /** Where nothing tells whether a key is used, the policy says in words that it is revoked all the same. */
  readonly overlap: Pick<Policy, "maxOverlapSeconds" | "atMaxOverlap">;
  readonly handIn?: string;
  /** @default one that refreshes itself and reports nothing */
  readonly consumers?: Policy["consumers"];
}

const fieldNames = ["apiKey"];
const HOLD = { maxOverlapSeconds: 86_400, atMaxOverlap: "hold" } as const;
const REVOKE = { maxOverlapSeconds: 120, atMaxOverlap: "revoke" } as const;

const SELF: Capabilities = {
  fieldNames,
  source: "provider",
  credential: "self",
  list: { cap: 100, names: true },
  revoke: "delete",
  carriedOver: ["allowedIps"],
  sends: { byKey: true, country: "number" },
};

const ADMIN: Capabilities = {
  fieldNames,
  source: "provider",
  credential: "admin",
  list: { names: true },
  revoke: "delete",
  carriedOver: ["policy"],
};

const IN_PLACE: Capabilities = {
  fieldNames,
  source: "in-place",
  credential: "self",
  revoke: "replace",
  carriedOver: [],
};

/** The canary refreshes itself; the other reads its key at start and is rolled; both report. */
const REPORTING: Policy["consumers"] = [
  { kind: "self-refreshing", name: "login", cacheSeconds: 30, reports: true },
  { kind: "ecs-service", name: "billing", cluster: "prod", service: "billing", reports: true },
];

const TWILIO_TOKEN = { id: "twilio-auth-token", outageSeconds: 60 } as const;

export const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  "self-service": {
    capabilities: SELF,
    provider: { id: "startmessaging" },
    overlap: HOLD,
    handIn: "prod/otp/hand-in",
  },
  "admin credential": {
    capabilities: ADMIN,
    provider: { id: "twilio-api-key", adminSecret: "admin" },
    overlap: REVOKE,
  },
  "disabled instead of deleted": {
    capabilities: { ...ADMIN, revoke: "disable", expiryDays: 365 },
    provider: { id: "infobip", adminSecret: "admin" },
    overlap: REVOKE,
  },
  "no names, two slots": {
    capabilities: {
      ...ADMIN,
      credential: "role",
      list: { names: false },
      revoke: "disable-then-delete",
      maxLiveKeys: 2,
      carriedOver: [],
      lastUsed: { resolutionSeconds: 1, movedByProbe: true },
    },
    provider: { id: "aws-iam", userName: "otp" },
    overlap: REVOKE,
  },
  "client-chosen, two slots": {
    capabilities: {
      ...SELF,
      source: "client",
      list: { names: false },
      maxLiveKeys: 2,
      minLiveKeys: 1,
      carriedOver: [],
      sends: { byKey: false, country: "row" },
    },
    provider: { id: "vonage" },
    overlap: REVOKE,
    handIn: "prod/otp/hand-in",
  },
  "in place": { capabilities: IN_PLACE, provider: TWILIO_TOKEN, overlap: REVOKE },
  "in place, and the new key works beside the old one": {
    capabilities: IN_PLACE,
    provider: TWILIO_TOKEN,
    overlap: REVOKE,
  },
  "handed in": {
    capabilities: {
      fieldNames,
      source: "person",
      credential: "none",
      revoke: "by-hand",
      carriedOver: [],
    },
    provider: { id: "hand-in", vendor: "msg91" },
    overlap: HOLD,
    handIn: "prod/otp/hand-in",
  },
  "consumers report": {
    capabilities: ADMIN,
    provider: { id: "twilio-api-key", adminSecret: "admin" },
    overlap: HOLD,
    consumers: REPORTING,
  },
  "consumers report, and sends are listed by key": {
    capabilities: SELF,
    provider: { id: "startmessaging" },
    overlap: HOLD,
    consumers: REPORTING,
  },
};
