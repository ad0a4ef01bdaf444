import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pinoModule from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as whom from "../src/index.ts";
import * as selector from "../src/selector/selector.ts";

/** What the examples may import. */
const MODULES: ReadonlyMap<string, object> = new Map<string, object>([
  ["whom", whom],
  ["whom/selector", selector],
  ["pino", pinoModule],
]);

const examples = [
  ...readFileSync("docs/library.md", "utf8").matchAll(/^## (.*?)$.*?```js\n(.*?)```/gms),
].map(([, title = "", code = ""]) => [title, code] as const);

const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "whom-library-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

it.each(examples)("does what docs/library.md says under %s", async (_, code) => {
  const found: [string, string][] = [];
  const { names, values } = importsOf(code);
  const check = (value: unknown, expected: string) => found.push([String(value), expected]);
  const body = withoutImports(code).replaceAll(
    /^(.*); \/\/ (.*)$/gm,
    (_, expression: string, expected: string) =>
      `check(${expression}, ${JSON.stringify(expected)});`,
  );
  await asyncFunction(["check", ...names], body)(check, ...values);
  expect(found.length).toBeGreaterThan(0);
  for (const [value, expected] of found) expect(value).toBe(expected);
});

const IMPORT = /^import \{([^}]+)\} from "([^"]+)";$/gm;

function importsOf(code: string): { readonly names: string[]; readonly values: unknown[] } {
  const names: string[] = [];
  const values: unknown[] = [];
  for (const [, list = "", module = ""] of code.matchAll(IMPORT)) {
    for (const name of list.split(",").map((text) => text.trim())) {
      const value = Reflect.get(MODULES.get(module) ?? {}, name) as unknown;
      expect([module, name, value]).not.toEqual([module, name, undefined]);
      names.push(name);
      values.push(value);
    }
  }
  return { names, values };
}

function withoutImports(code: string): string {
  return code.replaceAll(IMPORT, "");
}

/** A function of a text: the examples are the project's own. */
function asyncFunction(
  names: readonly string[],
  body: string,
): (...values: unknown[]) => Promise<void> {
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  return new AsyncFunction(...names, body);
}
