import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anEmptyFolder, firstBlock, npm, run, say, type Trial } from "./_folder.ts";

/** The template's own TypeScript 7 has no compiler for its own ts-node: its users pin this one. */
const TYPESCRIPT = "typescript@5.9";
const CDKTF_CLI = "cdktf-cli@0.21";
const PROVIDER = "@cdktf/provider-aws@21";

const JEST_TEST = `import { Testing } from "cdktf";
import { Consumer, KeyProvider, KeyRotation } from "dualkey";

test("the project's Jest can import and synthesize dualkey", () => {
  const stack = Testing.synthScope((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    rotation.addKey("otp", {
      secretName: "prod/otp",
      provider: KeyProvider.startMessaging(),
      consumers: [Consumer.selfRefreshing({ cacheSeconds: 300 })],
    });
  });
  expect(stack).toContain("prod/otp");
});
`;

const INIT = [
  "init",
  "--template=typescript",
  "--local",
  "--project-name=infra",
  "--project-description=infra",
  "--enable-crash-reporting=false",
  "--providers=",
];

/** The project that `cdktf init` makes: CommonJS, ts-node, Jest. */
export function tryTemplate(trial: Trial): void {
  const tools = anEmptyFolder(trial, "tools");
  npm(tools, "install", CDKTF_CLI);
  const cdktf = join(tools, "node_modules/.bin/cdktf");
  const folder = anEmptyFolder(trial, "infra");
  writeFileSync(join(folder, "package.json"), ""); // `cdktf init` wants an empty folder
  run("rm", folder, "package.json");
  run(cdktf, folder, ...INIT);
  npm(folder, "install", "--save-dev", TYPESCRIPT);
  npm(folder, "install", trial.tarball, PROVIDER);
  writeFileSync(join(folder, "main.ts"), firstBlock());
  run(cdktf, folder, "synth");
  assertSynthesized(folder);
  say("cdktf init --template=typescript: the README's main.ts synthesizes");
  writeFileSync(join(folder, "__tests__/main-test.ts"), JEST_TEST);
  npm(folder, "test");
  say("cdktf init --template=typescript: its Jest imports dualkey");
}

/** A project of ES modules, with the types of Node's own resolution. */
export function tryEsModules(trial: Trial): void {
  const folder = anEmptyFolder(trial, "es-modules", { type: "module" });
  npm(
    folder,
    "install",
    trial.tarball,
    "cdktf@0.21",
    "constructs@10",
    PROVIDER,
    TYPESCRIPT,
    "@types/node@20",
  );
  // Node resolves deep paths of CommonJS packages by their files.
  const program = firstBlock().replace('lib/provider"', 'lib/provider/index.js"');
  writeFileSync(join(folder, "main.ts"), program);
  const how = ["--strict", "--target", "es2022", "--module", "node16", "--skipLibCheck"];
  run(join(folder, "node_modules/.bin/tsc"), folder, ...how, "main.ts");
  run("node", folder, "main.js");
  assertSynthesized(folder);
  say("a project of ES modules: the README's main.ts compiles and synthesizes");
}

function assertSynthesized(folder: string): void {
  const text = readFileSync(join(folder, "cdktf.out/stacks/otp/cdk.tf.json"), "utf8");
  if (!text.includes("prod/otp/startmessaging")) throw new Error(`${folder}: the stack has no secret`);
}
