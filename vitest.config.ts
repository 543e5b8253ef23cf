import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // Many tests wait for processes of their own; a core that is kept free by default is a core that waits.
    maxWorkers: "100%",
  },
});
