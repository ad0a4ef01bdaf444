/**
 * Everything that the projects of a store have saved.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { CohortSource } from "../cohort/cohort.ts";
import { CohortRegistry, type CohortStore } from "./cohorts.ts";
import { DataGroupRegistry, type DataGroupStore } from "./data-groups.ts";
import { ErasureLog } from "./erasures.ts";

/** What projects have saved; one for the life of a server. */
export interface Registry {
  /** The saved cohorts of a project, for whoever plans a query. */
  cohorts(projectId: number): Promise<CohortSource>;
  /** The group keys of a project, registered or written to, for whoever plans a query. */
  groupKeys(projectId: number): Promise<readonly string[]>;
  readonly savedCohorts: CohortRegistry;
  readonly dataGroups: DataGroupRegistry;
  readonly erasures: ErasureLog;
}

/** A registry over a store. It must be the only one that writes these records. */
export function createRegistry(store: CohortStore & DataGroupStore, clock: Clock): Registry {
  const savedCohorts = new CohortRegistry(store, clock);
  const dataGroups = new DataGroupRegistry(store, clock);
  return {
    cohorts: (projectId) => savedCohorts.cohorts(projectId),
    groupKeys: (projectId) => dataGroups.keys(projectId),
    savedCohorts,
    dataGroups,
    erasures: new ErasureLog(store),
  };
}
