/**
 * Transactions one after the other, the next one made ready while the last is on its way to disk.
 *
 * What is made ready counts only if nothing has been written since, but the transaction whose documents it starts from.
 * Otherwise it is made anew, so that nothing depends on what else goes on.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Batch } from "../store/store.ts";
import { type Applied, applyBatches, commitWrites, knownWrites } from "./apply.ts";
import type { Database } from "./connection.ts";
import { RecentDocuments } from "./recent-documents.ts";
import type { TableSet } from "./table-set.ts";
import type { ProfileTable } from "./tables.ts";
import type { Outcome, ScopeWrite } from "./write.ts";

/** Runs work while nobody else writes, after what came before. */
type Exclusively = <Result>(
  work: (connection: DuckDBConnection) => Promise<Result>,
) => Promise<Result>;

/** Applies batches. */
export class Applier {
  readonly #database: Database;
  readonly #tables: TableSet;
  readonly #exclusively: Exclusively;
  readonly #recent: RecentDocuments;
  /** How many writes had ended when the recent documents were those on disk. */
  #recentAt = 0;
  #last: Transaction | undefined;

  constructor(
    database: Database,
    tables: TableSet,
    exclusively: Exclusively,
    recent: RecentDocuments = new RecentDocuments(),
  ) {
    this.#database = database;
    this.#tables = tables;
    this.#exclusively = exclusively;
    this.#recent = recent;
  }

  /**
   * Applies batches in one transaction.
   *
   * @param after what they must not be written before, or at all if it fails; they are made ready meanwhile
   */
  async apply(batches: readonly Batch[], after: Promise<unknown> | undefined): Promise<Applied> {
    const transaction = new Transaction(this.#tables, batches);
    const before = this.#last;
    this.#last = transaction;
    transaction.readAhead(
      this.#database,
      this.#known(),
      before?.isOver === true ? undefined : before,
    );
    try {
      if (after !== undefined) await after;
      return await this.#exclusively((connection) => this.#commit(connection, transaction));
    } finally {
      transaction.end();
    }
  }

  async #commit(connection: DuckDBConnection, transaction: Transaction): Promise<Applied> {
    const recent = this.#known();
    const applied = await transaction.commit(connection, recent, this.#database.writeCount);
    this.#recentAt = this.#database.writeCount + 1;
    if (this.#last === transaction) this.#last = undefined;
    return applied;
  }

  /**
   * The recent documents. None once somebody else has written, who may have changed them, or something failed: a commit
   * that does may be on disk all the same.
   */
  #known(): RecentDocuments {
    const { writeCount } = this.#database;
    if (writeCount > this.#recentAt) {
      this.#recent.clear();
      this.#recentAt = writeCount;
    }
    return this.#recent;
  }
}

/** What a transaction was made ready from. */
interface Base {
  /** Writes that had ended. */
  readonly writeCount: number;
  /** The transaction that was under way, and whose documents are taken for granted. */
  readonly before: Transaction | undefined;
}

/** Some batches on their way to disk. */
class Transaction {
  readonly #tables: TableSet;
  #batches: readonly Batch[];
  #base: Base | undefined;
  /** Undefined where nothing is made ready, or could not be. */
  #ready: Promise<readonly ScopeWrite[] | undefined> = Promise.resolve(undefined);
  #isOver: boolean = false;
  /** Whether what was computed ahead is on disk now, and nothing else has changed with it. */
  #isAsComputed: boolean = false;

  constructor(tables: TableSet, batches: readonly Batch[]) {
    this.#tables = tables;
    this.#batches = batches;
  }

  /** Whether it is on disk, or has failed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Begins to read and compute what can be known by now.
   *
   * @param before the transaction that is under way
   */
  readAhead(database: Database, recent: RecentDocuments, before: Transaction | undefined): void {
    // What it leaves must be known before it is on disk, and nothing else may be on its way there before it.
    const base = before === undefined ? undefined : before.#base;
    if (before !== undefined && base === undefined) return;
    if (base?.before?.isOver === false) return;
    const writes = knownWrites(this.#tables, this.#batches, recent);
    if (writes === undefined) return;
    this.#base = { writeCount: database.writeCount, before };
    this.#ready = makeReady(database, writes, before);
  }

  /** What it leaves in each table, once that is computed; undefined where it was not made ready. */
  async outcomes(): Promise<ReadonlyMap<ProfileTable, Outcome> | undefined> {
    const writes = await this.#ready;
    return writes && new Map(writes.map((write) => [write.table, write.outcome()]));
  }

  /**
   * Writes, while nobody else does.
   *
   * @param writeCount writes that have ended by now
   */
  async commit(
    connection: DuckDBConnection,
    recent: RecentDocuments,
    writeCount: number,
  ): Promise<Applied> {
    const ready = await this.#ready;
    if (ready === undefined || !this.#isBaseTrue(writeCount)) {
      return applyBatches(connection, this.#tables, this.#batches, recent);
    }
    const applied = await commitWrites(connection, this.#tables, ready);
    this.#isAsComputed = ready.every((write) => write.isPlain);
    return applied;
  }

  /** Lets go of everything, as it is on disk or will never be. */
  end(): void {
    this.#isOver = true;
    this.#batches = [];
    this.#base = undefined;
    this.#ready = Promise.resolve(undefined);
  }

  #isBaseTrue(writeCount: number): boolean {
    if (this.#base === undefined) return false;
    const { before } = this.#base;
    if (before === undefined) return writeCount === this.#base.writeCount;
    return before.#isAsComputed && writeCount === this.#base.writeCount + 1;
  }
}

async function makeReady(
  database: Database,
  writes: readonly ScopeWrite[],
  before: Transaction | undefined,
): Promise<readonly ScopeWrite[] | undefined> {
  try {
    const loading = database.readAhead(async (connection) => {
      for (const write of writes) await write.load(connection);
    });
    // It may fail while the one before is waited for.
    loading.catch(() => undefined);
    const outcomes = await before?.outcomes();
    if (before !== undefined && outcomes === undefined) return undefined;
    await loading;
    for (const write of writes) await write.compute(outcomes?.get(write.table));
    return writes;
  } catch {
    // What is wrong shows again when it is written, and there it counts.
    return undefined;
  }
}
