import type { FindKeyRequest } from "../contract/requests.ts";
import type { FoundKey, ResponderAnswer } from "../contract/responder-answer.ts";
import type { Fleet } from "../core/aws/fleet.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { isLive, keyOf } from "../core/cutover/ledger.ts";
import type { Version } from "../core/cutover/ports.ts";
import type { DeadKey } from "../core/incident/records.ts";
import { versionsWithHash } from "../core/leak-target.ts";
import type { GoalParts } from "./run-goal.ts";

/** What it takes to look through a deployment. */
export interface FindParts {
  readonly fleet: Pick<Fleet, "secrets">;
}

/** So many secrets are read at once. */
const AT_ONCE = 8;

const NO_JOURNAL = { record: () => undefined };

/**
 * Finds the key with a value of this hash among all secrets of the deployment, and among the dead: whoever has found a
 * leaked value need not send it around. Values are read, and none leaves.
 */
export async function findKey(
  request: FindKeyRequest,
  parts: FindParts & GoalParts,
): Promise<ResponderAnswer> {
  const call = { signal: parts.signal };
  const names: string[] = [];
  for await (const { name } of parts.fleet.secrets(call)) names.push(name);
  const unread: string[] = [];
  const found: FoundKey[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE).map(async (name) => {
      try {
        return await findIn(name, request.sha256, parts);
      } catch (error) {
        unread.push(`${name}: ${describeError(error).message}`);
        return [];
      }
    });
    found.push(...(await Promise.all(some)).flat());
  }
  const isManaged = found.some(({ phase }) => phase !== "unmanaged");
  const dead = isManaged ? undefined : await findDead(request, unread, parts);
  return answer(dead === undefined ? found : withDead(found, dead), { count: names.length, unread });
}

async function findIn(secret: string, sha256: string, parts: GoalParts): Promise<readonly FoundKey[]> {
  const call = { signal: parts.signal };
  const policy = await parts.policies.read(secret, call);
  const { secrets } = parts.portsFor({ secret, policy, journal: NO_JOURNAL });
  return versionsWithHash(sha256, await secrets.read(call)).map((version) => {
    const { keyId } = keyOf(version) ?? {};
    const about = { secret, versionId: version.id, phase: phaseOf(version) };
    return keyId === undefined ? about : { ...about, keyId };
  });
}

function phaseOf(version: Version): FoundKey["phase"] {
  if (version.isCurrent) return "current";
  if (version.isPending) return "pending";
  return isLive(version) ? "retiring" : "unmanaged";
}

async function findDead(
  { sha256 }: FindKeyRequest,
  unread: string[],
  { incidents: { records }, signal }: GoalParts,
): Promise<DeadKey | undefined> {
  try {
    return await records?.findDead({ sha256: sha256.toLowerCase() }, { signal });
  } catch (error) {
    unread.push(`the records: ${describeError(error).message}`);
    return undefined;
  }
}

/** A version whose key was proven dead may be there still, without a label. */
function withDead(found: readonly FoundKey[], dead: DeadKey): readonly FoundKey[] {
  const { secret, versionId, keyId } = dead;
  const others = found.filter((any) => any.secret !== secret || any.versionId !== versionId);
  return [...others, { secret, versionId, phase: "dead", ...(keyId === undefined ? {} : { keyId }) }];
}

const PHASES: Record<FoundKey["phase"], string> = {
  current: "the current",
  pending: "the pending",
  retiring: "a retiring",
  unmanaged: "an earlier (dead, or from before it was managed)",
  dead: "a dead",
};

function answer(
  found: readonly FoundKey[],
  { count, unread }: { readonly count: number; readonly unread: readonly string[] },
): ResponderAnswer {
  const living = found.filter(({ phase }) => phase !== "dead");
  const [first] = living;
  const held = unread.map((because) => ({ because, alarm: true }));
  const bare = {
    operation: "find-key",
    secret: "",
    outcome: "done",
    held,
    effects: [],
    found,
    goesOn: false,
  } as const;
  if (first) {
    const where = living.map(({ secret, phase }) => `${PHASES[phase]} key of ${secret}`).join(", ");
    const what = first.keyId === undefined ? "" : `, which: ${first.keyId}`;
    return {
      ...bare,
      result: `it is ${where}`,
      next: `If it leaked, send leak-response, secret: ${first.secret}${what}`,
    };
  }
  if (found.length > 0) {
    const where = found.map(({ secret }) => secret).join(", ");
    if (unread.length > 0)
      return {
        ...bare,
        result: `it was a key of ${where}, and is dead; not all secrets could be read`,
        next: "See what is held, and ask again: another secret may hold it, too",
      };
    return {
      ...bare,
      result: `it was a key of ${where}, and is dead`,
      next: "Nothing is left to do",
      proof: "proven",
    };
  }
  const gap = unread.length === 0 ? "" : `, and ${unread.length} of them could not be read`;
  return {
    ...bare,
    result: `none of the ${count} secrets of the deployment holds it${gap}, and no record knows it`,
    next: 'Hash the value alone, without a line\'s end: printf %s "$KEY" | sha256sum. It may be of another deployment',
  };
}
