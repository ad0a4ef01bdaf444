/**
 * Sees to it that properties which turn out frequent, or which selectors ask for, get columns of their own.
 *
 * @module
 */
import { setTimeout as rest } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { CatalogProperty } from "../store/catalog.ts";
import { takesColumns } from "../store/catalog.ts";
import { isSlowToScan, isWorthSurvey } from "../store/column-policy.ts";
import type { Database } from "./connection.ts";
import { beginFilling, fillRange, finishFilling, rangesToFill } from "./promote.ts";
import { frequentInShared } from "./survey.ts";
import type { TableSet } from "./table-set.ts";
import { type EventTable, type ProfileTable, rowsOf } from "./tables.ts";

/** How often the tables are looked at. Nothing of it reaches the file unless there is something to do. */
const LOOK_MS = 5_000;

/** Writes have the engine for so many times as long as a step took, before the next one. */
const REST_FACTOR = 3;

/** How long nothing is tried after a failure. */
const FAILURE_REST_MS = 600_000;

/** How work is run while nothing else writes. */
type Exclusively = <Result>(work: (writer: DuckDBConnection) => Promise<Result>) => Promise<Result>;

type Table = ProfileTable | EventTable;

/** Looks at the tables from time to time. */
export class Promoter {
  readonly #database: Pick<Database, "read">;
  readonly #tables: Pick<TableSet, "all">;
  readonly #exclusively: Exclusively;
  readonly #timer: NodeJS.Timeout;
  /** Rows that had been written to each table when it was last surveyed. */
  readonly #surveyedAt = new Map<Table, number>();
  readonly #stop = new AbortController();
  #round: Promise<void> | undefined;
  #restUntilMs = 0;

  constructor(
    database: Pick<Database, "read">,
    tables: Pick<TableSet, "all">,
    exclusively: Exclusively,
  ) {
    this.#database = database;
    this.#tables = tables;
    this.#exclusively = exclusively;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    // A process that has nothing else to do need not wait for it.
    this.#timer.unref();
  }

  /** Starts nothing more: what is under way ends with its step, and goes on when the file is open again. */
  stop(): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }

  /** Does at once what there is to do, without leaving time to others. */
  async settle(): Promise<void> {
    while (this.#round !== undefined) await this.#round.catch(() => undefined);
    await this.#lookAtAll(true);
  }

  #look(): void {
    if (this.#round !== undefined || performance.now() < this.#restUntilMs) return;
    // A property is as right in the one place as in the other, so that a failure can wait.
    this.#lookAtAll(false).catch(() => {
      this.#restUntilMs = performance.now() + FAILURE_REST_MS;
    });
  }

  /** One round at a time. */
  async #lookAtAll(isUrgent: boolean): Promise<void> {
    const round = this.#promoteAll(isUrgent);
    this.#round = round;
    try {
      await round;
    } finally {
      this.#round = undefined;
    }
  }

  async #promoteAll(isUrgent: boolean): Promise<void> {
    for (const table of this.#all()) await this.#promoteOf(table, isUrgent);
  }

  *#all(): Generator<Table> {
    for (const table of [...this.#tables.all()]) {
      yield table;
      if (table.events !== undefined) yield table.events;
    }
  }

  async #promoteOf(table: Table, isUrgent: boolean): Promise<void> {
    for (const property of table.catalog.properties()) {
      if (property.isFilling) await this.#promote(table, property.name, isUrgent);
    }
    if (!isSlowToScan(rowsOf(table))) return;
    await this.#promoteSome(table, table.catalog.demand.wanted(), undefined, isUrgent);
    const frequent = await this.#survey(table, isUrgent);
    await this.#promoteSome(table, frequent, rowsOf(table), isUrgent);
  }

  /** The properties of the shared column that are frequent, where that may have changed. */
  async #survey(table: Table, isUrgent: boolean): Promise<readonly number[]> {
    const { catalog } = table;
    const rowCount = rowsOf(table);
    const { writtenRowCount } = catalog;
    const surveyedAt = this.#surveyedAt.get(table);
    if (catalog.room(rowCount) === 0 || writtenRowCount === surveyedAt) return [];
    const isDue =
      isUrgent ||
      (surveyedAt === undefined
        ? writtenRowCount > 0
        : isWorthSurvey(writtenRowCount - surveyedAt, rowCount));
    if (!isDue) return [];
    const frequent = await this.#database.read((connection) =>
      frequentInShared(connection, table, rowCount),
    );
    this.#surveyedAt.set(table, writtenRowCount);
    return frequent;
  }

  async #promoteSome(
    table: Table,
    ids: readonly number[],
    rowCount: number | undefined,
    isUrgent: boolean,
  ): Promise<void> {
    const { catalog } = table;
    if (ids.length === 0 || catalog.room(rowCount) === 0) return;
    const byId = new Map(Array.from(catalog.properties(), (property) => [property.id, property]));
    for (const id of ids) {
      const property = byId.get(id);
      if (catalog.room(rowCount) === 0 || this.#stop.signal.aborted) return;
      if (property === undefined || takesColumns(property)) continue;
      await this.#exclusively(async (connection) => {
        const now = catalog.property(property.name);
        if (now !== undefined && !takesColumns(now)) await beginFilling(connection, table, now);
      });
      await this.#promote(table, property.name, isUrgent);
    }
  }

  /** Fills the columns of a property, and lets them be read. */
  async #promote(table: Table, name: string, isUrgent: boolean): Promise<void> {
    const ranges = await this.#database.read((connection) => rangesToFill(connection, table));
    for (const range of ranges) {
      const done = await this.#step(table, name, isUrgent, (connection, property) =>
        fillRange(connection, table, property, range),
      );
      if (!done) return;
    }
    await this.#step(table, name, isUrgent, (connection, property) =>
      finishFilling(connection, table, property),
    );
  }

  /** @returns false if there was nothing left to do, or no time */
  async #step(
    { catalog }: Table,
    name: string,
    isUrgent: boolean,
    work: (connection: DuckDBConnection, property: CatalogProperty) => Promise<void>,
  ): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    let tookMs = 0;
    const done = await this.#exclusively(async (connection) => {
      // It may have got another reading meanwhile.
      const property = catalog.property(name);
      if (property?.isFilling !== true || this.#stop.signal.aborted) return false;
      const startedAtMs = performance.now();
      await work(connection, property);
      tookMs = performance.now() - startedAtMs;
      return true;
    });
    if (done && !isUrgent) await this.#rest(tookMs * REST_FACTOR);
    return done;
  }

  async #rest(ms: number): Promise<void> {
    await rest(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}
