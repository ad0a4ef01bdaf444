/**
 * DuckDB in this process: hand-typed columns, which are the limit of what Whom can reach, and plain JSON text.
 *
 * @module
 */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { type PeerName, quoteIds } from "../questions/question.ts";
import { loadOnce, type Peer, type PeerKind, type PeerSource, type Row, withIds } from "./peer.ts";

/** The lines of the sample, read as they are. */
const LINES = `create temp view lines as select line->>'$."$distinct_id"' as distinct_id,
    cast(line->'$."$properties"' as varchar) as properties
  from (select cast(column0 as json) as line from
    read_csv('$sample', header = false, columns = {'column0': 'VARCHAR'}, delim = '\\x01', quote = '', escape = ''))`;

/** The columns that the questions need, typed, and the document. */
const HAND = `create table profiles as
  select cast(row_number() over () as uinteger) as key, distinct_id, properties,
    properties->>'plan' as plan,
    try_cast(properties->>'ltv' as double) as ltv,
    properties->>'$."$country_code"' as country,
    properties->>'$."$email"' as email,
    from_json(properties->'tags', '["VARCHAR"]') as tags,
    properties->>'company' as company,
    properties->>'trial_ends' as trial_ends,
    properties->>'custom_7' as custom_7,
    case when json_type(properties, '$.age') <> 'VARCHAR' then try_cast(properties->>'age' as double) end as age
  from lines`;

const JSON_TEXT =
  "create table profiles as select distinct_id, cast(properties as json) as properties from lines";

/** Events sorted so that a behavior reads few rows, with the profile's number instead of its id. */
const EVENTS = `create table events as
  select (e.time // 86400)::integer as day, e.event as name, p.key as key, e.time as time,
    try_cast(e.properties->>'amount' as double) as amount
  from read_json('$events', format = 'newline_delimited', columns = {event: 'VARCHAR', time: 'BIGINT', distinct_id: 'VARCHAR', properties: 'JSON'}) e
  join profiles p using (distinct_id)
  order by 1, 2, 3`;

/** Columns typed by hand. */
export const HAND_TYPED: PeerKind = kind("hand", "DuckDB by hand", HAND);

/** One column of JSON. */
export const JSON_COLUMN: PeerKind = kind("json", "DuckDB on JSON text", JSON_TEXT);

function kind(name: PeerName, title: string, table: string): PeerKind {
  return {
    name,
    title,
    missing: () => undefined,
    open: (source) => open(name, title, table, source),
  };
}

async function open(
  name: PeerName,
  title: string,
  table: string,
  { sample, events, folder }: PeerSource,
): Promise<Peer> {
  const home = join(folder, name);
  const file = join(home, "peer.duckdb");
  const loads = [
    LINES.replace("$sample", sample),
    table,
    "create unique index ids on profiles (distinct_id)",
  ];
  if (events !== undefined && name === "hand") loads.push(EVENTS.replace("$events", events));
  await loadOnce(home, loads.join(), async () => {
    await using(file, async (connection) => {
      for (const statement of loads) await connection.run(statement);
      await connection.run("checkpoint");
    });
  });
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await connect(instance, file);
  const version = await rowsOf(connection, "select version()");
  const documentsOf = (rows: readonly Row[], statement: string) => {
    if (rows.length === 0) return [];
    return rowsOf(connection, withIds(statement, quoteIds(rows.map(([id]) => id ?? ""))));
  };
  return {
    name,
    title,
    engine: `DuckDB ${version[0]?.[0]}`,
    ask: async ({ answer, documents }) => {
      const startedAt = performance.now();
      const rows = await rowsOf(connection, answer);
      const found = documents === undefined ? undefined : await documentsOf(rows, documents);
      return { rows, documents: found, ms: performance.now() - startedAt };
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
      return Promise.resolve();
    },
  };
}

async function using(
  file: string,
  work: (connection: DuckDBConnection) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await connect(instance, file);
  try {
    await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function connect(instance: DuckDBInstance, file: string): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  await connection.run(`attach '${file}' as peer (storage_version 'latest')`);
  await connection.run("use peer");
  return connection;
}

async function rowsOf(connection: DuckDBConnection, statement: string): Promise<readonly Row[]> {
  const rows = (await connection.runAndReadAll(statement)).getRows();
  return rows.map((row) => row.map(String));
}
