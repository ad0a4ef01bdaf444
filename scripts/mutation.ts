/**
 * Breaks the code in small ways and counts how many of them a test notices: `npm run mutation -- AREA [FILE…]`.
 *
 * The tool is installed in a folder of its own, by only who wants it: `npm ci --prefix mutation`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** What is broken, and the tests that should notice. */
interface Area {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

const AREAS: Readonly<Record<string, Area>> = {
  evaluator: {
    mutate: ["src/selector/evaluator.ts", "src/selector/functions*.ts", "src/values/*.ts"],
    tests: ["test/selector/**/*.test.ts", "test/values/**/*.test.ts", "test/conformance.test.ts"],
  },
  sql: {
    mutate: ["src/sql/*.ts"],
    tests: [
      "test/conformance.test.ts",
      "test/differential.test.ts",
      "test/duckdb/store.test.ts",
      "test/query/**/*.test.ts",
    ],
  },
  paging: {
    mutate: ["src/paging/*.ts"],
    tests: [
      "test/paging/**/*.test.ts",
      "test/http/paging*.test.ts",
      "test/http/query-profiles.test.ts",
      "test/http/export*.test.ts",
    ],
  },
  access: {
    mutate: [
      "src/project/{access,authorization,brake,credential,quota,rights,signature}.ts",
      "src/http/authorize.ts",
    ],
    tests: [
      "test/project/**/*.test.ts",
      "test/tenants.test.ts",
      "test/http/tenants.test.ts",
      "test/http/a*.test.ts",
      "test/http/query-profiles.test.ts",
    ],
  },
};

const TOOL = "mutation/node_modules/@stryker-mutator/core/bin/stryker.js";
const REPORT = "reports/mutation";

/** What the report says of a mutant. */
interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

/** Statuses of mutants that a test noticed. */
const NOTICED = ["Killed", "Timeout"];
/** Statuses of mutants that none did. */
const MISSED = ["Survived", "NoCoverage"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: "string", default: "2" } },
});
const [name = "", ...files] = positionals;
const area = AREAS[name];
if (area === undefined) {
  process.stderr.write(`npm run mutation -- ${Object.keys(AREAS).join("|")} [FILE…]\n`);
  process.exitCode = 2;
} else if (!existsSync(TOOL)) {
  process.stderr.write("the tool is not installed: npm ci --prefix mutation\n");
  process.exitCode = 2;
} else {
  run(area);
}

function run({ mutate, tests }: Area): void {
  mkdirSync(REPORT, { recursive: true });
  const report = `${REPORT}/${name}.json`;
  const config = `${REPORT}/${name}.config.json`;
  const settings = {
    mutate: files.length > 0 ? files : mutate,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    // What is computed once when a file is loaded is the same for all tests, so that it cannot be switched between them.
    ignoreStatic: true,
    concurrency: Number(values.concurrency),
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    tempDirName: `${REPORT}/sandbox`,
  };
  writeFileSync(config, JSON.stringify(settings));
  const { status } = spawnSync(process.execPath, [TOOL, "run", config], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, WHOM_MUTATION_TESTS: JSON.stringify(tests) },
  });
  if (status !== 0) throw new Error(`the tool ended with ${status}`);
  show(JSON.parse(readFileSync(report, "utf8")) as Report);
}

function show(report: Report): void {
  let noticed = 0;
  let missed = 0;
  for (const [file, { mutants }] of Object.entries(report.files)) {
    const survivors = mutants.filter(({ status }) => MISSED.includes(status));
    noticed += mutants.filter(({ status }) => NOTICED.includes(status)).length;
    missed += survivors.length;
    for (const { location, mutatorName, replacement = "" } of survivors) {
      const text = replacement.replaceAll(/\s+/g, " ").slice(0, 80);
      process.stdout.write(`survived: ${file}:${location.start.line} ${mutatorName} ${text}\n`);
    }
  }
  const score = ((100 * noticed) / Math.max(1, noticed + missed)).toFixed(1);
  process.stdout.write(
    `mutation: ${name}, ${noticed + missed} mutants, ${noticed} noticed, ${missed} not, score ${score} %\n`,
  );
}
