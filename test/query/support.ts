/**
 * A project, and a request that says nothing.
 *
 * @module
 */
import type { Project, Workspace } from "../../src/project/project.ts";
import type { QueryRequest } from "../../src/query/plan.ts";

/** The workspace of everything. */
export const GLOBAL: Workspace = { id: 1, name: "All", isGlobal: true, selector: undefined };
/** A project in Berlin. */
export const PROJECT: Project = {
  id: 7,
  name: "test",
  token: "t",
  apiSecret: "s",
  timeZone: "Europe/Berlin",
  workspaces: [GLOBAL],
  quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined },
  createdAtMs: 0,
  identity: "simplified",
};

/** A request that says nothing. */
export const REQUEST: QueryRequest = {
  where: undefined,
  distinctIds: undefined,
  dataGroup: undefined,
  search: undefined,
  outputProperties: undefined,
  sortKey: undefined,
  descending: false,
  limit: undefined,
  asOfSeconds: 5,
  behaviors: undefined,
  filterByCohort: undefined,
  includeAllUsers: true,
};
