/**
 * Profiles by their distinct ids, those of many requests with one statement.
 *
 * A statement costs the engine about as much for eight ids as for one. While one is under way the ids asked for
 * meanwhile gather, and go together into the next: alone a look-up does not wait, and under load statements grow
 * instead of queues.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { shownProperties } from "../profile/record.ts";
import { sql } from "../sql/fragment.ts";
import type { ProfileRow } from "../store/store.ts";
import { orderText } from "../values/text.ts";
import { slices } from "./append.ts";
import { readCanonicalIds } from "./ids.ts";
import { textList } from "./people.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** Statements that run at once. */
const STATEMENTS_AT_ONCE = 2;
/** Ids of one statement. A request that asks for more has statements of its own. */
const IDS_PER_STATEMENT = 64;
/** A request of more ids is not gathered with others. */
const IDS_GATHERED_UP_TO = 16;
const IDS_PER_LONG_STATEMENT = 500;

/** How a function is given a connection to read with. */
type Read = <Result>(use: (connection: DuckDBConnection) => Promise<Result>) => Promise<Result>;

interface Request {
  readonly distinctIds: readonly string[];
  readonly resolve: (rows: readonly ProfileRow[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Looks profiles up. */
export class LookUps {
  readonly #read: Read;
  readonly #waiting = new Map<ProfileTable, Request[]>();
  #underWay = 0;

  constructor(read: Read) {
    this.#read = read;
  }

  /** The profiles of these ids, by ascending id. */
  async find(table: ProfileTable, distinctIds: readonly string[]): Promise<readonly ProfileRow[]> {
    if (distinctIds.length > IDS_GATHERED_UP_TO) return this.#findMany(table, distinctIds);
    return new Promise((resolve, reject) => {
      const requests = this.#waiting.get(table) ?? [];
      requests.push({ distinctIds, resolve, reject });
      this.#waiting.set(table, requests);
      this.#start();
    });
  }

  async #findMany(
    table: ProfileTable,
    distinctIds: readonly string[],
  ): Promise<readonly ProfileRow[]> {
    const unique = [...new Set(distinctIds)];
    const parts = await Promise.all(
      [...slices(unique, IDS_PER_LONG_STATEMENT)].map((ids) =>
        this.#read(async (connection) => {
          const { rows, canonicalIds } = await readByIds(connection, table, ids);
          return new Map(canonicalIds.map((id) => [id, rows.get(id)]));
        }),
      ),
    );
    const rows = new Map(parts.flatMap((part) => [...part]));
    return [...rows.values()].filter((row) => row !== undefined).toSorted(byId);
  }

  #start(): void {
    for (const [table, requests] of this.#waiting) {
      if (this.#underWay >= STATEMENTS_AT_ONCE) return;
      const taken = take(requests);
      if (requests.length === 0) this.#waiting.delete(table);
      this.#underWay++;
      void this.#answer(table, taken).finally(() => {
        this.#underWay--;
        this.#start();
      });
    }
  }

  async #answer(table: ProfileTable, requests: readonly Request[]): Promise<void> {
    try {
      const ids = [...new Set(requests.flatMap(({ distinctIds }) => distinctIds))];
      const { rows, canonicalIds } = await this.#read((connection) =>
        readByIds(connection, table, padded(ids)),
      );
      const canonicalOf = new Map(ids.map((id, index) => [id, canonicalIds[index] ?? id]));
      for (const { distinctIds, resolve } of requests) {
        const found = new Set(distinctIds.map((id) => rows.get(canonicalOf.get(id) ?? id)));
        resolve([...found].filter((row) => row !== undefined).toSorted(byId));
      }
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }
}

function byId(left: ProfileRow, right: ProfileRow): number {
  return orderText(left.distinctId, right.distinctId);
}

/** As many waiting requests as one statement takes. */
function take(requests: Request[]): readonly Request[] {
  let idCount = 0;
  let count = 0;
  for (const { distinctIds } of requests) {
    idCount += distinctIds.length;
    if (count > 0 && idCount > IDS_PER_STATEMENT) break;
    count++;
  }
  return requests.splice(0, count);
}

/** The number of ids as a power of two, so that there are few statements to prepare. */
function padded(ids: readonly string[]): readonly string[] {
  const last = ids.at(-1);
  if (last === undefined) return ids;
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  return [...ids, ...new Array<string>(length - ids.length).fill(last)];
}

async function readByIds(
  connection: DuckDBConnection,
  table: ProfileTable,
  ids: readonly string[],
): Promise<{
  readonly rows: ReadonlyMap<string, ProfileRow>;
  /** Of each id. */
  readonly canonicalIds: readonly string[];
}> {
  const rows = new Map<string, ProfileRow>();
  if (ids.length === 0) return { rows, canonicalIds: [] };
  const canonicalIds = await readCanonicalIds(connection, table, ids);
  const result = await run(
    connection,
    sql`select key, distinct_id, properties from ${table.table} where distinct_id in (${textList(canonicalIds)})`,
  );
  for (const [key, id, properties] of await result.getRows()) {
    const distinctId = String(id);
    const propertiesJson = shownProperties(table.scope, distinctId, String(properties));
    rows.set(distinctId, { key: Number(key), distinctId, propertiesJson });
  }
  return { rows, canonicalIds };
}
