/**
 * Changes of what the columns of a table mean, and readers that must not be caught in the middle of one.
 *
 * A statement is compiled from the catalog in memory and runs on a state of the file. The two belong together only if
 * no change was under way from the one to the other.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Tables } from "./table-set.ts";
import { asKnownNow, type ProfileTable } from "./tables.ts";

/** How often the columns of one scope's tables have changed. */
export class Layout {
  #changeCount = 0;
  #changing: Promise<unknown> | undefined;

  /** Runs a change: what is durable and what is known in memory are one for readers. */
  async change<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#changeCount++;
    const changing = work();
    this.#changing = changing;
    try {
      return await changing;
    } finally {
      this.#changing = undefined;
    }
  }

  /** How many changes there were; undefined while there is one. */
  get changeCount(): number | undefined {
    return this.#changing === undefined ? this.#changeCount : undefined;
  }

  /** Resolves when no change is under way, whatever came of it. */
  async settled(): Promise<void> {
    while (this.#changing !== undefined) await this.#changing.catch(() => undefined);
  }
}

/** Whether nothing has changed since this was called, and nothing was changing then. */
export function watchLayout({ table, users }: Tables): () => boolean {
  const layouts = [table, users].flatMap((each) => (each === undefined ? [] : [each.layout]));
  const before = layouts.map(({ changeCount }) => changeCount);
  return () =>
    layouts.every(
      ({ changeCount }, index) => changeCount !== undefined && changeCount === before[index],
    );
}

/**
 * The tables as the transaction that a connection has just begun sees them, for a reader that runs several statements.
 * A transaction that began beside a change is begun anew.
 */
export async function tablesAsSeen(connection: DuckDBConnection, tables: Tables): Promise<Tables> {
  for (;;) {
    const isSame = watchLayout(tables);
    // The engine settles what a transaction sees at its first statement.
    await connection.run("select 1 from scopes limit 0");
    const known = knownNow(tables);
    if (isSame()) return known;
    await connection.run("rollback");
    await settled(tables.table);
    await settled(tables.users);
    await connection.run("begin transaction read only");
  }
}

function knownNow({ table, users }: Tables): Tables {
  return { table: asKnownNow(table), users: users && asKnownNow(users) };
}

async function settled(table: ProfileTable | undefined): Promise<void> {
  await table?.layout.settled();
}
