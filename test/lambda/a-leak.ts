import { createHash } from "node:crypto";
import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { OperatorsWorld } from "./an-operators-world.ts";

export const LEAK = { operation: "leak-response" } as const;

export function apiKeyIn(value: string | undefined): string {
  return JSON.parse(value ?? "{}").apiKey;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function incidentsOf(world: OperatorsWorld): readonly IncidentRecord[] {
  return [...world.records.incidents.values()].map(({ record }) => record);
}
