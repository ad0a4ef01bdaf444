/**
 * Truth tables as the specification writes them, checked cell by cell.
 *
 * @module
 */
import { expect } from "vitest";
import type { Computed, Value } from "../../src/values/value.ts";
import { answerOf } from "./selector.ts";

/** The kinds in the order of the tables. */
export const KINDS = ["str", "num", "bool", "dt", "list", "obj", "null", "undef"] as const;
/** The name of a kind in a table. */
export type KindName = (typeof KINDS)[number];

/** Samples of each kind; a datetime is made from the number of its seconds. */
export const SAMPLES: Readonly<Record<KindName, readonly (Value | undefined)[]>> = {
  str: ["Berlin", "", "7", "true"],
  num: [7, -2.5, 0],
  bool: [true, false],
  dt: [1_700_000_000, 1],
  list: [["Berlin", 7], [], [["Berlin"]]],
  obj: [{ a: 1 }, {}],
  null: [null],
  undef: [undefined],
};

/** Pairs with their answers, for the cells that depend on the values. */
export type Example = readonly [left: Value, right: Value, answer: Computed];

/** `left operator right`, where operands of the kind datetime are given in seconds. */
function apply(
  operator: string,
  left: readonly [KindName, Value | undefined],
  right: readonly [KindName, Value | undefined],
): Computed {
  const properties = new Map<string, Value>();
  if (left[1] !== undefined) properties.set("l", left[1]);
  if (right[1] !== undefined) properties.set("r", right[1]);
  const operand = (kind: KindName, name: string) =>
    kind === "dt" ? `datetime(properties["${name}"])` : `properties["${name}"]`;
  return answerOf(
    `${operand(left[0], "l")} ${operator} ${operand(right[0], "r")}`,
    Object.fromEntries(properties),
  );
}

/** Cells that hold whatever the values are. */
export const CONSTANTS: ReadonlyMap<string, Computed> = new Map<string, Computed>([
  ["T", true],
  ["F", false],
  ["U", undefined],
]);

/** Checks a table written as the specification has it: a constant cell for all samples, another by examples. */
export function checkTable(
  operators: readonly string[],
  table: string,
  examples: Readonly<Record<string, Readonly<Record<string, readonly Example[]>>>>,
): void {
  const rows = table.trim().split("\n");
  expect(rows).toHaveLength(KINDS.length);
  for (const operator of operators) {
    for (const [index, row] of rows.entries()) {
      const [name, ...cells] = row.trim().split(/\s+/);
      const left = KINDS[index] ?? "undef";
      expect(name).toBe(left);
      expect(cells).toHaveLength(KINDS.length);
      for (const [column, cell] of cells.entries()) {
        checkCell(operator, left, KINDS[column] ?? "undef", cell, examples);
      }
    }
  }
}

function checkCell(
  operator: string,
  left: KindName,
  right: KindName,
  cell: string,
  examples: Readonly<Record<string, Readonly<Record<string, readonly Example[]>>>>,
): void {
  const title = `${left} ${operator} ${right}`;
  if (CONSTANTS.has(cell)) {
    for (const a of SAMPLES[left]) {
      for (const b of SAMPLES[right]) {
        expect([title, a, b, apply(operator, [left, a], [right, b])]).toEqual([
          ...[title, a, b],
          CONSTANTS.get(cell),
        ]);
      }
    }
    return;
  }
  const stated = examples[operator]?.[`${left} ${right}`] ?? examples[operator]?.[cell] ?? [];
  expect([title, stated.length > 0]).toEqual([title, true]);
  for (const [a, b, answer] of stated) {
    expect([title, a, b, apply(operator, [left, a], [right, b])]).toEqual([title, a, b, answer]);
  }
}
