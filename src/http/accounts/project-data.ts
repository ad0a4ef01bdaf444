/**
 * Whether a project has data: what cannot be undone looks first.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { Project } from "../../project/project.ts";
import type { RecordKind, Store } from "../../store/store.ts";

const RECORD_KINDS: readonly RecordKind[] = ["cohort", "data_group", "erasure"];

/** Farther from 1970 no date can be. */
const FARTHEST_SECONDS = 8.64e12;

/** Whether a project has users or events, which its identity mode has joined. */
export async function hasUsers(store: Store, project: Project, clock: Clock): Promise<boolean> {
  const asOfSeconds = Math.floor(clock.now() / 1000);
  const { id: projectId, timeZone } = project;
  const count = await store.count({
    scope: { projectId, groupKey: undefined },
    distinctIds: undefined,
    selectors: [],
    sort: undefined,
    behaviors: new Map(),
    includesStrangers: true,
    limit: 1,
    asOfSeconds,
    timeZone,
  });
  if (count > 0) return true;
  const events = store.events({
    projectId,
    span: { fromSeconds: -FARTHEST_SECONDS, toSeconds: FARTHEST_SECONDS },
    names: undefined,
    distinctIds: undefined,
    selector: undefined,
    limit: 1,
    asOfSeconds,
    timeZone,
  });
  for await (const rows of events) if (rows.length > 0) return true;
  return false;
}

/** Whether anything at all is kept of a project: users, events, groups, cohorts, or that somebody was erased. */
export async function hasData(store: Store, project: Project, clock: Clock): Promise<boolean> {
  if (store.groupKeys(project.id).length > 0) return true;
  for (const kind of RECORD_KINDS) {
    if ((await store.records(project.id, kind)).length > 0) return true;
  }
  return hasUsers(store, project, clock);
}
