import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { DocumentsRequest, ParquetForm } from "../../src/store/documents.ts";
import type { ProfileKeys } from "../../src/store/store.ts";
import { exported } from "../support/documents.ts";
import { COMPANIES, query, remove, SEEN_AT, set, USERS } from "../support/updates.ts";
import { HOSTILE_NAMES } from "../support/value-arbitraries.ts";

let folder: string;
let store: DuckdbStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-parquet-"));
  store = await DuckdbStore.open(join(folder, "whom.duckdb"));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A file as another program sees it: the names and types of its columns, and its rows by the first of them. */
async function readBack(bytes: Buffer) {
  const file = join(folder, "back.parquet");
  writeFileSync(file, bytes);
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(`select * from '${file}' order by 1`);
    const columns = result
      .columnNames()
      .map((name, index) => `${name} ${String(result.columnTypes()[index])}`);
    return { columns, rows: result.getRows() };
  } finally {
    instance.closeSync();
  }
}

async function fileOf(
  names: ParquetForm["names"],
  members: Partial<DocumentsRequest> = {},
  choose: (keys: ProfileKeys) => ProfileKeys = (keys) => keys,
) {
  const { scope = USERS, includesStrangers = false } = members;
  const keys = choose(await store.select(query({ scope, includesStrangers })));
  const gathered = await exported(store, keys, { kind: "parquet", names }, members);
  return { ...(await readBack(gathered.bytes)), rowCount: gathered.rowCount };
}

describe("a Parquet file", () => {
  it("has columns of the types that properties have had", async () => {
    await store.apply([
      {
        scope: USERS,
        updates: [
          set("a", { n: 1.5, t: true, s: "x", d: "2024-01-01", l: [1], o: { k: null }, m: 1 }),
          set("b", { n: null, t: null, s: null, d: null, l: null, o: null, m: "1" }),
          set("c", {}),
        ],
      },
    ]);
    const { columns, rows, rowCount } = await fileOf([..."ntsdlom", "none"]);
    expect(rowCount).toBe(3);
    expect(columns).toEqual([
      "$distinct_id VARCHAR",
      "n DOUBLE",
      "t BOOLEAN",
      "s VARCHAR",
      "d VARCHAR",
      "l VARCHAR",
      "o VARCHAR",
      "m VARCHAR",
      "none VARCHAR",
    ]);
    expect(rows).toEqual([
      ["a", 1.5, true, "x", "2024-01-01", "[1]", '{"k":null}', "1", null],
      ["b", null, null, null, null, "null", "null", '"1"', null],
      ["c", null, null, null, null, null, null, null, null],
    ]);
  });

  it("has all properties as one column of JSON where none are named", async () => {
    await store.apply([{ scope: USERS, updates: [set("a", { n: 1, "": "x" }), set("b", {})] }]);
    const { columns, rows } = await fileOf(undefined);
    expect(columns).toEqual(["$distinct_id VARCHAR", "$properties VARCHAR"]);
    expect(rows).toEqual([
      ["a", JSON.stringify({ n: 1, "": "x", $last_seen: SEEN_AT })],
      ["b", JSON.stringify({ $last_seen: SEEN_AT })],
    ]);
  });

  it("names columns by what anybody may call a property", async () => {
    const names = [...HOSTILE_NAMES, "$distinct_id", "PLAN", 'a"; drop table format; --'];
    const values = names.map((name, index) => [name, `v${index}`] as const);
    await store.apply([{ scope: USERS, updates: [set("x", values)] }]);
    const { columns, rows } = await fileOf(names);
    expect(rows).toEqual([["x", ...values.map(([, value]) => value)]]);
    const titles = columns.map((column) => column.slice(0, -" VARCHAR".length));
    expect(titles.slice(0, 9)).toEqual([
      "$distinct_id",
      "_",
      "__proto__",
      "constructor",
      "hasOwnProperty",
      'say "hello"',
      "it's",
      "C:\\Users",
      "a\u{FFFD}b",
    ]);
    expect(titles.slice(-3)).toEqual(["$distinct_id_2", "PLAN_3", 'a"; drop table format; --']);
    expect(new Set(titles.map((title) => title.toLowerCase())).size).toBe(names.length + 1);
  });

  it("has the profiles of the keys, without deleted ones, and strangers where asked for", async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `u${n}`);
    await store.apply([{ scope: USERS, updates: ids.map((id, n) => set(id, { n })) }]);
    await store.setMembers(USERS, 1, ["u1", "stranger"]);
    await store.apply([{ scope: USERS, updates: [remove("u1"), remove("u2")] }]);
    const all = await fileOf(["n"], { includesStrangers: true });
    expect(all.rows.map(([id]) => id)).toEqual(
      [...ids.filter((id) => id !== "u2"), "stranger"].toSorted(),
    );
    const some = await fileOf(["n"], {}, (keys) =>
      keys.toReversed().filter((_key, index) => index % 9 === 0),
    );
    expect(some.rowCount).toBe(11);
    expect((await fileOf(["n"], {}, () => new Uint32Array(0))).columns).toEqual([
      "$distinct_id VARCHAR",
      "n DOUBLE",
    ]);
  });

  it("shows the key and id of groups, whatever is stored", async () => {
    const updates = [set("acme", { n: 1 }), set("bolt", { $group_id: "other", $group_key: 5 })];
    await store.apply([{ scope: COMPANIES, updates }]);
    expect((await fileOf(["$group_id", "$group_key", "n"], { scope: COMPANIES })).rows).toEqual([
      ["acme", "acme", "company", 1],
      ["bolt", "bolt", "company", null],
    ]);
    const { rows } = await fileOf(undefined, { scope: COMPANIES });
    expect(rows.map(([, json]) => JSON.parse(String(json)))).toEqual([
      { n: 1, $last_seen: SEEN_AT, $group_key: "company", $group_id: "acme" },
      { $last_seen: SEEN_AT, $group_key: "company", $group_id: "bolt" },
    ]);
  });

  it("is empty where there is nothing, with its columns", async () => {
    const scope = { projectId: 9, groupKey: undefined };
    const { columns, rows } = await fileOf(["n"], { scope });
    expect([columns, rows]).toEqual([["$distinct_id VARCHAR", "n VARCHAR"], []]);
  });
});

describe("the file behind an export", () => {
  const files = () => (existsSync(join(folder, "tmp")) ? readdirSync(join(folder, "tmp")) : []);

  async function parts(signal?: AbortSignal) {
    const keys = await store.select(query());
    const form = { kind: "parquet", names: undefined } as const;
    const request = { scope: USERS, keys, includesStrangers: false, form };
    return store.documents(request, signal)[Symbol.asyncIterator]();
  }

  it("is gone once its first bytes are given, and does not keep the store from being compacted", async () => {
    await store.apply([{ scope: USERS, updates: [set("a", { n: 1 })] }]);
    const iterator = await parts();
    expect((await iterator.next()).done).toBe(false);
    expect(files()).toEqual([]);
    await store.compact();
    expect((await iterator.next()).done).toBe(true);
  });

  it("is gone when the export ends early or is aborted", async () => {
    await store.apply([{ scope: USERS, updates: [set("a", { n: 1 })] }]);
    const early = await parts();
    await early.next();
    await early.return?.(undefined);
    const controller = new AbortController();
    controller.abort(new Error("gone"));
    await expect((await parts(controller.signal)).next()).rejects.toThrow("gone");
    expect(files()).toEqual([]);
  });

  it("is removed when the store is opened, if a process was killed in the middle", async () => {
    await store.close();
    await mkdir(join(folder, "tmp"), { recursive: true });
    await writeFile(join(folder, "tmp", "export-0123456789abcdef01234567.parquet"), "left");
    await writeFile(join(folder, "tmp", "other"), "kept");
    store = await DuckdbStore.open(join(folder, "whom.duckdb"));
    expect(files()).toEqual(["other"]);
  });
});
