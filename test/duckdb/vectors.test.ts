import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBListValue,
  type DuckDBType,
  INTEGER,
  LIST,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendColumns } from "../../src/duckdb/append.ts";
import {
  type Column,
  IntegerColumn,
  keyColumn,
  NullColumn,
  NumberColumn,
  PlainColumn,
  type SparseColumn,
  TextColumn,
  TextListColumn,
  textColumn,
} from "../../src/duckdb/column.ts";
import type { ReadingValue } from "../../src/store/catalog.ts";

let connection: DuckDBConnection;

beforeEach(async () => {
  const instance = await DuckDBInstance.create(":memory:");
  connection = await instance.connect();
  await connection.run("attach ':memory:' as whom");
  await connection.run("use whom");
});

afterEach(() => connection.closeSync());

/** What a table of one column holds after rows were appended to it, in their order. */
async function kept(column: Column, rowCount: number): Promise<readonly unknown[]> {
  await connection.run(`create or replace table t (value ${column.type})`);
  await appendColumns(connection, "t", rowCount, [column]);
  const rows = await (await connection.run("select value from t order by rowid")).getRows();
  return rows.map(([value]) => (value instanceof DuckDBListValue ? value.items : value));
}

function filled(column: SparseColumn, values: readonly (ReadingValue | null)[]): Column {
  values.forEach((value, row) => {
    if (value !== null) column.set(row, value);
  });
  return column;
}

/** More rows than the engine takes at once, and where the parts meet. */
const MANY = 2_048 * 2 + 5;

const TEXTS: readonly string[] = [
  "",
  "a",
  "twelve bytes",
  "thirteen byte",
  "nul\0in the middle of a long text",
  "é".repeat(6),
  "é".repeat(7),
  "😀".repeat(3),
  "😀".repeat(30),
  "a text of exactly thirty bytes",
];

describe("a column", () => {
  it.each([
    ["one", 1],
    ["64", 64],
    ["65", 65],
    ["more than a part", MANY],
  ])("keeps texts and nulls of %s rows", async (_title, rowCount) => {
    const texts = Array.from({ length: rowCount }, (_, row) =>
      row % 7 === 3 ? null : `${TEXTS[row % TEXTS.length]}${row % 3 === 0 ? row : ""}`,
    );
    expect(await kept(textColumn(texts), rowCount)).toEqual(texts);
  });

  it("keeps texts of more than a portion of memory", async () => {
    const texts = ["a", "b".repeat(3 << 20), "c", "ü".repeat(1 << 20), "", "d".repeat(13)];
    expect(await kept(textColumn(texts), texts.length)).toEqual(texts);
  });

  it("keeps texts apart that would be one code point together, as U+FFFD", async () => {
    expect(await kept(textColumn(["\ud83d", "\ude00", "x"]), 3)).toEqual(["\ufffd", "\ufffd", "x"]);
  });

  it("keeps whole numbers of 64 bits", async () => {
    const integers = [0, -1, 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, null];
    const expected = integers.map((integer) => (integer === null ? null : BigInt(integer)));
    const column = filled(new IntegerColumn(integers.length), integers);
    expect(await kept(column, integers.length)).toEqual(expected);
  });

  it.each<readonly [string, () => Column, readonly unknown[]]>([
    ["keys", () => keyColumn([0, 4_294_967_295]), [0, 4_294_967_295]],
    ["days", () => new PlainColumn(INTEGER, Int32Array.of(-5, 7)), [-5, 7]],
    ["numbers of events", () => new PlainColumn(BIGINT, BigInt64Array.of(-5n, 7n)), [-5n, 7n]],
    ["truths", () => new PlainColumn(BOOLEAN, Uint8Array.of(1, 0)), [true, false]],
    ["nothing", () => new NullColumn(LIST(VARCHAR)), [null, null]],
    ["no keys", () => new NullColumn(UINTEGER), [null, null]],
  ])("keeps %s", async (_title, make, expected) => {
    expect(await kept(make(), expected.length)).toEqual(expected);
  });

  it("is null from end to end, however many rows", async () => {
    const values = await kept(new NullColumn(DOUBLE), MANY);
    expect(values.length).toBe(MANY);
    expect(values.every((value) => value === null)).toBe(true);
  });

  it("gives lists as texts of JSON", async () => {
    const column = new TextListColumn(3);
    column.set(0, ["a", '"']);
    column.set(2, []);
    expect(await kept(column.asTexts(), 3)).toEqual(['["a","\\""]', null, "[]"]);
  });

  const value = (arbitrary: fc.Arbitrary<ReadingValue>) => fc.option(arbitrary, { nil: null });
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 10 }));
  it.each<readonly [string, (length: number) => SparseColumn, fc.Arbitrary<ReadingValue>]>([
    ["texts", (length) => new TextColumn(length), text],
    ["numbers", (length) => new NumberColumn(DOUBLE, length), fc.double({ noNaN: true })],
    ["truths", (length) => new NumberColumn(BOOLEAN, length), fc.boolean()],
    ["instants", (length) => new IntegerColumn(length), fc.maxSafeInteger()],
    ["lists", (length) => new TextListColumn(length), fc.array(text)],
  ])("keeps any %s in any rows", async (_title, make, arbitrary) => {
    const rows = fc.array(value(arbitrary), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const found = await kept(filled(make(values.length), values), values.length);
        const expected = values.map((each) =>
          make(0).type === (BIGINT as DuckDBType) && each !== null ? BigInt(each as number) : each,
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
