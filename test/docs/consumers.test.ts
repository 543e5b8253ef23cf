import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatReport } from "../../client/index.ts";
import { CLIENT_DEFAULTS } from "../../contract/client-defaults.ts";
import { isEmbeddedMetric } from "../client/embedded-metric.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/consumers.md"), "utf8");
const WHAT = { secret: "prod/otp", consumer: "login", version: "v1", sends: 7, rejections: 2 };

function blockOf(language: string): string {
  const block = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(PAGE)?.[1];
  if (block === undefined) throw new Error(`docs/consumers.md has no block of ${language}`);
  return block;
}

/** A line without what is different each time. */
function timeless(line: string): unknown {
  const { _aws, ...fields } = JSON.parse(line);
  return { ...fields, _aws: { ..._aws, Timestamp: 0 } };
}

describe("docs/consumers.md", () => {
  it("shows the line that the client writes", () => {
    const shown = JSON.parse(blockOf("json"));
    const {
      Secret: secret,
      Consumer: consumer,
      Version: version,
      Sends: sends,
      Rejections: rejections,
    } = shown;
    const written = formatReport({
      secret,
      consumer,
      version,
      sends,
      rejections,
      atMs: shown._aws.Timestamp,
    });
    expect(JSON.stringify(shown)).toBe(written);
  });

  const python = spawnSync("python3", ["--version"]).status === 0;
  it.runIf(python)("has a Python example that writes the client's line", () => {
    const program = `${blockOf("python")}\nreport("prod/otp", "login", "v1", 7, 2)\n`;
    const { stdout, stderr } = spawnSync("python3", ["-c", program], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toHaveLength(2);
    expect(isEmbeddedMetric(JSON.parse(stdout))).toBe(true);
    expect(timeless(stdout)).toEqual(timeless(formatReport({ ...WHAT, atMs: 0 })));
  });

  // Go is not everywhere; `go run` takes its time. What the format's reader goes by is compared.
  it("has a Go example with the contract's names", () => {
    const { _aws, ...fields } = JSON.parse(formatReport({ ...WHAT, atMs: 0 }));
    const [directive] = _aws.CloudWatchMetrics;
    const names = [
      directive.Namespace,
      ...directive.Dimensions[0],
      ...Object.keys(fields),
      ...Object.keys(_aws),
    ];
    const go = blockOf("go");
    expect(names.filter((name) => !go.includes(`"${name}"`))).toEqual([]);
    expect(go).toContain(`{{"${directive.Dimensions[0].join('", "')}"}}`);
  });

  it("names the client's defaults", () => {
    const { cacheSeconds, staleSeconds } = CLIENT_DEFAULTS;
    expect(PAGE).toContain(`| \`cacheSeconds\` | ${cacheSeconds} |`);
    expect(PAGE).toContain(`| \`staleSeconds\` | ${staleSeconds} |`);
    expect(PAGE).toContain(`the client's ${staleSeconds}`);
  });
});
