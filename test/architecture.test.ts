import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { rowsWith, type TableRow } from "./support/markdown-table.ts";

/** A layer of `docs/architecture.md`. */
interface Layer {
  readonly name: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const layers: readonly Layer[] = rowsWith(
  readFileSync("docs/architecture.md", "utf8"),
  "layer",
  "imports",
  "packages",
).map((row) => ({
  name: namesIn(row, "layer")[0] ?? "",
  imports: namesIn(row, "imports"),
  packages: namesIn(row, "packages"),
}));

/** `from "…"`, `import "…"` and `import("…")`. */
const IMPORT =
  /^(?:(?:import|export|\})[^"\n]* from|import) "([^"\n]+)";$|\bimport\("([^"\n]+)"\)/gm;

/** Where each file of `src/` takes what it imports from: modules by path, packages by name. */
const imports: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => [path, importsOf(`src/${path}`)]),
);

describe("the table of layers", () => {
  it("has a row for each folder and file of src, and for nothing else", () => {
    const entries = readdirSync("src").map((name) => name.replace(/\.ts$/, ""));
    expect(layers.map(({ name }) => name).toSorted()).toEqual(entries.toSorted());
  });

  it("names only layers above, so that no two import each other", () => {
    const upwards = layers.flatMap(({ name, imports: named }, index) => {
      const above = layers.slice(0, index).map((layer) => layer.name);
      return named.filter((other) => !above.includes(other)).map((other) => `${name} → ${other}`);
    });
    expect(upwards).toEqual([]);
  });

  it.each(layers)("allows exactly the layers that $name imports", ({ name, imports: allowed }) => {
    const used = importedBy(name)
      .filter((target) => target.startsWith("src/"))
      .map((target) => layerOf(target.slice("src/".length)))
      .filter((layer) => layer !== name);
    expect([...new Set(used)].toSorted()).toEqual(allowed.toSorted());
  });

  it.each(layers)("allows exactly the packages that $name imports", ({ name, packages }) => {
    const used = importedBy(name).filter(
      (target) => !(target.startsWith("src/") || target.startsWith("node:")),
    );
    expect([...new Set(used)].toSorted()).toEqual(packages.toSorted());
  });
});

/** The names in backticks of a cell. */
function namesIn(row: TableRow, column: string): readonly string[] {
  return [...(row.get(column) ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** The layer that a file below `src/` belongs to. */
function layerOf(path: string): string {
  return path.split("/")[0]?.replace(/\.ts$/, "") ?? "";
}

function importedBy(layer: string): readonly string[] {
  return [...imports].filter(([path]) => layerOf(path) === layer).flatMap(([, targets]) => targets);
}

/** What a file imports, in any way: values, types, for what it does, or when it is needed. */
function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(IMPORT)].map((match) => {
    const target = match[1] ?? match[2] ?? "";
    if (target.startsWith(".")) return posix.join(posix.dirname(file), target);
    return target.startsWith("node:") ? target : packageOf(target);
  });
}

function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}
