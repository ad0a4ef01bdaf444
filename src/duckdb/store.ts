/**
 * The embedded engine: profiles and events in one DuckDB file.
 *
 * Each scope is a table of typed nullable columns beside the profile's JSON text, and so are the events of a project.
 * Selectors run as SQL over the columns; what SQL cannot say is evaluated by the reference on what is left.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventRow } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import type { Scope } from "../profile/profile.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { Breakdown, BreakdownOptions, NumberSummary } from "../query/statistic.ts";
import type { Expression } from "../selector/syntax.ts";
import { sql } from "../sql/fragment.ts";
import { COLUMN_PROPERTIES_MAX } from "../store/column-policy.ts";
import type { DocumentPart, DocumentsRequest } from "../store/documents.ts";
import { type FrozenKeys, keysInOrder } from "../store/frozen-keys.ts";
import type {
  Batch,
  Erased,
  Explanation,
  ProfileKeys,
  ProfileRow,
  PropertySummary,
  RecordKind,
  Store,
  StoredRecord,
  UpdateRejection,
} from "../store/store.ts";
import type { Computed } from "../values/value.ts";
import { Applier } from "./applier.ts";
import { type TableContents, tableContents } from "./backup.ts";
import { compactFile } from "./compact.ts";
import { Database, type EngineOptions, engineFailure } from "./connection.ts";
import { erasePeople, readKeysOfUsers } from "./erase.ts";
import { exportDocuments } from "./export.ts";
import { removeExportFiles } from "./export-parquet.ts";
import { freezeKeys } from "./freeze.ts";
import { IdOrder, readIdOrder } from "./id-order.ts";
import { readCanonicalIds } from "./ids.ts";
import { tablesAsSeen, watchLayout } from "./layout.ts";
import { LookUps } from "./look-ups.ts";
import { Promoter } from "./promoter.ts";
import { readEvents } from "./read-events.ts";
import { readInParts, readRows } from "./read-profiles.ts";
import { readMembers, readRecords, writeMembers, writeRecords } from "./records.ts";
import { selectResidual } from "./residual.ts";
import { run } from "./run.ts";
import { loadTables, prepareSchema } from "./schema.ts";
import { type Asked, isOneStatement, prepareSelection, type Selection } from "./selection.ts";
import { EventSorter, isWorthSorting, sortStep } from "./sort-events.ts";
import { breakDownSelected, readValues, summarizeSelected } from "./statistics.ts";
import { summarizeProperties } from "./summary.ts";
import { TableSet, type Tables } from "./table-set.ts";
import type { ProfileTable } from "./tables.ts";

/** Profiles in a DuckDB file. */
export class DuckdbStore implements Store {
  readonly #database: Database;
  readonly #tables: TableSet;
  readonly #lookUps: LookUps;
  /** By the numbers of their tables. */
  readonly #orders = new Map<number, IdOrder>();
  readonly #sorter = new EventSorter((work) => this.#exclusively(work));
  readonly #promoter: Promoter;
  readonly #applier: Applier;
  #writing: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(database: Database, tables: TableSet) {
    this.#database = database;
    this.#tables = tables;
    this.#lookUps = new LookUps((use) => database.readQuickly(use));
    this.#promoter = new Promoter(database, tables, (work) => this.#exclusively(work));
    this.#applier = new Applier(database, tables, (work) => this.#exclusively(work));
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
      removeExportFiles(database.file);
      await prepareSchema(database.writer, file);
      const tables = await loadTables(database.writer, columnPropertiesMax);
      return new DuckdbStore(database, new TableSet(tables, columnPropertiesMax));
    } catch (error) {
      await database.close().catch(() => undefined);
      throw engineFailure(error);
    }
  }

  async apply(
    batches: readonly Batch[],
    after?: Promise<unknown>,
  ): Promise<readonly UpdateRejection[]> {
    const { rejections, tables } = await this.#applier.apply(batches, after);
    for (const { events } of tables) if (events !== undefined) this.#sorter.look(events);
    return rejections;
  }

  async freeze(query: ProfileQuery, signal?: AbortSignal): Promise<FrozenKeys> {
    const tables = this.#tables.of(query.scope);
    if (tables === undefined) return keysInOrder(new Uint32Array(0));
    const order = this.#orderOf(tables.table);
    const frozen = await this.#selecting(
      { query, tables, expressions: [] },
      signal,
      (connection, selection) => freezeKeys(connection, selection, order, signal),
    );
    if (order.isBehind) this.#refresh(order, tables.table);
    return frozen;
  }

  async select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys> {
    return (await this.freeze(query, signal)).all();
  }

  async *documents(request: DocumentsRequest, signal?: AbortSignal): AsyncGenerator<DocumentPart> {
    const known = this.#tables.of(request.scope);
    if (known === undefined && request.form.kind !== "parquet") return;
    const tables = known ?? (await this.#createTables(request.scope));
    yield* exportDocuments(this.#database, tables, request, signal);
  }

  find(scope: Scope, distinctIds: readonly string[]): Promise<readonly ProfileRow[]> {
    const table = this.#tables.find(scope);
    return table === undefined ? Promise.resolve([]) : this.#lookUps.find(table, distinctIds);
  }

  async count(query: ProfileQuery, signal?: AbortSignal): Promise<number> {
    const tables = this.#tables.of(query.scope);
    if (tables === undefined) return 0;
    return this.#selecting(
      { query, tables, expressions: [] },
      signal,
      async (connection, selection) => {
        const { statement } = selection;
        if (!statement.exact) return (await selectResidual(connection, selection, signal)).length;
        const rows = await (await run(connection, statement.count)).getRows();
        return Math.min(Number(rows[0]?.[0] ?? 0), query.limit ?? Number.POSITIVE_INFINITY);
      },
    );
  }

  async read(
    scope: Scope,
    keys: ProfileKeys,
    includesStrangers: boolean = false,
  ): Promise<readonly ProfileRow[]> {
    const table = this.#tables.find(scope);
    if (table === undefined || keys.length === 0) return [];
    return readInParts(keys, (part) =>
      this.#database.readQuickly((connection) =>
        readRows(connection, table, part, includesStrangers),
      ),
    );
  }

  async *values(
    query: ProfileQuery,
    expressions: readonly Expression[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly (readonly Computed[])[]> {
    const tables = this.#tables.of(query.scope);
    if (tables === undefined) return;
    yield* this.#database.stream(async function* (connection) {
      const known = await tablesAsSeen(connection, tables);
      const selection = await prepareSelection(connection, query, known, expressions, signal);
      yield* readValues(connection, selection, expressions, signal);
    }, signal);
  }

  async summarize(
    query: ProfileQuery,
    expression: Expression,
    percentiles: readonly number[],
    signal?: AbortSignal,
  ): Promise<NumberSummary> {
    const tables = this.#tables.of(query.scope) ?? (await this.#createTables(query.scope));
    return this.#selecting(
      { query, tables, expressions: [expression] },
      signal,
      (connection, selection) =>
        summarizeSelected(connection, selection, expression, percentiles, signal),
    );
  }

  async breakDown(
    query: ProfileQuery,
    expression: Expression,
    options: BreakdownOptions,
    signal?: AbortSignal,
  ): Promise<Breakdown> {
    const tables = this.#tables.of(query.scope) ?? (await this.#createTables(query.scope));
    return this.#selecting(
      { query, tables, expressions: [expression] },
      signal,
      (connection, selection) =>
        breakDownSelected(connection, selection, expression, options, signal),
    );
  }

  async *events(query: EventQuery, signal?: AbortSignal): AsyncGenerator<readonly EventRow[]> {
    const table = this.#tables.users(query.projectId);
    if (table === undefined) return;
    yield* this.#database.stream(async function* (connection) {
      const known = await tablesAsSeen(connection, { table, users: undefined });
      yield* readEvents(connection, known.table, query, signal);
    }, signal);
  }

  async records(projectId: number, kind: RecordKind): Promise<readonly StoredRecord[]> {
    return this.#database.read((connection) => readRecords(connection, projectId, kind));
  }

  putRecords(
    projectId: number,
    kind: RecordKind,
    records: readonly { readonly id: number; readonly json: string | undefined }[],
  ): Promise<void> {
    return this.#exclusively((connection) => writeRecords(connection, projectId, kind, records));
  }

  setMembers(scope: Scope, cohortId: number, distinctIds: readonly string[]): Promise<void> {
    return this.#exclusively(async (connection) => {
      const table = await this.#tables.open(connection, scope);
      await writeMembers(connection, table, cohortId, distinctIds);
    });
  }

  async members(scope: Scope, cohortId: number): Promise<readonly string[]> {
    const table = this.#tables.find(scope);
    if (table === undefined) return [];
    return this.#database.read((connection) => readMembers(connection, table, cohortId));
  }

  async canonicalIds(
    projectId: number,
    distinctIds: readonly string[],
  ): Promise<readonly string[]> {
    const users = this.#tables.users(projectId);
    if (users === undefined) return distinctIds;
    return this.#database.read((connection) => readCanonicalIds(connection, users, distinctIds));
  }

  async keysOfUsers(projectId: number, distinctIds: readonly string[]): Promise<ProfileKeys> {
    const users = this.#tables.users(projectId);
    if (users === undefined) return new Uint32Array(0);
    return this.#database.read((connection) => readKeysOfUsers(connection, users, distinctIds));
  }

  erase(projectId: number, distinctIds: readonly string[]): Promise<Erased> {
    return this.#exclusively(async (connection) => {
      const users = this.#tables.users(projectId);
      if (users === undefined) return { profileCount: 0, eventCount: 0 };
      return erasePeople(connection, users, distinctIds);
    });
  }

  compact(): Promise<void> {
    return this.#exclusively(() => compactFile(this.#database, this.#tables.all()));
  }

  /** Copies all that is stored by now into a new file; writes wait meanwhile. @returns what it must hold */
  copyTo(path: string): Promise<readonly TableContents[]> {
    return this.#exclusively(async (connection) => {
      await this.#database.copyTo(path);
      return tableContents(connection, "whom");
    });
  }

  /** Puts events in order where enough are out of it, and gives columns, without waiting until it is quiet. */
  async settle(): Promise<void> {
    for (const { events } of this.#tables.all()) {
      if (events === undefined || !isWorthSorting(events)) continue;
      while (events.unsortedCount > 0) {
        await this.#exclusively((connection) => sortStep(connection, events));
      }
    }
    await this.#promoter.settle();
  }

  async properties(
    query: ProfileQuery,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly PropertySummary[]> {
    const tables = this.#tables.of(query.scope);
    if (tables === undefined) return [];
    const summaries = await this.#selecting(
      { query, tables, expressions: [] },
      signal,
      (connection, selection) => summarizeProperties(connection, selection, signal),
    );
    return summaries.slice(0, limit);
  }

  groupKeys(projectId: number): readonly string[] {
    return this.#tables.groupKeys(projectId);
  }

  async explain(query: ProfileQuery): Promise<Explanation> {
    const tables = this.#tables.of(query.scope);
    if (tables === undefined) return { statement: "", parameters: [], residual: false };
    return this.#selecting(
      { query, tables, expressions: [] },
      undefined,
      async (_connection, { statement }) => {
        const none = { behaviors: [], cohorts: [], firstEvent: false };
        const shown = statement.exact ? statement.keys : statement.candidates(sql`true`, none);
        return {
          statement: shown.text,
          parameters: shown.parameters.map((parameter) => parameter.value),
          residual: !statement.exact,
        };
      },
    );
  }

  #orderOf(table: ProfileTable): IdOrder {
    let order = this.#orders.get(table.id);
    if (order === undefined) {
      order = new IdOrder();
      this.#orders.set(table.id, order);
    }
    return order;
  }

  #refresh(order: IdOrder, table: ProfileTable): void {
    order.refresh(() => this.#database.read((connection) => readIdOrder(connection, table)));
  }

  close(): Promise<void> {
    this.#sorter.stop();
    this.#promoter.stop();
    this.#closing ??= this.#writing
      .then(() => this.#database.close())
      .catch((error: unknown) => {
        throw engineFailure(error);
      });
    return this.#closing;
  }

  /** Runs with a query compiled; all statements see one state of the file. */
  #selecting<Result>(
    { query, tables, expressions }: Asked,
    signal: AbortSignal | undefined,
    use: (connection: DuckDBConnection, selection: Selection) => Promise<Result>,
  ): Promise<Result> {
    return this.#database.read(async (connection) => {
      const prepare = (known: Tables): Promise<Selection> =>
        prepareSelection(connection, query, known, expressions, signal);
      const isSame = watchLayout(tables);
      if (isOneStatement(query, tables) && !this.#database.isWriting && isSame()) {
        const selection = await prepare(tables);
        if (selection.statement.exact) {
          const result = await use(connection, selection);
          if (isSame()) return result;
        }
      }
      await connection.run("begin transaction read only");
      try {
        return await use(connection, await prepare(await tablesAsSeen(connection, tables)));
      } finally {
        await connection.run("rollback").catch(() => undefined);
      }
    }, signal);
  }

  #createTables(scope: Scope): Promise<Tables> {
    return this.#exclusively(async (connection) => {
      await this.#tables.open(connection, scope);
      return this.#tables.of(scope) as Tables;
    });
  }

  /** One writer at a time: two transactions that write would conflict. */
  #exclusively<Result>(work: (writer: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const done = this.#writing.then(async () => {
      try {
        return await this.#database.write(work);
      } catch (error) {
        throw engineFailure(error);
      }
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
