/**
 * The embedded engine: profiles in one DuckDB file.
 *
 * Each scope is a table of typed nullable columns beside the profile's JSON text. Selectors run as SQL
 * over the columns; what SQL cannot say is evaluated on the texts of the candidates that are left.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { nameScope, type Scope } from "../profile/profile.ts";
import { shownProperties } from "../profile/record.ts";
import type { ProfileQuery } from "../query/query.ts";
import { join, sql } from "../sql/fragment.ts";
import { selectStatement } from "../sql/statement.ts";
import { COLUMN_PROPERTIES_MAX } from "../store/catalog.ts";
import type {
  Explanation,
  ProfileKeys,
  ProfileRow,
  PropertySummary,
  ScopedUpdates,
  Store,
  UpdateRejection,
} from "../store/store.ts";
import { Database, type EngineOptions, engineFailure, run } from "./connection.ts";
import { DUCKDB } from "./dialect.ts";
import { selectResidual } from "./residual.ts";
import { createTable, loadTables, type ProfileTable, prepareSchema } from "./schema.ts";
import { summarize } from "./summary.ts";
import { keysToReserve, type PlacedUpdate, prepareWrite, writeTable } from "./write.ts";

/** Profiles read by one statement; past it the engine scans instead of looking up. */
const KEYS_PER_READ = 1_000;

/** New columns after which the log is folded in, because many at once cost memory. */
const COLUMNS_PER_CHECKPOINT = 200;

/** Profiles in a DuckDB file. */
export class DuckdbStore implements Store {
  readonly #database: Database;
  readonly #tables: ProfileTable[];
  readonly #byScope: Map<string, ProfileTable>;
  readonly #columnPropertiesMax: number;
  #columnsSinceCheckpoint = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    database: Database,
    tables: readonly ProfileTable[],
    columnPropertiesMax: number,
  ) {
    this.#database = database;
    this.#columnPropertiesMax = columnPropertiesMax;
    this.#tables = [...tables];
    this.#byScope = new Map(tables.map((table) => [nameScope(table.scope), table]));
  }

  /**
   * Opens or makes a file; `:memory:` keeps nothing.
   *
   * @throws `data.folder_busy`, `data.folder_unusable`, `data.format_unknown`
   */
  static async open(file: string, options: EngineOptions = {}): Promise<DuckdbStore> {
    const { columnPropertiesMax = COLUMN_PROPERTIES_MAX } = options;
    const database = await Database.open(file, options);
    try {
      await prepareSchema(database.writer, file);
      const tables = await loadTables(database.writer, columnPropertiesMax);
      return new DuckdbStore(database, tables, columnPropertiesMax);
    } catch (error) {
      await database.close().catch(() => undefined);
      throw engineFailure(error);
    }
  }

  apply(batches: readonly ScopedUpdates[]): Promise<readonly UpdateRejection[]> {
    return this.#exclusively(() => this.#apply(batches));
  }

  async select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys> {
    const table = this.#table(query.scope);
    if (table === undefined) return new Uint32Array(0);
    const statement = compile(query, table);
    return this.#database.read(async (connection) => {
      if (!statement.exact) return selectResidual(connection, table, query, statement, signal);
      const result = await run(connection, statement.keys);
      const keys = new Uint32Array(result.rowCount);
      let index = 0;
      for (const chunk of await result.fetchAllChunks()) {
        for (const key of chunk.getColumnValues(0)) keys[index++] = key as number;
      }
      return keys;
    }, signal);
  }

  async count(query: ProfileQuery, signal?: AbortSignal): Promise<number> {
    const table = this.#table(query.scope);
    if (table === undefined) return 0;
    const statement = compile(query, table);
    return this.#database.read(async (connection) => {
      if (!statement.exact) {
        return (await selectResidual(connection, table, query, statement, signal)).length;
      }
      const rows = await (await run(connection, statement.count)).getRows();
      return Math.min(Number(rows[0]?.[0] ?? 0), query.limit ?? Number.POSITIVE_INFINITY);
    }, signal);
  }

  async read(scope: Scope, keys: ProfileKeys): Promise<readonly ProfileRow[]> {
    const table = this.#table(scope);
    if (table === undefined || keys.length === 0) return [];
    const byKey = new Map<number, ProfileRow>();
    await this.#database.read(async (connection) => {
      for (let start = 0; start < keys.length; start += KEYS_PER_READ) {
        const list = join(
          Array.from(
            keys.subarray(start, start + KEYS_PER_READ),
            (value) => sql`${{ kind: "key", value }}`,
          ),
          ", ",
        );
        const result = await run(
          connection,
          sql`select key, distinct_id, properties from ${table.table} where key in (${list})`,
        );
        for (const [key, id, properties] of await result.getRows()) {
          const distinctId = String(id);
          const propertiesJson = shownProperties(scope, distinctId, String(properties));
          byKey.set(Number(key), { key: Number(key), distinctId, propertiesJson });
        }
      }
    });
    return Array.from(keys).flatMap((key) => byKey.get(key) ?? []);
  }

  async properties(scope: Scope, limit: number): Promise<readonly PropertySummary[]> {
    const table = this.#table(scope);
    if (table === undefined) return [];
    const summaries = await this.#database.read((connection) => summarize(connection, table));
    return summaries.slice(0, limit);
  }

  groupKeys(projectId: number): readonly string[] {
    return this.#tables.flatMap(({ scope }) =>
      scope.projectId === projectId && scope.groupKey !== undefined ? [scope.groupKey] : [],
    );
  }

  async explain(query: ProfileQuery): Promise<Explanation> {
    const table = this.#table(query.scope);
    if (table === undefined) return { statement: "", parameters: [], residual: false };
    const statement = compile(query, table);
    const shown = statement.exact ? statement.keys : statement.candidates(sql`true`);
    return {
      statement: shown.text,
      parameters: shown.parameters.map((parameter) => parameter.value),
      residual: !statement.exact,
    };
  }

  close(): Promise<void> {
    return this.#exclusively(() => this.#database.close());
  }

  #table(scope: Scope): ProfileTable | undefined {
    return this.#byScope.get(nameScope(scope));
  }

  /** One writer at a time: two transactions that write would conflict. */
  #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async #apply(batches: readonly ScopedUpdates[]): Promise<readonly UpdateRejection[]> {
    const connection = this.#database.writer;
    const rejections: UpdateRejection[] = [];
    try {
      const writes = [];
      for (const [table, updates] of await this.#placed(batches)) {
        const columnCount = table.columns.length;
        writes.push(await prepareWrite(connection, table, updates, rejections));
        this.#columnsSinceCheckpoint += table.columns.length - columnCount;
      }
      await connection.run("begin");
      try {
        for (const write of writes) await writeTable(connection, write);
        await connection.run("commit");
        // Only now: a transaction that is rolled back sets no keys aside.
        for (const { table } of writes) table.keysReserved = keysToReserve(table);
      } catch (error) {
        await connection.run("rollback").catch(() => undefined);
        throw error;
      }
      if (this.#columnsSinceCheckpoint > COLUMNS_PER_CHECKPOINT) {
        this.#columnsSinceCheckpoint = 0;
        await connection.run("checkpoint whom").catch(() => undefined);
      }
    } catch (error) {
      throw engineFailure(error);
    }
    return rejections;
  }

  /** Updates by table, in order; the tables of new scopes are made. */
  async #placed(
    batches: readonly ScopedUpdates[],
  ): Promise<ReadonlyMap<ProfileTable, readonly PlacedUpdate[]>> {
    const placed = new Map<ProfileTable, PlacedUpdate[]>();
    for (const [batch, { scope, updates }] of batches.entries()) {
      if (updates.length === 0) continue;
      const table = this.#table(scope) ?? (await this.#create(scope));
      const list = placed.get(table) ?? [];
      placed.set(table, list);
      updates.forEach((update, index) => {
        list.push({ batch, index, update });
      });
    }
    return placed;
  }

  async #create(scope: Scope): Promise<ProfileTable> {
    if (this.#tables.length >= SCOPES_MAX) {
      throw fail("data.engine_failed", { reason: `more than ${SCOPES_MAX} projects and groups` });
    }
    const table = await createTable(
      this.#database.writer,
      this.#tables.length + 1,
      scope,
      this.#columnPropertiesMax,
    );
    this.#tables.push(table);
    this.#byScope.set(nameScope(scope), table);
    return table;
  }
}

/** Projects and groups in one file. */
const SCOPES_MAX = 10_000;

function compile(query: ProfileQuery, table: ProfileTable) {
  return selectStatement(query, { table: table.table, catalog: table.catalog, dialect: DUCKDB });
}
