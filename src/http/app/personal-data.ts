/**
 * All that is kept of people, as lines of JSON: their profiles, the lists they are on, their events.
 *
 * @module
 */
import type { Project } from "../../project/project.ts";
import type { ServerContext } from "../context.ts";
import { eventJson } from "../event-json.ts";

/** Profiles of one piece. */
const PROFILES_AT_ONCE = 500;
/** Every time that a JavaScript date can have, in seconds. */
const ALWAYS = { fromSeconds: -8.64e12, toSeconds: 8.64e12 };

/** The lines, some at a time. */
export async function* personalData(
  context: ServerContext,
  project: Project,
  distinctIds: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (distinctIds.length === 0) return;
  const leave = context.exports.enter(project.id);
  try {
    yield* profiles(context, project, distinctIds, signal);
    yield* lists(context, project, distinctIds);
    yield* events(context, project, distinctIds, signal);
  } finally {
    leave();
  }
}

async function* profiles(
  { store }: ServerContext,
  project: Project,
  distinctIds: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const scope = { projectId: project.id, groupKey: undefined };
  const keys = await store.keysOfUsers(project.id, distinctIds);
  for (let start = 0; start < keys.length; start += PROFILES_AT_ONCE) {
    signal.throwIfAborted();
    const rows = await store.read(scope, keys.subarray(start, start + PROFILES_AT_ONCE));
    yield rows
      .map(
        ({ distinctId, propertiesJson }) =>
          `{"$distinct_id":${JSON.stringify(distinctId)},"$properties":${propertiesJson}}\n`,
      )
      .join("");
  }
}

async function* lists(
  { store, registry }: ServerContext,
  project: Project,
  distinctIds: readonly string[],
): AsyncGenerator<string> {
  const wanted = new Set(await store.canonicalIds(project.id, distinctIds));
  const cohorts = await registry.savedCohorts.list(project.id);
  for (const { id, name, isStatic, groupKey } of cohorts) {
    if (!isStatic || groupKey !== undefined) continue;
    const members = await store.members({ projectId: project.id, groupKey }, id);
    const found = members.filter((member) => wanted.has(member));
    if (found.length === 0) continue;
    yield `${JSON.stringify({ cohort_id: id, name, distinct_ids: found })}\n`;
  }
}

async function* events(
  { store, clock }: ServerContext,
  project: Project,
  distinctIds: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const query = {
    projectId: project.id,
    span: ALWAYS,
    names: undefined,
    distinctIds,
    selector: undefined,
    limit: undefined,
    asOfSeconds: Math.floor(clock.now() / 1000),
    timeZone: project.timeZone,
  };
  for await (const rows of store.events(query, signal)) {
    yield rows.map((row) => `${eventJson(row)}\n`).join("");
  }
}
