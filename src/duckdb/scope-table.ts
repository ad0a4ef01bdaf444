/**
 * One scope's tables as the compiler of statements sees them.
 *
 * @module
 */

import type { EventSource } from "../sql/event-names.ts";
import { sql } from "../sql/fragment.ts";
import type { ScopeTable } from "../sql/profile-names.ts";
import { DUCKDB } from "./dialect.ts";
import type { ProfileTable } from "./tables.ts";

/** @param users the table of the project's users, which has its events */
export function scopeTable(table: ProfileTable, users: ProfileTable | undefined): ScopeTable {
  return {
    scope: table.scope,
    table: table.table,
    catalog: table.catalog,
    people: table.people.table,
    dialect: DUCKDB,
    events: users === undefined ? undefined : eventSource(users),
    members: (cohortId) => {
      const where = sql`where m.scope_id = ${table.id} and m.cohort_id = ${cohortId}`;
      return table.people.aliasCount === 0
        ? sql`select m.key from cohort_members m ${where}`
        : sql`select coalesce(c.canonical, m.key) from cohort_members m left join ${table.people.table} c on c.key = m.key ${where}`;
    },
  };
}

/** The events of a project; undefined while it has none. */
export function eventSource(users: ProfileTable): EventSource | undefined {
  if (users.events === undefined) return undefined;
  return {
    projectId: users.scope.projectId,
    table: users.events.table,
    catalog: users.events.catalog,
    people: users.people.table,
    hasAliases: users.people.aliasCount > 0,
    users: { table: users.table, catalog: users.catalog },
  };
}
