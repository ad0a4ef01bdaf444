/**
 * One DuckDB instance over one file, and connections to it that run one statement at a time.
 *
 * @module
 */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import { fail, WhomError } from "../errors/error.ts";
import type { Fragment, Parameter } from "../sql/fragment.ts";

/** How the engine may use the machine. */
export interface EngineOptions {
  readonly threads?: number | undefined;
  /** As DuckDB writes it: `2GB`. */
  readonly memoryLimit?: string | undefined;
  /** Properties of a scope that get columns of their own; `COLUMN_PROPERTIES_MAX` by default. */
  readonly columnPropertiesMax?: number | undefined;
}

/** Readers that may run at once; more wait their turn. */
const READERS_MAX = 8;

/** Pending write-ahead log at which the engine folds it into the file. */
const CHECKPOINT_THRESHOLD = "64MB";

/** Files this process has open: DuckDB would open one twice and corrupt it. */
const OPEN_FILES = new Set<string>();

/** A database file, its writer and its readers. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #file: string;
  readonly writer: DuckDBConnection;
  readonly #idle: DuckDBConnection[] = [];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];
  #readerCount = 0;
  #closed: boolean = false;

  private constructor(instance: DuckDBInstance, file: string, writer: DuckDBConnection) {
    this.#instance = instance;
    this.#file = file;
    this.writer = writer;
  }

  /**
   * Opens or makes a database file; `:memory:` keeps nothing.
   *
   * @throws `data.folder_busy` when a process has it open, `data.folder_unusable` otherwise
   */
  static async open(file: string, options: EngineOptions = {}): Promise<Database> {
    const path = file === ":memory:" ? file : realFile(file);
    if (OPEN_FILES.has(path)) {
      throw fail("data.folder_busy", { folder: path, holder: "this process" });
    }
    const instance = await DuckDBInstance.create(":memory:", engineConfig(path, options));
    try {
      const writer = await instance.connect();
      if (path === ":memory:") await writer.run("attach ':memory:' as whom");
      else
        await writer.run(
          `attach '${path.replaceAll("'", "''")}' as whom (storage_version 'latest')`,
        );
      await writer.run("use whom");
      if (path !== ":memory:") OPEN_FILES.add(path);
      return new Database(instance, path, writer);
    } catch (error) {
      instance.closeSync();
      throw openFailure(path, error);
    }
  }

  /** Runs a function with a connection of its own; an abort interrupts what it runs. */
  async read<Result>(
    use: (connection: DuckDBConnection) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const connection = await this.#acquire();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      signal?.throwIfAborted();
      return await use(connection);
    } catch (error) {
      signal?.throwIfAborted();
      throw engineFailure(error);
    } finally {
      signal?.removeEventListener("abort", interrupt);
      this.#release(connection);
    }
  }

  async #acquire(): Promise<DuckDBConnection> {
    if (this.#closed) throw fail("data.closed", {});
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#readerCount < READERS_MAX) {
      this.#readerCount++;
      const connection = await this.#instance.connect();
      await connection.run("use whom");
      return connection;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #release(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next(connection);
  }

  /** Folds the log into the file and lets it go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.writer.run("checkpoint whom");
    } finally {
      for (const connection of this.#idle) connection.closeSync();
      this.writer.closeSync();
      this.#instance.closeSync();
      OPEN_FILES.delete(this.#file);
    }
  }
}

/** Statements a connection keeps prepared, and how long one may be. */
const PREPARED_MAX = 100;
const PREPARED_LENGTH_MAX = 16_384;

/** By connection and text, least recently used first; preparing costs a look-up half its time. */
const PREPARED = new WeakMap<DuckDBConnection, Map<string, DuckDBPreparedStatement>>();

/** Runs one statement; its parameters go typed, so that indexes match them. */
export async function run(
  connection: DuckDBConnection,
  statement: Fragment,
): Promise<DuckDBMaterializedResult> {
  const { text, parameters } = statement;
  const values = parameters.map(toDuckdb);
  const types = parameters.map((parameter) => TYPES[parameter.kind]);
  if (text.length > PREPARED_LENGTH_MAX) return connection.run(text, values, types);
  const prepared = await prepare(connection, text);
  prepared.bind(values, types);
  return prepared.run();
}

async function prepare(
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement> {
  let statements = PREPARED.get(connection);
  if (statements === undefined) {
    statements = new Map();
    PREPARED.set(connection, statements);
  }
  const known = statements.get(text);
  const prepared = known ?? (await connection.prepare(text));
  statements.delete(text);
  statements.set(text, prepared);
  for (const [oldest, old] of statements) {
    if (statements.size <= PREPARED_MAX) break;
    statements.delete(oldest);
    old.destroySync();
  }
  return prepared;
}

const TYPES: Readonly<Record<Parameter["kind"], DuckDBType>> = {
  text: VARCHAR,
  number: DOUBLE,
  truth: BOOLEAN,
  seconds: BIGINT,
  key: UINTEGER,
  texts: LIST(VARCHAR),
};

function toDuckdb(parameter: Parameter): DuckDBValue {
  switch (parameter.kind) {
    case "seconds":
      return BigInt(parameter.value);
    case "texts":
      return listValue([...parameter.value]);
    default:
      return parameter.value;
  }
}

/** What the engine threw, as an error somebody can act on. */
export function engineFailure(error: unknown): unknown {
  if (error instanceof WhomError || !(error instanceof Error)) return error;
  if (error.name === "AbortError") return error;
  return fail("data.engine_failed", { reason: error.message });
}

function engineConfig(path: string, options: EngineOptions): Record<string, string> {
  return {
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "false",
    max_expression_depth: "10000",
    temp_directory: path === ":memory:" ? "" : join(dirname(path), "tmp"),
    ...(options.threads !== undefined && { threads: String(options.threads) }),
    ...(options.memoryLimit !== undefined && { memory_limit: options.memoryLimit }),
  };
}

function realFile(file: string): string {
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
