/**
 * The reference store: profiles and events in maps, read by the reference evaluator and written by the reference
 * `apply`.
 *
 * It is the meaning that engines are compared with, and enough for a test or a demonstration: it keeps
 * nothing, and a query looks at every profile and event of its scope.
 *
 * @module
 */
import type { EventRow } from "../event/event.ts";
import type { EventQuery } from "../event/event-query.ts";
import type { Scope } from "../profile/profile.ts";
import { propertiesToJson, shownProperties } from "../profile/record.ts";
import type { ProfileQuery } from "../query/query.ts";
import type { Breakdown, BreakdownOptions, NumberSummary } from "../query/statistic.ts";
import { evaluate } from "../selector/selector.ts";
import type { Expression } from "../selector/syntax.ts";
import { orderText } from "../values/text.ts";
import type { Computed } from "../values/value.ts";
import { type DocumentPart, type DocumentsRequest, documentsText } from "./documents.ts";
import { type FrozenKeys, keysInOrder } from "./frozen-keys.ts";
import { MemoryProject } from "./memory-project.ts";
import { contextOf, selectEvents, selectProfiles } from "./memory-query.ts";
import { breakDownValues, summarizeNumbers } from "./statistic.ts";
import {
  type Batch,
  type Erased,
  type Explanation,
  holdsEvents,
  type ProfileKeys,
  type ProfileRow,
  type PropertySummary,
  type RecordKind,
  type Store,
  type StoredRecord,
  type UpdateRejection,
} from "./store.ts";
import { summarizeProperties } from "./summary.ts";

/** Profiles or events that are given out at a time. */
const ROWS_PER_BATCH = 2_000;

/** A store in memory. */
export class MemoryStore implements Store {
  readonly #projects = new Map<number, MemoryProject>();
  readonly #groupKeys = new Map<number, Set<string>>();

  async apply(
    batches: readonly Batch[],
    after?: Promise<unknown>,
  ): Promise<readonly UpdateRejection[]> {
    if (after !== undefined) await after;
    const rejections: UpdateRejection[] = [];
    for (const [batch, written] of batches.entries()) {
      if (holdsEvents(written)) {
        this.#project(written.projectId).addEvents(written);
        continue;
      }
      const { scope, updates } = written;
      const project = this.#project(scope.projectId);
      this.#registerGroupKey(scope);
      for (const [index, update] of updates.entries()) {
        const message = project.update(scope.groupKey, update);
        if (message !== undefined) rejections.push({ batch, index, message });
      }
    }
    return rejections;
  }

  async freeze(query: ProfileQuery, signal?: AbortSignal): Promise<FrozenKeys> {
    return keysInOrder(await this.select(query, signal));
  }

  async select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys> {
    const scope = this.#project(query.scope.projectId).scope(query.scope.groupKey);
    const found = this.#selected(query, signal);
    return Uint32Array.from(found, ({ profile }) => scope.keyOf(profile.distinctId));
  }

  async count(query: ProfileQuery, signal?: AbortSignal): Promise<number> {
    return this.#selected(query, signal).length;
  }

  async read(
    scope: Scope,
    keys: ProfileKeys,
    includesStrangers: boolean = false,
  ): Promise<readonly ProfileRow[]> {
    const project = this.#project(scope.projectId);
    const kept = project.scope(scope.groupKey);
    const strangers = includesStrangers ? project.knownIds(scope.groupKey) : new Set<string>();
    const rows: ProfileRow[] = [];
    for (const key of keys) {
      const distinctId = kept.idOf(key);
      if (distinctId === undefined) continue;
      const profile = kept.profiles.get(distinctId);
      if (profile === undefined) {
        if (strangers.has(distinctId)) rows.push({ key, distinctId, propertiesJson: "{}" });
        continue;
      }
      const propertiesJson = propertiesToJson(profile.properties);
      rows.push({
        key,
        distinctId,
        propertiesJson: shownProperties(scope, distinctId, propertiesJson),
      });
    }
    return rows;
  }

  async *documents(request: DocumentsRequest, signal?: AbortSignal): AsyncGenerator<DocumentPart> {
    signal?.throwIfAborted();
    const { scope, keys, includesStrangers, form } = request;
    if (form.kind === "parquet") throw new Error("the store in memory writes no files");
    const rows = await this.read(scope, keys, includesStrangers);
    for (const batch of inBatches(rows, signal)) {
      yield { rowCount: batch.length, bytes: Buffer.from(documentsText(batch, form)) };
    }
  }

  async find(scope: Scope, distinctIds: readonly string[]): Promise<readonly ProfileRow[]> {
    const project = this.#project(scope.projectId);
    const kept = project.scope(scope.groupKey);
    const ids = new Set(distinctIds.map((id) => project.canonicalIn(scope.groupKey, id)));
    const found = [...ids].filter((id) => kept.profiles.has(id)).toSorted(orderText);
    return this.read(
      scope,
      Uint32Array.from(found, (id) => kept.keyOf(id)),
    );
  }

  async *values(
    query: ProfileQuery,
    expressions: readonly Expression[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly (readonly Computed[])[]> {
    yield* inBatches(this.#valuesOf(query, expressions, signal), signal);
  }

  async summarize(
    query: ProfileQuery,
    expression: Expression,
    percentiles: readonly number[],
    signal?: AbortSignal,
  ): Promise<NumberSummary> {
    const values = this.#valuesOf(query, [expression], signal).map(([value]) => value);
    const numbers = values.filter((value) => typeof value === "number");
    return summarizeNumbers(numbers, percentiles);
  }

  async breakDown(
    query: ProfileQuery,
    expression: Expression,
    options: BreakdownOptions,
    signal?: AbortSignal,
  ): Promise<Breakdown> {
    const values = this.#valuesOf(query, [expression], signal).map(([value]) => value);
    return breakDownValues(values, options);
  }

  async *events(query: EventQuery, signal?: AbortSignal): AsyncGenerator<readonly EventRow[]> {
    signal?.throwIfAborted();
    const project = this.#project(query.projectId);
    const rows = selectEvents(project, query).map((event) => ({
      name: event.name,
      distinctId: event.distinctId,
      canonicalId: project.clusters.canonicalId(event.distinctId),
      timeMs: event.timeMs,
      insertId: event.insertId,
      receivedAtMs: event.receivedAtMs,
      propertiesJson: propertiesToJson(event.properties),
    }));
    yield* inBatches(rows, signal);
  }

  async records(projectId: number, kind: RecordKind): Promise<readonly StoredRecord[]> {
    const records = Array.from(this.#project(projectId).records(kind), ([id, json]) => ({
      id,
      json,
    }));
    return records.sort((left, right) => left.id - right.id);
  }

  async putRecords(
    projectId: number,
    kind: RecordKind,
    records: readonly { readonly id: number; readonly json: string | undefined }[],
  ): Promise<void> {
    const kept = this.#project(projectId).records(kind);
    for (const { id, json } of records) {
      if (json === undefined) kept.delete(id);
      else kept.set(id, json);
    }
  }

  async setMembers(scope: Scope, cohortId: number, distinctIds: readonly string[]): Promise<void> {
    this.#project(scope.projectId).setMembers(scope.groupKey, cohortId, distinctIds);
  }

  async members(scope: Scope, cohortId: number): Promise<readonly string[]> {
    const members = this.#project(scope.projectId).membersOf(scope.groupKey, cohortId);
    return [...members].sort(orderText);
  }

  async canonicalIds(
    projectId: number,
    distinctIds: readonly string[],
  ): Promise<readonly string[]> {
    const { clusters } = this.#project(projectId);
    return distinctIds.map((id) => clusters.canonicalId(id));
  }

  async keysOfUsers(projectId: number, distinctIds: readonly string[]): Promise<ProfileKeys> {
    const project = this.#project(projectId);
    const users = project.scope(undefined);
    const kept = [...project.idsOfClusters(distinctIds)].filter((id) => users.profiles.has(id));
    return Uint32Array.from(kept.sort(orderText), (id) => users.keyOf(id));
  }

  async erase(projectId: number, distinctIds: readonly string[]): Promise<Erased> {
    return this.#project(projectId).erase(distinctIds);
  }

  /** Nothing is on disk. */
  async compact(): Promise<void> {}

  async properties(
    query: ProfileQuery,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly PropertySummary[]> {
    const properties = this.#selected(query, signal).map(({ profile }) => profile.properties);
    return summarizeProperties(properties).slice(0, limit);
  }

  groupKeys(projectId: number): readonly string[] {
    return [...(this.#groupKeys.get(projectId) ?? [])];
  }

  async explain(query: ProfileQuery): Promise<Explanation> {
    return { statement: "", parameters: [], residual: query.selectors.length > 0 };
  }

  async close(): Promise<void> {
    this.#projects.clear();
    this.#groupKeys.clear();
  }

  #project(projectId: number): MemoryProject {
    const known = this.#projects.get(projectId);
    if (known !== undefined) return known;
    const project = new MemoryProject();
    this.#projects.set(projectId, project);
    return project;
  }

  #registerGroupKey({ projectId, groupKey }: Scope): void {
    if (groupKey === undefined) return;
    const groupKeys = this.#groupKeys.get(projectId) ?? new Set();
    this.#groupKeys.set(projectId, groupKeys.add(groupKey));
  }

  #selected(
    query: ProfileQuery,
    signal: AbortSignal | undefined,
  ): ReturnType<typeof selectProfiles> {
    signal?.throwIfAborted();
    return selectProfiles(this.#project(query.scope.projectId), query);
  }

  #valuesOf(
    query: ProfileQuery,
    expressions: readonly Expression[],
    signal: AbortSignal | undefined,
  ): readonly (readonly Computed[])[] {
    const context = contextOf(query);
    return this.#selected(query, signal).map(({ subject }) =>
      expressions.map((expression) => evaluate(expression, subject, context)),
    );
  }
}

function* inBatches<Row>(
  rows: readonly Row[],
  signal: AbortSignal | undefined,
): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_BATCH) {
    signal?.throwIfAborted();
    yield rows.slice(from, from + ROWS_PER_BATCH);
  }
}
