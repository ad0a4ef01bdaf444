import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDocuments } from "../../src/duckdb/stored-documents.ts";

let writer: DuckDBConnection;
let reader: DuckDBConnection;

beforeEach(async () => {
  const instance = await DuckDBInstance.create(":memory:");
  [writer, reader] = [await instance.connect(), await instance.connect()];
  await writer.run("attach ':memory:' as whom");
  await writer.run("use whom");
  await reader.run("use whom");
  await create();
});

afterEach(() => {
  reader.closeSync();
  writer.closeSync();
});

const create = () =>
  writer.run(
    "create table t (key uinteger not null unique, distinct_id varchar primary key using compression uncompressed, properties varchar not null)",
  );

const insert = (from: number, to: number) =>
  writer.run(
    `insert into t (key, distinct_id, properties) select i, 'u' || i, '{"n":' || i || '}' from range(${from}, ${to}) r(i)`,
  );

const ids = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);

/** The keys that are found for the first so many ids. */
async function keys(count: number): Promise<readonly number[]> {
  const documents = await readDocuments(reader, { name: "t" }, ids(count));
  for (const [id, { key, propertiesJson }] of documents) {
    expect([id, propertiesJson]).toEqual([`u${key}`, `{"n":${key}}`]);
  }
  return Array.from(documents.values(), ({ key }) => key).sort((left, right) => left - right);
}

describe("documents by id", () => {
  it.each([0, 1, 2, 3, 8, 9, 63, 64, 65, 100, 101, 1_999, 2_000, 2_001, 4_100])(
    "are found for %s ids, each once",
    async (count) => {
      await insert(0, 5_000);
      expect(await keys(count)).toEqual(Array.from({ length: count }, (_, key) => key));
    },
  );

  it("are left out where there are none, whatever the id", async () => {
    await insert(0, 2);
    const found = await readDocuments(reader, { name: "t" }, [
      "u1",
      "' or true --",
      "",
      "\0",
      "U1",
    ]);
    expect([...found.keys()]).toEqual(["u1"]);
  });

  // A statement is kept prepared: its plan must not be that of the table it was prepared over.
  it("are those of now, whatever was there when they were looked for first", async () => {
    expect(await keys(20)).toEqual([]);
    await insert(0, 10);
    expect(await keys(20)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await writer.run("delete from t where key < 5");
    expect(await keys(20)).toEqual([5, 6, 7, 8, 9]);
    await writer.run("alter table t add column p0_text varchar");
    expect(await keys(20)).toEqual([5, 6, 7, 8, 9]);
    await insert(15, 200_000);
    await writer.run("checkpoint whom");
    expect(await keys(20)).toEqual([5, 6, 7, 8, 9, 15, 16, 17, 18, 19]);
    await writer.run("delete from t");
    await writer.run("checkpoint whom");
    expect(await keys(20)).toEqual([]);
    await writer.run("begin");
    await insert(0, 3);
    expect(await keys(20)).toEqual([]);
    await writer.run("commit");
    expect(await keys(20)).toEqual([0, 1, 2]);
    await writer.run("drop table t");
    await create();
    await insert(1, 2);
    expect(await keys(20)).toEqual([1]);
  });
});
