/**
 * The part of a query that SQL cannot say: candidates, evaluated one by one by the reference.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Profile } from "../profile/profile.ts";
import { propertiesFromJson } from "../profile/record.ts";
import type { ProfileQuery } from "../query/query.ts";
import { evaluate, selects } from "../selector/selector.ts";
import { type Fragment, raw } from "../sql/fragment.ts";
import type { SelectStatement } from "../sql/statement.ts";
import { orderSortKeys } from "../store/order.ts";
import { profileSubject } from "../store/subject.ts";
import { orderText } from "../values/text.ts";
import type { Computed } from "../values/value.ts";
import { run } from "./connection.ts";
import type { ProfileTable } from "./schema.ts";

/** Keys that one statement of a scan spans, so that memory stays flat. */
const KEYS_PER_SCAN = 32_768;

/** How long profiles are evaluated before other work gets its turn. */
const TURN_MS = 10;

/** Every profile that a condition holds for, in no order. */
async function* scanProfiles(
  connection: DuckDBConnection,
  table: ProfileTable,
  candidates: (range: Fragment) => Fragment,
): AsyncGenerator<{ readonly key: number; readonly profile: Profile }> {
  // One transaction, so that all ranges see the same state.
  await connection.run("begin transaction read only");
  try {
    for (let from = 0; from < table.nextKey; from += KEYS_PER_SCAN) {
      const range = raw(`key >= ${from} and key < ${from + KEYS_PER_SCAN}`);
      const result = await run(connection, candidates(range));
      let turnStartedAt = performance.now();
      for await (const rows of result.yieldRows()) {
        for (const [key, id, properties] of rows) {
          if (performance.now() - turnStartedAt > TURN_MS) {
            await setImmediate();
            turnStartedAt = performance.now();
          }
          const distinctId = String(id);
          yield {
            key: Number(key),
            profile: { distinctId, properties: propertiesFromJson(String(properties)) },
          };
        }
      }
    }
  } finally {
    await connection.run("rollback");
  }
}

interface Found {
  readonly key: number;
  readonly distinctId: string;
  readonly sortKey: Computed;
}

/** The keys of a query whose statement is not exact, in order and cut to the limit. */
export async function selectResidual(
  connection: DuckDBConnection,
  table: ProfileTable,
  query: ProfileQuery,
  statement: SelectStatement,
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const context = { nowSeconds: query.asOfSeconds, timeZone: query.timeZone };
  const found: Found[] = [];
  for await (const { key, profile } of scanProfiles(connection, table, statement.candidates)) {
    signal?.throwIfAborted();
    const subject = profileSubject(profile, query.scope);
    if (!statement.residual.every((selector) => selects(selector, subject, context))) continue;
    const sortKey =
      query.sort === undefined ? undefined : evaluate(query.sort.key.expression, subject, context);
    found.push({ key, distinctId: profile.distinctId, sortKey });
  }
  const descending = query.sort?.descending ?? false;
  found.sort(
    (left, right) =>
      orderSortKeys(left.sortKey, right.sortKey, descending) ||
      orderText(left.distinctId, right.distinctId),
  );
  return Uint32Array.from(found.slice(0, query.limit ?? found.length), ({ key }) => key);
}
