/**
 * Statements that a connection keeps prepared, for as long as nobody writes.
 *
 * The engine plans a statement by what its tables hold: a condition that no row can meet is left out with all that
 * depends on it. It does not plan again when rows come that do meet it, so a plan counts until the next write only.
 *
 * @module
 */
import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";

/** Statements a connection keeps prepared, and how long one may be. */
const PREPARED_MAX = 100;
const PREPARED_LENGTH_MAX = 16_384;

/** The writes of one database file, as those who keep plans see them. */
export interface Writes {
  /** Goes up with each. */
  count: number;
  /** Whether one is under way: a plan made meanwhile may be out of date at once. */
  isWriting: boolean;
}

interface Kept {
  readonly writes: Writes;
  /** The `count` that the statements were prepared at. */
  preparedAt: number;
  /** By text, least recently used first; preparing costs a look-up half its time. */
  readonly statements: Map<string, DuckDBPreparedStatement>;
}

const KEPT = new WeakMap<DuckDBConnection, Kept>();

/** Lets a connection keep statements. */
export function keepPrepared(connection: DuckDBConnection, writes: Writes): void {
  KEPT.set(connection, { writes, preparedAt: writes.count, statements: new Map() });
}

/** Statements that a connection keeps whatever is written, by text, least recently used first. */
const LASTING = new WeakMap<DuckDBConnection, Map<string, DuckDBPreparedStatement>>();
const LASTING_MAX = 40;

/**
 * A statement whose plan does not hang on what its tables hold, as all its conditions are looked up by parameters that are
 * planned when they are bound.
 */
export async function prepareForGood(
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement> {
  const statements = LASTING.get(connection) ?? new Map<string, DuckDBPreparedStatement>();
  LASTING.set(connection, statements);
  return keep(statements, LASTING_MAX, text, connection);
}

/** Gives up what a connection keeps: its database would stay open with them. */
export function dropPrepared(connection: DuckDBConnection): void {
  for (const statement of LASTING.get(connection)?.values() ?? []) statement.destroySync();
  LASTING.delete(connection);
  const kept = KEPT.get(connection);
  if (kept === undefined) return;
  clear(kept);
  KEPT.delete(connection);
}

/** The statement of a text that this connection keeps; undefined where it would not hold, or is not worth it. */
export async function keptStatement(
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement | undefined> {
  const kept = KEPT.get(connection);
  if (kept === undefined || kept.writes.isWriting || text.length > PREPARED_LENGTH_MAX) {
    return undefined;
  }
  if (kept.preparedAt !== kept.writes.count) {
    clear(kept);
    kept.preparedAt = kept.writes.count;
  }
  return keep(kept.statements, PREPARED_MAX, text, connection);
}

async function keep(
  statements: Map<string, DuckDBPreparedStatement>,
  countMax: number,
  text: string,
  connection: DuckDBConnection,
): Promise<DuckDBPreparedStatement> {
  const prepared = statements.get(text) ?? (await connection.prepare(text));
  statements.delete(text);
  statements.set(text, prepared);
  for (const [oldest, old] of statements) {
    if (statements.size <= countMax) break;
    statements.delete(oldest);
    old.destroySync();
  }
  return prepared;
}

function clear({ statements }: Kept): void {
  for (const statement of statements.values()) statement.destroySync();
  statements.clear();
}
