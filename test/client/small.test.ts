import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("brings a service its own few kilobytes, and asks for the SDK's client and nothing else", async () => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: ["client/index.ts"],
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    external: ["@aws-sdk/*"],
  });
  const [output] = Object.values(metafile.outputs);
  const wanted = new Set(output?.imports.map(({ path }) => path));
  expect([...wanted].sort()).toEqual(["@aws-sdk/client-secrets-manager", "node:crypto"]);
  const folders = new Set(Object.keys(metafile.inputs).map((path) => path.split("/")[0]));
  expect([...folders].sort()).toEqual(["client", "contract"]);
  expect(outputFiles[0]?.contents.length).toBeLessThan(14 * 1024);
});
