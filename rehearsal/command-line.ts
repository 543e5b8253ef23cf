import { Command, InvalidArgumentError, Option } from "commander";
import { LEAK_MODES } from "../contract/requests.ts";
import { LEAK_PHASES, LEAKED, type LeakPlan, type LeakWishes, planLeak, problemOf } from "./leak/plan.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Vendor } from "./vendor.ts";
import { findVendor, VENDORS } from "./vendors.ts";

/** What a rehearsal is asked for. */
export interface Request {
  readonly scenario: Scenario;
  /** How a key leaks, in the leak's own scenario and at the end of what is played where none is named. @default none does */
  readonly leak?: LeakPlan | undefined;
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

type Options = Omit<Request, "scenario" | "vendor" | "leak"> & { readonly provider: string } & LeakWishes;

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
  const command = buildCommand();
  command.action((name: string | undefined, options: Options) => {
    const result = readRequest(name, options);
    if (typeof result === "string") command.error(`error: ${result}`);
    else request = result;
  });
  command.parse(args, { from: "user" });
  if (request === undefined) throw new Error("commander: no action was called");
  return request;
}

function buildCommand(): Command {
  const leaks = [
    new Option("--leaked <key>", "which key leaks").choices(LEAKED),
    new Option("--mode <mode>", "how a leak is answered").choices(LEAK_MODES),
    new Option("--phase <phase>", "when it leaks: with one key, or with two").choices(LEAK_PHASES),
  ];
  const command = new Command("npm start --")
    .description("Plays a rotation of an API key on this machine, with a login service under load.")
    .argument("[scenario]", `what to play; without one: ${SCENARIOS[0].name}, and then a leak`)
    .option("--provider <id>", "whose key it is", VENDORS[0].id)
    .option("--rate <logins>", `logins per second, at most ${MOST_LOGINS}`, parseRate, 200)
    .option("--seconds <seconds>", "how long logins run at the least", parsePositive, 35)
    .option("--seed <number>", "what the faults of chaos are drawn from", parseSeed, 1);
  for (const option of leaks) command.addOption(option);
  return command
    .option("--json <file>", "where the report goes (default: out/rehearsal.json)")
    .helpOption("--help", "shows this")
    .addHelpText("after", `\nScenarios:\n${LIST}\n\nProviders:\n${VENDOR_LIST}\n`)
    .showHelpAfterError(true)
    .exitOverride();
}

/** @returns what is wrong, where something is */
function readRequest(name: string | undefined, options: Options): Request | string {
  const { provider, leaked, mode, phase, ...others } = options;
  const scenario = SCENARIOS.find((known) => known.name === (name ?? SCENARIOS[0].name));
  if (scenario === undefined) return `there is no scenario "${name}". Take one of: ${NAMES}.`;
  const vendor = findVendor(provider);
  if (vendor === undefined) return `there is no provider "${provider}". Take one of: ${VENDOR_NAMES}.`;
  if (vendor !== VENDORS[0] && scenario.vendors === "first") {
    return `${name} is played with ${VENDORS[0].id} alone, and not with ${vendor.id}. Leave --provider out, or take cutover.`;
  }
  const leak = readLeak({ leaked, mode, phase }, { name, scenario, vendor });
  return typeof leak === "string" ? leak : { ...others, scenario, vendor, leak, json: options.json };
}

/** A leak is played by its own scenario, and after the cutover where no scenario was named and two keys work side by side. */
function readLeak(
  { leaked, mode, phase }: { readonly [Wish in keyof LeakPlan]: LeakPlan[Wish] | undefined },
  { name, scenario, vendor }: { readonly name: string | undefined } & Pick<Request, "scenario" | "vendor">,
): LeakPlan | undefined | string {
  const isAsked = leaked !== undefined || mode !== undefined || phase !== undefined;
  if (scenario.trouble !== "leak") {
    if (isAsked) return "--leaked, --mode and --phase are about a leak. Take the scenario leak.";
    return name === undefined && vendor.cutover === "beside" ? planLeak({}) : undefined;
  }
  const plan = planLeak({
    ...(leaked ? { leaked } : {}),
    ...(mode ? { mode } : {}),
    ...(phase ? { phase } : {}),
  });
  return problemOf(plan, vendor) ?? plan;
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
