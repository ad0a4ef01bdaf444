import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The tests of the area that is mutated, set by `scripts/mutation.ts`. */
const include = JSON.parse(process.env["WHOM_MUTATION_TESTS"] ?? "[]") as string[];

const config: ViteUserConfig = defineConfig({
  test: { include, pool: "forks", testTimeout: 30_000, hookTimeout: 30_000 },
});

export default config;
