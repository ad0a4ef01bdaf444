/**
 * The saved cohorts of every project: created, changed, deleted, and handed to whoever plans a query.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { CohortSource, SavedCohort } from "../cohort/cohort.ts";
import { fail } from "../errors/error.ts";
import type { Store } from "../store/store.ts";
import {
  type CohortCreator,
  type CohortFacts,
  type DefinitionTexts,
  decodeCohort,
  encodeCohort,
  type KeptCohort,
  makeCohort,
} from "./cohort-record.ts";
import { type Items, merge, type RecordStore, Shelf } from "./shelf.ts";

/** Cohorts of one project. */
export const COHORTS_MAX = 10_000;

/** What somebody who creates a cohort says. */
export interface NewCohort {
  readonly name: string;
  readonly description: string;
  /** The group key of the profiles it selects; undefined for users. */
  readonly groupKey: string | undefined;
  readonly isVisible: boolean;
  readonly isLocked: boolean;
  /** Without one that says something, the cohort is a list of members. */
  readonly definitionTexts: DefinitionTexts;
}

/** What to change of a cohort: members that are left out stay as they are. */
export interface CohortChanges extends Partial<NewCohort> {
  readonly id: number;
}

/** How a list of members changes. */
export type MemberChange = "replace" | "add" | "remove";

/**
 * Throws when a cohort does not say what it selects, or cannot be computed.
 *
 * @param cohorts the cohorts of the project as they will be
 */
export type CohortCheck = (cohort: SavedCohort, cohorts: CohortSource) => void;

/** What the registry needs of a store. */
export type CohortStore = RecordStore & Pick<Store, "setMembers" | "members" | "canonicalIds">;

/** The cohorts of every project. */
export class CohortRegistry {
  readonly #store: CohortStore;
  readonly #clock: Clock;
  readonly #shelf: Shelf<KeptCohort>;
  readonly #sources = new WeakMap<Items<KeptCohort>, CohortSource>();

  constructor(store: CohortStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#shelf = new Shelf(store, { kind: "cohort", encode: encodeCohort, decode: decodeCohort });
  }

  /** The cohorts of a project as they are now; later changes do not show in what is given. */
  async cohorts(projectId: number): Promise<CohortSource> {
    const items = await this.#shelf.items(projectId);
    const known = this.#sources.get(items);
    if (known !== undefined) return known;
    const source = sourceOf(items);
    this.#sources.set(items, source);
    return source;
  }

  /** All cohorts of a project, oldest first. */
  async list(projectId: number): Promise<readonly KeptCohort[]> {
    return [...(await this.#shelf.items(projectId)).values()];
  }

  /** @throws `cohort.missing` */
  async byId(projectId: number, id: number): Promise<KeptCohort> {
    return existing(await this.#shelf.items(projectId), id);
  }

  /** @throws `cohort.exists`, `cohort.too_many`, and what `check` throws */
  create(
    projectId: number,
    created: NewCohort,
    createdBy: CohortCreator,
    check: CohortCheck,
  ): Promise<KeptCohort> {
    return this.#shelf.change(projectId, (items, nextId) => {
      if (items.size >= COHORTS_MAX) throw fail("cohort.too_many", { countMax: COHORTS_MAX });
      const nowMs = this.#clock.now();
      const facts = { ...created, createdBy, createdAtMs: nowMs, editedAtMs: nowMs };
      const cohort = makeCohort(nextId, facts);
      const puts = new Map([[nextId, cohort]]);
      checkAll(items, puts, check);
      return { puts, made: cohort };
    });
  }

  /**
   * Changes cohorts and deletes others, all or none of them.
   *
   * @returns those that were changed
   * @throws `cohort.missing`, `cohort.exists`, `cohort.has_members`, and what `check` throws
   */
  async update(
    projectId: number,
    changes: readonly CohortChanges[],
    deletedIds: readonly number[],
    check: CohortCheck,
  ): Promise<readonly KeptCohort[]> {
    const { changed, deleted } = await this.#shelf.change(projectId, async (items) => {
      const after = new Map<number, KeptCohort>();
      for (const change of changes) {
        const before = after.get(change.id) ?? existing(items, change.id);
        after.set(change.id, makeCohort(change.id, this.#changed(before, change)));
      }
      for (const cohort of after.values()) {
        await this.#keepMembers(projectId, existing(items, cohort.id), cohort);
      }
      const gone = [...new Set(deletedIds)].map((id) => existing(items, id));
      const puts = new Map<number, KeptCohort | undefined>([
        ...after,
        ...gone.map(({ id }) => [id, undefined] as const),
      ]);
      checkAll(items, puts, check);
      return { puts, made: { changed: [...after.values()], deleted: gone } };
    });
    for (const { id, groupKey, isStatic } of deleted) {
      if (isStatic) await this.#store.setMembers({ projectId, groupKey }, id, []);
    }
    return changed;
  }

  /**
   * Deletes cohorts, all or none of them.
   *
   * @throws `cohort.missing`
   */
  async delete(projectId: number, ids: readonly number[]): Promise<void> {
    await this.update(projectId, [], ids, () => undefined);
  }

  /**
   * The members of a cohort that is a list, in UTF-8 byte order.
   *
   * @throws `cohort.missing`, `cohort.not_static`
   */
  async members(projectId: number, id: number): Promise<readonly string[]> {
    const { groupKey } = existingList(await this.#shelf.items(projectId), id);
    return this.#store.members({ projectId, groupKey }, id);
  }

  /**
   * Changes the members of a cohort that is a list.
   *
   * @throws `cohort.missing`, `cohort.not_static`
   */
  changeMembers(
    projectId: number,
    id: number,
    change: MemberChange,
    distinctIds: readonly string[],
  ): Promise<KeptCohort> {
    return this.#shelf.change(projectId, async (items) => {
      const cohort = existingList(items, id);
      const scope = { projectId, groupKey: cohort.groupKey };
      const before = change === "replace" ? [] : await this.#store.members(scope, id);
      // A member is known by the id its cluster goes by, whichever of them was uploaded.
      const isOfClusters = change === "remove" && cohort.groupKey === undefined;
      const named = isOfClusters
        ? await this.#store.canonicalIds(projectId, distinctIds)
        : distinctIds;
      await this.#store.setMembers(scope, id, changeList(before, change, named));
      const after = { ...cohort, editedAtMs: this.#clock.now() };
      return { puts: new Map([[id, after]]), made: after };
    });
  }

  /**
   * Does something while no list of a project changes: a change that has read its members writes them back, with
   * whoever was erased meanwhile among them.
   */
  betweenChanges<Made>(projectId: number, work: () => Promise<Made>): Promise<Made> {
    return this.#shelf.change(projectId, async () => ({ puts: new Map(), made: await work() }));
  }

  #changed(
    before: KeptCohort,
    { id: _id, definitionTexts, ...changes }: CohortChanges,
  ): CohortFacts {
    const { id: _sameId, isStatic: _isStatic, definition: _definition, ...facts } = before;
    return {
      ...facts,
      ...changes,
      definitionTexts: new Map([...before.definitionTexts, ...(definitionTexts ?? [])]),
      editedAtMs: this.#clock.now(),
    };
  }

  /** Refuses a change that a list of members would not survive. */
  async #keepMembers(projectId: number, before: KeptCohort, after: KeptCohort): Promise<void> {
    const survives = after.isStatic && after.groupKey === before.groupKey;
    if (!before.isStatic || survives) return;
    const members = await this.#store.members({ projectId, groupKey: before.groupKey }, before.id);
    if (members.length > 0) throw fail("cohort.has_members", { cohortId: before.id });
  }
}

function sourceOf(items: Items<KeptCohort>): CohortSource {
  const byName = new Map([...items.values()].map((cohort) => [cohort.name, cohort]));
  return { byId: (id) => items.get(id), byName: (name) => byName.get(name) };
}

/** Whether cohorts can stand beside the others they do not replace. */
function checkAll(
  items: Items<KeptCohort>,
  puts: Items<KeptCohort | undefined>,
  check: CohortCheck,
): void {
  const after = merge(items, puts);
  const names = new Set<string>();
  for (const { name } of after.values()) {
    if (names.has(name)) throw fail("cohort.exists", { name });
    names.add(name);
  }
  const cohorts = sourceOf(after);
  for (const cohort of puts.values()) if (cohort !== undefined) check(cohort, cohorts);
}

function existing(items: Items<KeptCohort>, id: number): KeptCohort {
  const cohort = items.get(id);
  if (cohort === undefined) throw fail("cohort.missing", { cohortId: String(id) });
  return cohort;
}

function existingList(items: Items<KeptCohort>, id: number): KeptCohort {
  const cohort = existing(items, id);
  if (!cohort.isStatic) throw fail("cohort.not_static", { cohortId: id });
  return cohort;
}

function changeList(
  before: readonly string[],
  change: MemberChange,
  named: readonly string[],
): readonly string[] {
  if (change !== "remove") return [...new Set([...before, ...named])];
  const removed = new Set(named);
  return before.filter((distinctId) => !removed.has(distinctId));
}
