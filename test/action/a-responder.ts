import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type FakeGitHub, startGitHub } from "./a-github.ts";
import { runStep, type Step } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

/** One turn of the responder: what it answers, or that it dies. */
export type Turn = ResponderAnswer | Error;

/** A secret whose responder does as it is told, a repository on GitHub, and the Action between the two. */
export interface World {
  readonly aws: EmbeddedAws;
  readonly github: FakeGitHub;
  /** What the responder was asked, in that order. */
  readonly asked: Record<string, unknown>[];
  readonly arn: string;
  /** The answers to come; the last one stays. */
  answers(...turns: Turn[]): void;
  /** Runs the Action; the job is cancelled when the promise resolves. */
  run(
    inputs: Record<string, string>,
    env?: Record<string, string | undefined>,
    cancelled?: Promise<unknown>,
  ): Promise<Step>;
  close(): Promise<void>;
}

export const REASON = "INC-7: key seen in a screenshot";

/** Starts a world with the secret `other` of deployment `other`. */
export async function startWorld(): Promise<World> {
  const [aws, github] = await Promise.all([startEmbeddedAws(), startGitHub()]);
  const asked: Record<string, unknown>[] = [];
  let turns: Turn[] = [];
  aws.createFunction({
    name: "dualkey-other-responder",
    code: {
      inline: (event) => {
        asked.push(event as Record<string, unknown>);
        const turn = turns.length > 1 ? turns.shift() : turns[0];
        if (turn === undefined || turn instanceof Error) throw turn ?? new Error("no turn is left");
        return turn;
      },
    },
  });
  await makeSecret(aws, { name: "other", value: "{}", deployment: "other" });
  return {
    aws,
    github,
    asked,
    arn: aws.secrets.get("other")?.arn ?? "",
    answers: (...next) => {
      turns = next;
      asked.length = 0;
    },
    run: (inputs, env, cancelled) =>
      runStep(aws, {
        inputs: {
          operation: "leak-response",
          secret: "other",
          reason: REASON,
          "wait-seconds": "0",
          ...inputs,
        },
        env: { GITHUB_API_URL: github.url, ...env },
        ...(cancelled === undefined ? {} : { cancelled }),
      }),
    close: async () => {
      await aws.close();
      await github.close();
    },
  };
}
