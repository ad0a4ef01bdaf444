/**
 * The profiles of an export as a Parquet file, which the engine writes and which is gone once it is read.
 *
 * A property is a column. It has the type that the catalog says all values have had, and is JSON text otherwise.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join as joinPath } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DISTINCT_ID, GROUP_ID, GROUP_KEY } from "../profile/reserved.ts";
import { type Fragment, join, raw, sql } from "../sql/fragment.ts";
import type { Catalog, Reading } from "../store/catalog.ts";
import type { DocumentsRequest } from "../store/documents.ts";
import { ascendingKeys } from "../store/key-order.ts";
import { KeyRange } from "./export-range.ts";
import { valueAt, valuesOf } from "./export-sql.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** The column of all properties, where none are named. */
const PROPERTIES_COLUMN = "$properties";

/** Rows are gathered in memory, by each thread, until there are so many or they take so much. */
const ROWS_PER_GROUP = 20_480;
const GROUP_BYTES = "32MiB";

/** Bytes of the file that are read at once. */
const BYTES_PER_READ = 1_048_576;

const FILE_NAME = /^export-[0-9a-f]+\.parquet$/;

/** A path that no file has, beside a database file. */
export function newExportFile(databaseFile: string): string {
  const folder = folderOf(databaseFile);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return joinPath(folder, `export-${randomBytes(12).toString("hex")}.parquet`);
}

/** Removes what a process that was killed has left behind; nobody else may have the database file open. */
export function removeExportFiles(databaseFile: string): void {
  const folder = folderOf(databaseFile);
  if (databaseFile === ":memory:" || !existsSync(folder)) return;
  const names = readdirSync(folder, { encoding: "utf8" });
  for (const name of names) if (FILE_NAME.test(name)) rmSync(joinPath(folder, name));
}

function folderOf(databaseFile: string): string {
  return databaseFile === ":memory:" ? tmpdir() : joinPath(dirname(databaseFile), "tmp");
}

/**
 * Writes the file.
 *
 * @param names the columns; undefined for one of all properties
 * @returns how many rows it has
 */
export async function writeParquet(
  connection: DuckDBConnection,
  table: ProfileTable,
  { keys, includesStrangers }: DocumentsRequest,
  names: readonly string[] | undefined,
  file: string,
): Promise<number> {
  const rows =
    keys.length === 0
      ? sql`(select key, distinct_id, properties from ${table.table} where false)`
      : new KeyRange(await ascendingKeys(keys)).rows(table, includesStrangers);
  const columns = names === undefined ? documentColumns(table) : propertyColumns(table, names);
  const found =
    names === undefined || names.length === 0
      ? rows
      : sql`(select distinct_id, ${valuesOf(names)} as found from ${rows})`;
  const options = raw(
    `(format parquet, compression zstd, row_group_size ${ROWS_PER_GROUP}, row_group_size_bytes '${GROUP_BYTES}')`,
  );
  const copied = await run(
    connection,
    sql`copy (select ${join(columns, ", ")} from ${found}) to ${file} ${options}`,
  );
  return Number((await copied.getRows())[0]?.[0]);
}

/** The bytes of a file, which is removed before the first of them is given. */
export async function* takeFile(file: string): AsyncGenerator<Uint8Array> {
  const handle: FileHandle = await open(file, "r");
  try {
    await unlink(file);
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(BYTES_PER_READ) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function documentColumns({ scope: { groupKey } }: ProfileTable): readonly Fragment[] {
  return [
    sql`distinct_id as ${columnNamed(DISTINCT_ID)}`,
    sql`${groupKey === undefined ? raw("properties") : groupProperties(groupKey)} as ${columnNamed(PROPERTIES_COLUMN)}`,
  ];
}

/** What is shown of a group, in place of stored properties that are called the same. */
function groupProperties(groupKey: string): Fragment {
  return sql`cast(json_merge_patch(properties, json_object(${GROUP_KEY}, ${groupKey}, ${GROUP_ID}, distinct_id)) as varchar)`;
}

function propertyColumns(
  { catalog, scope: { groupKey } }: ProfileTable,
  names: readonly string[],
): readonly Fragment[] {
  const values = names.map((name, index) => {
    if (groupKey !== undefined && name === GROUP_KEY) return sql`${groupKey}`;
    if (groupKey !== undefined && name === GROUP_ID) return raw("distinct_id");
    return typed(valueAt(index), catalog, name);
  });
  const titles = columnTitles(names);
  return [
    sql`distinct_id as ${columnNamed(DISTINCT_ID)}`,
    ...values.map((value, index) => sql`${value} as ${columnNamed(titles[index] ?? "")}`),
  ];
}

/** A JSON value by the readings that the property has had; JSON null is null, as a missing property is. */
function typed(value: Fragment, catalog: Catalog, name: string): Fragment {
  const readings = new Set(catalog.property(name)?.readings ?? []);
  readings.delete("null");
  const isOnly = (...allowed: readonly Reading[]) =>
    readings.size > 0 && [...readings].every((reading) => allowed.includes(reading));
  if (isOnly("number")) return sql`try_cast(${value} as double)`;
  if (isOnly("truth")) return sql`try_cast(${value} as boolean)`;
  if (isOnly("text", "instant")) return sql`(${value} ->> '$')`;
  return sql`cast(${value} as varchar)`;
}

/** The engine takes names that differ only in case for the same: the later ones get a number. */
function columnTitles(names: readonly string[]): readonly string[] {
  const taken = new Set([DISTINCT_ID]);
  return names.map((name) => {
    const wanted = name === "" ? "_" : name.replaceAll("\0", "\u{FFFD}");
    let title = wanted;
    for (let number = 2; taken.has(title.toLowerCase()); number++) title = `${wanted}_${number}`;
    taken.add(title.toLowerCase());
    return title;
  });
}

/**
 * A name as an identifier: the one place where text of a user stands in a statement, as a file's columns can be named
 * in no other way. Within quotes only a quote means something, and the end of the text.
 */
function columnNamed(title: string): Fragment {
  return raw(`"${title.replaceAll("\0", "").replaceAll('"', '""')}"`);
}
