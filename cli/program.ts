import { styleText } from "node:util";
import { Command, Option } from "commander";
import { connect } from "./aws.ts";
import { handIn } from "./hand-in.ts";
import { createTerminal } from "./terminal.ts";

interface HandInFlags {
  readonly deployment?: string;
  readonly region?: string;
  readonly rotate: boolean;
}

/** Builds the command line: what can be said to `dualkey`, and what it does. */
export function createProgram(version: string): Command {
  const program = new Command("dualkey")
    .description("Replaces the API keys that services use to call third parties, without one failed login.")
    .version(version)
    .configureHelp({ styleTitle: (title) => styleText("bold", title) })
    .configureOutput({ outputError: (text, write) => write(withoutWords(text)) })
    .exitOverride();
  const command = program
    .command("hand-in")
    .summary("hand a new key in, and have it rotated in")
    .description(
      "Asks for a key of SECRET's provider, without showing it, puts it where people may write and not read, and " +
        "starts the rotation that takes it. In a pipe, it reads the key from standard input, as JSON.",
    )
    .argument("<secret>", "the name or ARN of the key's secret")
    .addOption(
      new Option(
        "-d, --deployment <name>",
        "the deployment that the secret is of (default: its tag says)",
      ).env("DUALKEY_DEPLOYMENT"),
    )
    .option("-r, --region <region>", "the AWS region (default: the AWS CLI's)")
    .option("--no-rotate", "leave the key to the next rotation")
    .addHelpText("after", EXAMPLES)
    .copyInheritedSettings(program)
    .allowExcessArguments(false);
  command.action(async (secret: string, { deployment, region, rotate }: HandInFlags) => {
    const aws = await connect(region);
    try {
      await handIn({ secret, deployment, rotate }, aws, createTerminal());
    } finally {
      aws.close();
    }
  });
  return program;
}

const EXAMPLES = `
Examples:
  npx dualkey hand-in prod/otp/msg91
  pass show msg91 | npx dualkey hand-in prod/otp/msg91 --region ap-south-1

Exit codes: 0 done, 1 failed, 2 mistaken input, 3 handed in but no rotation started.`;

/** What was typed may be a key in the wrong place: of what is quoted, only names of options are repeated. */
function withoutWords(text: string): string {
  return text.replace(/'([^']*)'/g, (quoted, word: string) =>
    /^(--?[a-z-]+|hand-in)( <\w+>)?(, .*)?$/.test(word) ? quoted : "[withheld]",
  );
}
