import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { buildFunctions } from "../../../lambda/build.ts";
import { synthesizeRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";

const ROOT = join(import.meta.dirname, "../../..");

export type Json = Record<string, unknown>;

/** `cdk.tf.json`, so far that a test can change it. */
export interface StackJson extends Json {
  resource: Record<string, Record<string, Json>>;
}

/** Makes a folder that is gone with `done`. */
export function makeFolder(done: (remove: () => void) => void): string {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/apply-"));
  done(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Synthesizes the rehearsal's stack, once for a test file. @returns the stack's folder */
export async function synthesize(done: (remove: () => void) => void): Promise<string> {
  await buildFunctions();
  return synthesizeRehearsal(makeFolder(done));
}

export function readStackJson(folder: string): StackJson {
  return JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as StackJson;
}

/** A copy of a synthesized stack, with something about it changed, for one test. */
export function changed(folder: string, change: (stack: StackJson) => void): string {
  const copy = makeFolder(onTestFinished);
  cpSync(folder, copy, { recursive: true });
  const stack = readStackJson(folder);
  change(stack);
  writeFileSync(join(copy, "cdk.tf.json"), JSON.stringify(stack));
  return copy;
}

/** The name and the arguments of the first resource of a type; of those that each function has, of the rotator's. */
export function firstOf(stack: StackJson, type: string): [string, Json] {
  const all = Object.entries(stack.resource[type] ?? {});
  const found = all.find(([name]) => name.startsWith("keys_Rotator_")) ?? all[0];
  if (!found) throw new Error(`there is no ${type}`);
  return found;
}
