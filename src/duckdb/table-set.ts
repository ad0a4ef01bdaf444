/**
 * The tables of a file, by scope.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { fail } from "../errors/error.ts";
import { nameScope, type Scope } from "../profile/profile.ts";
import { createEvents, createTable } from "./schema.ts";
import type { ProfileTable } from "./tables.ts";

/** Projects and groups in one file. */
const SCOPES_MAX = 10_000;

/** New columns after which the log is folded in, because many at once cost memory. */
const COLUMNS_PER_CHECKPOINT = 200;

/** A scope's tables, and those of its project's users. */
export interface Tables {
  readonly table: ProfileTable;
  readonly users: ProfileTable | undefined;
}

/** Every table. */
export class TableSet {
  readonly #tables: ProfileTable[];
  readonly #byScope: Map<string, ProfileTable>;
  readonly #columnPropertiesMax: number;
  #columnsAtCheckpoint: number;

  constructor(tables: readonly ProfileTable[], columnPropertiesMax: number) {
    this.#tables = [...tables];
    this.#byScope = new Map(tables.map((table) => [nameScope(table.scope), table]));
    this.#columnPropertiesMax = columnPropertiesMax;
    this.#columnsAtCheckpoint = this.#columnCount();
  }

  all(): readonly ProfileTable[] {
    return this.#tables;
  }

  find(scope: Scope): ProfileTable | undefined {
    return this.#byScope.get(nameScope(scope));
  }

  users(projectId: number): ProfileTable | undefined {
    return this.find({ projectId, groupKey: undefined });
  }

  of(scope: Scope): Tables | undefined {
    const table = this.find(scope);
    return table && { table, users: this.users(scope.projectId) };
  }

  groupKeys(projectId: number): readonly string[] {
    return this.#tables.flatMap(({ scope }) =>
      scope.projectId === projectId && scope.groupKey !== undefined ? [scope.groupKey] : [],
    );
  }

  /** The tables of a scope, made if it has none yet. */
  async open(connection: DuckDBConnection, scope: Scope): Promise<ProfileTable> {
    const known = this.find(scope);
    if (known !== undefined) return known;
    if (this.#tables.length >= SCOPES_MAX) {
      throw fail("data.engine_failed", { reason: `more than ${SCOPES_MAX} projects and groups` });
    }
    const id = this.#tables.length + 1;
    const table = await createTable(connection, id, scope, this.#columnPropertiesMax);
    this.#tables.push(table);
    this.#byScope.set(nameScope(scope), table);
    return table;
  }

  /** Makes the table of a project's events. */
  async openEvents(connection: DuckDBConnection, table: ProfileTable): Promise<void> {
    if (table.events === undefined)
      await createEvents(connection, table, this.#columnPropertiesMax);
  }

  /** Folds the log into the file when many columns were made since it last was. */
  async checkpointColumns(connection: DuckDBConnection): Promise<void> {
    const columnCount = this.#columnCount();
    if (columnCount - this.#columnsAtCheckpoint <= COLUMNS_PER_CHECKPOINT) return;
    this.#columnsAtCheckpoint = columnCount;
    await connection.run("checkpoint whom").catch(() => undefined);
  }

  #columnCount(): number {
    return this.#tables.reduce(
      (count, { columns, events }) => count + columns.length + (events?.columns.length ?? 0),
      0,
    );
  }
}
