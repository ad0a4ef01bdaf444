/**
 * One interface to the saved cohorts of a data folder and of a running server.
 *
 * @module
 */
import { SYSTEM_CLOCK } from "../../clock.ts";
import { WhomError } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import { planCohort } from "../../query/plan.ts";
import type { ProfileQuery } from "../../query/query.ts";
import type { DefinitionMember } from "../../registry/cohort-record.ts";
import type { CohortCheck, MemberChange } from "../../registry/cohorts.ts";
import { createRegistry } from "../../registry/registry.ts";
import type { Store } from "../../store/store.ts";
import { accepted, ask, type ClientRequest, isRecord } from "../http-client.ts";
import type { ServerAddress } from "../query/profile-source.ts";

/** A saved cohort as it is listed. */
export interface CohortLine {
  readonly id: number;
  readonly name: string;
  /** How many distinct ids are in it; undefined where that is not known. */
  readonly count: number | undefined;
  /** Whether somebody uploads its members, so that it has no definition. */
  readonly isList: boolean;
}

/** What a new cohort is made with. */
export interface NewCohortLine {
  readonly name: string;
  /** Undefined makes a list of members. */
  readonly selector: string | undefined;
  /** A JSON list of what the selector counts; undefined for none. */
  readonly behaviors: unknown;
  readonly groupKey: string | undefined;
}

/** Where cohorts are saved. */
export interface CohortPlace {
  list(): Promise<readonly CohortLine[]>;
  /** @returns its id */
  create(cohort: NewCohortLine): Promise<number>;
  /** Changes a list of members. @returns how many it has then */
  changeMembers(id: number, change: MemberChange, distinctIds: readonly string[]): Promise<number>;
  delete(id: number): Promise<void>;
}

/** Who created a cohort that nobody logged in for. */
const CREATOR = { accountId: undefined, name: "whom cohort" };

/** The cohorts of a project of an opened data folder. */
export function storeCohorts(store: Store, project: Project): CohortPlace {
  const { savedCohorts } = createRegistry(store, SYSTEM_CLOCK);
  const members: CohortMembers = (cohort, cohorts) => {
    const asOfSeconds = Math.floor(SYSTEM_CLOCK.now() / 1000);
    return planCohort(cohort, { project, cohorts }, { asOfSeconds, includesStrangers: true });
  };
  return {
    list: async () => {
      const cohorts = await savedCohorts.cohorts(project.id);
      const lines: CohortLine[] = [];
      for (const cohort of await savedCohorts.list(project.id)) {
        const count = await countIfKnown(store, () => members(cohort, cohorts));
        lines.push({ id: cohort.id, name: cohort.name, count, isList: cohort.isStatic });
      }
      return lines;
    },
    create: async ({ name, groupKey, ...definition }) => {
      const created = {
        name,
        groupKey,
        description: "",
        isVisible: true,
        isLocked: false,
        definitionTexts: new Map(
          definitionOf(definition).map(([member, value]) => [member, JSON.stringify(value)]),
        ),
      };
      // What can be planned can be saved.
      const { id } = await savedCohorts.create(project.id, created, CREATOR, members);
      return id;
    },
    changeMembers: async (id, change, distinctIds) => {
      await savedCohorts.changeMembers(project.id, id, change, distinctIds);
      return (await savedCohorts.members(project.id, id)).length;
    },
    delete: (id) => savedCohorts.delete(project.id, [id]),
  };
}

type CohortMembers = (...arguments_: Parameters<CohortCheck>) => ProfileQuery;

/** A cohort that is made of one that is gone cannot be counted, which must not hide the others. */
async function countIfKnown(store: Store, plan: () => ProfileQuery): Promise<number | undefined> {
  try {
    return await store.count(plan());
  } catch (error) {
    if (error instanceof WhomError && error.kind === "invalid") return undefined;
    throw error;
  }
}

/** The members of a definition; a list of members has none. */
function definitionOf({
  selector,
  behaviors,
}: Pick<NewCohortLine, "selector" | "behaviors">): readonly [DefinitionMember, unknown][] {
  if (selector === undefined) return [];
  return behaviors === undefined
    ? [["selector", selector]]
    : [
        ["selector", selector],
        ["behaviors", behaviors],
      ];
}

/** So many ids go into one request. */
const IDS_PER_REQUEST_MAX = 20_000;

/** The cohorts of a project of a running server. */
export function serverCohorts({ url, authorization, projectId }: ServerAddress): CohortPlace {
  const root = `/api/app/projects/${projectId}/cohorts`;
  async function call(
    method: ClientRequest["method"],
    path: string,
    content?: unknown,
  ): Promise<unknown> {
    const body = content === undefined ? {} : { body: JSON.stringify(content) };
    const headers = { authorization };
    const reply = await ask(url, { method, path: `${root}${path}`, headers, ...body });
    if (reply.status === NO_CONTENT) return undefined;
    return accepted(reply)["results"];
  }
  return {
    list: async () => {
      const results = await call("GET", "");
      return Array.isArray(results) ? results.filter(isRecord).map(lineOf) : [];
    },
    create: async ({ name, groupKey, ...definition }) => {
      const facts = { name, ...(groupKey === undefined ? {} : { data_group_id: groupKey }) };
      const members = Object.fromEntries(definitionOf(definition));
      const made = await call("POST", "", { ...facts, ...members });
      return Number(isRecord(made) ? made["id"] : Number.NaN);
    },
    changeMembers: async (id, change, distinctIds) => {
      let mode = change;
      let count = 0;
      for (let start = 0; start < distinctIds.length; start += IDS_PER_REQUEST_MAX) {
        const part = distinctIds.slice(start, start + IDS_PER_REQUEST_MAX);
        const path = `/${id}/members?mode=${mode}`;
        const answer = await call("POST", path, { distinct_ids: part });
        count = Number(isRecord(answer) ? answer["count"] : Number.NaN);
        // The first part has made room for the rest.
        if (mode === "replace") mode = "add";
      }
      return count;
    },
    delete: async (id) => {
      await call("DELETE", `/${id}`);
    },
  };
}

const NO_CONTENT = 204;

function lineOf(cohort: Readonly<Record<string, unknown>>): CohortLine {
  return {
    id: Number(cohort["id"]),
    name: String(cohort["name"]),
    count: cohort["last_queried"] === null ? undefined : Number(cohort["count"]),
    isList: cohort["is_static"] === true,
  };
}
