/**
 * Copies of the file, and the proof that a copy is whole.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { engineError } from "./engine-budget.ts";
import { quoted } from "./engine-file.ts";

/** What a table holds. */
export interface TableContents {
  readonly table: string;
  readonly rows: number;
}

/** Read and written at once. */
const PART_BYTES = 4_194_304;

/** Copies what an open file holds into a new one, which is on disk when this resolves. */
export async function copyBytes(from: FileHandle, path: string): Promise<void> {
  const to = await open(path, "wx", 0o600);
  try {
    const part = Buffer.allocUnsafe(PART_BYTES);
    let position = 0;
    for (;;) {
      const { bytesRead } = await from.read(part, 0, PART_BYTES, position);
      if (bytesRead === 0) break;
      await to.writeFile(part.subarray(0, bytesRead));
      position += bytesRead;
    }
    await to.sync();
  } finally {
    await to.close();
  }
}

/** What each table of an open database holds. */
export async function tableContents(
  connection: DuckDBConnection,
  database: "whom" | "copied",
): Promise<readonly TableContents[]> {
  const tables = await connection.runAndReadAll(
    `select table_name from duckdb_tables() where database_name = '${database}' and not temporary order by table_name`,
  );
  const contents: TableContents[] = [];
  for (const [name] of tables.getRows()) {
    const table = String(name);
    const counted = await connection.runAndReadAll(
      `select count(*) from ${database}.main.${table}`,
    );
    contents.push({ table, rows: Number(counted.getRows()[0]?.[0]) });
  }
  return contents;
}

/**
 * What a file holds that nobody has open. Every value is read, so that what a disk has damaged shows.
 *
 * @throws `data.engine_failed` for what is no whole database
 */
export async function readCopy(path: string): Promise<readonly TableContents[]> {
  let instance: DuckDBInstance | undefined;
  try {
    instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`attach ${quoted(path)} as copied (read_only)`);
    const contents = await tableContents(connection, "copied");
    for (const { table } of contents) {
      await connection.run(`select sum(hash(t)::hugeint) from copied.main.${table} t`);
    }
    return contents;
  } catch (error) {
    throw error instanceof Error ? engineError(error) : error;
  } finally {
    instance?.closeSync();
  }
}
