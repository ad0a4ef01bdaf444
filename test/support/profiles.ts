/**
 * All profiles of a store, as they are stored.
 *
 * @module
 */
import type { Scope } from "../../src/profile/profile.ts";
import type { Store } from "../../src/store/store.ts";
import { query, USERS } from "./updates.ts";

/** Ids and documents, by ascending id; known ids without a profile have none of its properties. */
export async function profilesOf(
  of: Store,
  scope: Scope = USERS,
): Promise<readonly (readonly string[])[]> {
  const keys = await of.select(query({ scope, includesStrangers: true }));
  const rows = await of.read(scope, keys, true);
  return rows.map(({ distinctId, propertiesJson }) => [distinctId, propertiesJson]);
}
