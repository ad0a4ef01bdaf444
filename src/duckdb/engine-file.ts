/**
 * A database file as an instance of the engine that has it attached.
 *
 * @module
 */
import { existsSync, realpathSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { fail, type WhomError } from "../errors/error.ts";
import { diskShare, memoryShare } from "./engine-budget.ts";
import { readTextsWhole } from "./text-decoder.ts";

/** How the engine may use the machine. */
export interface EngineOptions {
  readonly threads?: number | undefined;
  /** As DuckDB writes it: `2GB`; half of the machine's memory by default. */
  readonly memoryLimit?: string | undefined;
  /** Disk for what does not fit in memory, written the same way; half of what is free by default. */
  readonly tempLimit?: string | undefined;
  /** Properties of a scope that get columns of their own; `COLUMN_PROPERTIES_MAX` by default. */
  readonly columnPropertiesMax?: number | undefined;
}

/** Pending write-ahead log at which the engine folds it into the file. */
const CHECKPOINT_THRESHOLD = "64MB";

/**
 * DuckDB 1.5.5 leaves rows out of `order by … limit` once many rows have been deleted: it counts those as well when it
 * decides which row groups cannot matter.
 */
const DISABLED_OPTIMIZERS = "row_group_pruner";

/** Opens a file, as the database `whom`. @throws `data.folder_busy`, `data.folder_unusable` */
export async function attach(
  path: string,
  options: EngineOptions,
): Promise<{ readonly instance: DuckDBInstance; readonly writer: DuckDBConnection }> {
  readTextsWhole();
  const instance = await DuckDBInstance.create(":memory:", engineConfig(path, options));
  try {
    const writer = await instance.connect();
    if (path !== ":memory:") {
      // The engine ignores this one when it is given it at its start.
      const limit = options.tempLimit ?? diskShare(dirname(path));
      await writer.run(`set max_temp_directory_size = ${quoted(limit)}`);
    }
    await writer.run(attachStatement(path, "whom"));
    await writer.run("use whom");
    return { instance, writer };
  } catch (error) {
    instance.closeSync();
    throw openFailure(path, error);
  }
}

/** The statement that attaches a file. */
export function attachStatement(path: string, name: string): string {
  return path === ":memory:"
    ? `attach ':memory:' as ${name}`
    : `attach ${quoted(path)} as ${name} (storage_version 'latest')`;
}

/** A text as a literal of SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Removes a database file and its log. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.wal`, { force: true });
}

function engineConfig(path: string, options: EngineOptions): Record<string, string> {
  return {
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "false",
    disabled_optimizers: DISABLED_OPTIMIZERS,
    max_expression_depth: "10000",
    temp_directory: path === ":memory:" ? "" : join(dirname(path), "tmp"),
    ...(options.threads !== undefined && { threads: String(options.threads) }),
    memory_limit: options.memoryLimit ?? memoryShare(),
  };
}

/** The path of a file without links, so that one file has one. @throws `data.folder_unusable` */
export function realFile(file: string): string {
  try {
    return existsSync(file)
      ? realpathSync(file)
      : join(realpathSync(dirname(file)), basename(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail("data.folder_unusable", { folder: dirname(file), reason });
  }
}

function openFailure(path: string, error: unknown): WhomError {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason.includes("Could not set lock") || reason.includes("Conflicting lock")) {
    const pid = /PID (\d+)/.exec(reason)?.[1];
    const holder = pid === undefined ? "another process" : `process ${pid}`;
    return fail("data.folder_busy", { folder: dirname(path), holder });
  }
  return fail("data.folder_unusable", { folder: dirname(path), reason });
}
