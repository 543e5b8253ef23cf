/** What the package exports: the name of each entry, and where its source is. */
export const ENTRIES: Readonly<Record<string, string>> = {
  index: "constructs/index.ts",
  client: "client/index.ts",
  sandbox: "sandbox/index.ts",
};

/** The rooms whose types the entries show. */
export const ROOMS: readonly string[] = ["contract", "constructs", "client", "sandbox"];

/** What `npx dualkey` runs: one file, with all that it needs. */
export const COMMAND = "dist/cli/dualkey.mjs";
