/**
 * The fixtures of a chapter: from JSON, and into a store.
 *
 * @module
 */
import { expect } from "vitest";
import type { IdentityMode } from "../../src/event/identity.ts";
import { decodeEvents } from "../../src/ingest/decode-events.ts";
import type { Scope } from "../../src/profile/profile.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import type { PlanContext, QueryRequest } from "../../src/query/plan.ts";
import type { Store } from "../../src/store/store.ts";
import type { Value, ValueObject } from "../../src/values/value.ts";
import { sourceOf } from "../cohort/support.ts";
import { GLOBAL, PROJECT, REQUEST } from "../query/support.ts";
import type {
  Asked,
  CaseBase,
  ChapterContext,
  Fixture,
  FixtureCohort,
  FixtureProfile,
} from "./spec-case.ts";

/** What a project is called in records that name none. */
export const TOKEN = "token";

interface ContextJson {
  readonly now?: number;
  readonly timeZone?: string;
  readonly identity?: IdentityMode;
  readonly dataGroup?: string;
}

interface ProfileJson {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, Value>>;
}

interface CohortJson {
  readonly id: number;
  readonly name?: string;
  readonly group_key?: string;
  readonly members?: readonly string[];
}

/** Reads `{"now": …, "timeZone": …, "identity": …, "dataGroup": …}`; what is left out is as by default. */
export function readContext(json: unknown, otherwise: ChapterContext): ChapterContext {
  const { now, timeZone, identity, dataGroup } = json as ContextJson;
  return {
    nowSeconds: now ?? otherwise.nowSeconds,
    timeZone: timeZone ?? otherwise.timeZone,
    identity: identity ?? otherwise.identity,
    dataGroup: dataGroup ?? otherwise.dataGroup,
  };
}

/** Reads a list of profiles. */
export function readProfiles(json: unknown): FixtureProfile[] {
  return (json as readonly ProfileJson[]).map((profile) => ({
    distinctId: profile.$distinct_id,
    properties: new Map(Object.entries(profile.$properties)),
  }));
}

/** Reads lists of profiles by their group key. */
export function readGroups(json: unknown): readonly (readonly [string, FixtureProfile[]])[] {
  return Object.entries(json as object).map(
    ([groupKey, profiles]) => [groupKey, readProfiles(profiles)] as const,
  );
}

/** Reads event records as the import endpoint takes them when it is not strict. */
export function readEvents(
  json: unknown,
  { identity, nowSeconds }: ChapterContext,
): Fixture["events"] {
  const { batches, failures } = decodeEvents(json as readonly unknown[], {
    endpoint: "import",
    nowMs: nowSeconds * 1000,
    isStrict: false,
    token: TOKEN,
    projectOf: () => ({ identity }),
  });
  if (failures.length > 0) throw new Error(`the events of a fixture: ${JSON.stringify(failures)}`);
  return batches.flatMap(({ events }) => events.map((event) => ({ identity, event })));
}

/** Reads saved cohorts: those with `members` are lists. */
export function readCohorts(json: unknown): FixtureCohort[] {
  return (json as readonly CohortJson[]).map((cohort) => ({
    id: cohort.id,
    name: cohort.name ?? `Cohort ${cohort.id}`,
    groupKey: cohort.group_key,
    isStatic: cohort.members !== undefined,
    definition: cohort as unknown as ValueObject,
    members: cohort.members,
  }));
}

/** The users of a fixture, each of which has a project of its own. */
export function usersOf(index: number): Scope {
  return { projectId: 1 + index, groupKey: undefined };
}

/** Puts all of a fixture into a store. */
export async function loadFixture(store: Store, index: number, fixture: Fixture): Promise<void> {
  const users = usersOf(index);
  const { projectId } = users;
  await loadProfiles(store, users, fixture.profiles);
  for (const [groupKey, profiles] of fixture.groups) {
    await loadProfiles(store, { projectId, groupKey }, profiles);
  }
  for (const { identity, event } of fixture.events) {
    await store.apply([{ projectId, identity, events: [event] }]);
  }
  for (const { id, groupKey, members } of fixture.cohorts) {
    if (members !== undefined) await store.setMembers({ projectId, groupKey }, id, members);
  }
}

/** Writes profiles as they stand; those without `$last_seen` get some. */
export async function loadProfiles(
  store: Store,
  scope: Scope,
  profiles: readonly FixtureProfile[],
): Promise<void> {
  const updates = profiles.map(({ distinctId, properties }): ProfileUpdate => {
    const operations = [{ kind: "set", values: properties }] as const;
    const seenAtSeconds = 1_600_000_000;
    return { distinctId, seenAtSeconds, ignoreTime: true, ignoreAlias: false, operations };
  });
  expect(await store.apply([{ scope, updates }])).toEqual([]);
}

/** What the requests of a row are planned with. */
export function planContextOf(
  { fixture: index, context }: Pick<CaseBase, "fixture" | "context">,
  fixtures: readonly Fixture[],
): PlanContext {
  const fixture = fixtures[index];
  const { timeZone, identity } = context;
  return {
    project: { ...PROJECT, id: usersOf(index).projectId, timeZone, identity },
    workspace: GLOBAL,
    groupKeys: [...(fixture?.groups.keys() ?? [])],
    cohorts: sourceOf(...(fixture?.cohorts ?? [])),
  };
}

/** The request of a row, at its time and about its data group unless it says otherwise. */
export function requestOf({ context }: Pick<CaseBase, "context">, asked: Asked): QueryRequest {
  const { nowSeconds: asOfSeconds, dataGroup } = context;
  return { ...REQUEST, asOfSeconds, dataGroup, ...asked };
}
