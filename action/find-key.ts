import { responderName } from "../contract/names.ts";
import type { FoundKey, ResponderAnswer } from "../contract/responder-answer.ts";
import type { Aws } from "./aws.ts";
import type { Failure } from "./failure.ts";
import type { FindInputs } from "./inputs.ts";
import { age, capital, code, instruction, plural, prose, shortId, table } from "./markdown.ts";
import { heldLine } from "./operation-report.ts";
import type { Run } from "./run.ts";
import { log, type Report } from "./runner.ts";

/** What looking for a key takes. */
export interface FindParts {
  readonly aws: Pick<Aws, "ask">;
  readonly run: Pick<Run, "region">;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Asks a deployment which key has a value of this hash: nobody needs to send the value around. */
export async function findKey(inputs: FindInputs, { aws, run, signal, now }: FindParts): Promise<Report> {
  const { deployment, request } = inputs;
  const startMs = now();
  const answer = await aws.ask({ functionName: responderName(deployment), request, signal });
  const { found = [], held, result, next } = answer;
  log(`${deployment}: ${result}`);
  const failure = failureOf(answer, deployment);
  const living = found.filter(({ phase }) => phase !== "dead");
  const title = living.some(({ phase }) => phase !== "unmanaged") ? "the key works" : "the key may work";
  const warning = { title: `dualkey: ${title}`, message: [result, next].map(capital).join(" ") };
  const facts = [
    `took ${age(startMs, now())}`,
    run.region,
    `deployment ${code(deployment)}`,
    `reason: ${prose(request.reason)}`,
  ];
  return {
    ...(failure === undefined ? {} : { failure }),
    ...(living.length === 0 ? {} : { warnings: [warning] }),
    outputs: { outcome: answer.outcome, held: JSON.stringify(held), found: JSON.stringify(found) },
    summary: [
      `## ${headline(found, deployment)}`,
      prose(capital(result)),
      `**Next**: ${instruction(capital(next))}`,
      ...(found.length === 0 ? [] : [foundTable(found)]),
      ...(held.length === 0 ? [] : ["### What was not looked at", held.map(heldLine).join("\n")]),
      facts.join(" · "),
      "",
    ].join("\n\n"),
  };
}

/** A key that was not found where not all could be looked at may be there all the same. */
function failureOf(
  { outcome, found = [], held, result, next }: ResponderAnswer,
  deployment: string,
): Failure | undefined {
  if (outcome === "done" && (found.length > 0 || held.length === 0)) return undefined;
  const reasons = held.map(({ because }) => because);
  return {
    title: "dualkey: not all keys were looked at",
    message: `${deployment}: ${[result, ...reasons, next].map(capital).join(" ")}`,
  };
}

function headline(found: readonly FoundKey[], deployment: string): string {
  const living = found.filter(({ phase }) => phase !== "dead");
  const [first] = [...living.filter(({ phase }) => phase !== "unmanaged"), ...living, ...found];
  if (first === undefined) return `:grey_question: ${code(deployment)}: no key with this hash`;
  const more = living.length > 1 ? `, and ${plural(living.length - 1, "more place")}` : "";
  const name = code(first.secret);
  if (first.phase === "dead") return `:white_check_mark: ${name}: the key is dead, no action needed`;
  if (first.phase === "unmanaged") {
    return `:warning: ${name}: an earlier version holds it${more}, and nothing shows whether it works`;
  }
  return `:rotating_light: ${name}: it is the ${first.phase} key${more}, and it WORKS`;
}

function foundTable(found: readonly FoundKey[]): string {
  return table(
    ["secret", "version", "key", "phase"],
    found.map(({ secret, versionId, keyId, phase }) => [
      code(secret),
      shortId(versionId),
      keyId === undefined ? "–" : code(keyId),
      `**${phase}**`,
    ]),
  );
}
