import { Command, InvalidArgumentError } from "commander";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Vendor } from "./vendor.ts";
import { findVendor, VENDORS } from "./vendors.ts";

/** What a rehearsal is asked for. */
export interface Request {
  readonly scenario: Scenario;
  /** Whose key it is. */
  readonly vendor: Vendor;
  /** Logins per second. */
  readonly rate: number;
  /** How long logins run at the least, in seconds. */
  readonly seconds: number;
  /** What the faults of a chaos are drawn from. */
  readonly seed: number;
  /** Where the report goes. */
  readonly json: string | undefined;
}

type Options = Omit<Request, "scenario" | "vendor"> & { readonly provider: string };

/** More than this one machine, which plays the services and the gateway, does not keep up with. */
const MOST_LOGINS = 1000;

const NAMES = SCENARIOS.map(({ name }) => name).join(", ");
const VENDOR_NAMES = VENDORS.map(({ id }) => id).join(", ");
const LIST = SCENARIOS.map(({ name, says }) => `  ${name.padEnd(15)} ${says}`).join("\n");
const VENDOR_LIST = VENDORS.map(({ id, title }) => `  ${id.padEnd(19)} ${title}`).join("\n");

/**
 * Reads the arguments. On a mistake it says which, and lists what there is.
 *
 * @throws CommanderError; its `exitCode` is 0 where only help was asked for
 */
export function parseCommandLine(args: readonly string[]): Request {
  let request: Request | undefined;
  const command: Command = new Command("npm start --")
    .description("Plays a rotation of an API key on this machine, with a login service under load.")
    .argument("[scenario]", "what to play", SCENARIOS[0].name)
    .option("--provider <id>", "whose key it is", VENDORS[0].id)
    .option("--rate <logins>", `logins per second, at most ${MOST_LOGINS}`, parseRate, 200)
    .option("--seconds <seconds>", "how long logins run at the least", parsePositive, 35)
    .option("--seed <number>", "what the faults of chaos are drawn from", parseSeed, 1)
    .option("--json <file>", "where the report goes (default: out/rehearsal.json)")
    .helpOption("--help", "shows this")
    .addHelpText("after", `\nScenarios:\n${LIST}\n\nProviders:\n${VENDOR_LIST}\n`)
    .showHelpAfterError(true)
    .exitOverride()
    .action((name: string, { provider, ...options }: Options) => {
      const scenario = SCENARIOS.find((known) => known.name === name);
      if (scenario === undefined) {
        command.error(`error: there is no scenario "${name}". Take one of: ${NAMES}.`);
      }
      const vendor = findVendor(provider);
      if (vendor === undefined) {
        command.error(`error: there is no provider "${provider}". Take one of: ${VENDOR_NAMES}.`);
      }
      if (vendor !== VENDORS[0] && scenario.vendors === "first") {
        command.error(
          `error: ${name} is played with ${VENDORS[0].id} alone, and not with ${vendor.id}. Leave --provider out, or take cutover.`,
        );
      }
      request = { ...options, scenario, vendor, json: options.json };
    });
  command.parse(args, { from: "user" });
  if (request === undefined) throw new Error("commander: no action was called");
  return request;
}

function parseRate(text: string): number {
  const rate = parsePositive(text);
  if (rate <= MOST_LOGINS) return rate;
  throw new InvalidArgumentError(`"${text}" is more than one machine can play. Take at most ${MOST_LOGINS}.`);
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError(`"${text}" is not a number above 0.`);
}

function parseSeed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a whole number from 0 to 999999999.`);
}
