/**
 * What one transaction does to one scope: updates and events in order, applied in memory and then written at once.
 *
 * It goes in steps. `load` only reads and `compute` only computes: for a write without events they may be done while the
 * write before is still on its way to disk, whose documents `compute` then starts from. `finish` and `write` come after it.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { idsOf, joinsOf, type Link, linkOf } from "../event/identity.ts";
import { mergeProfiles } from "../profile/merge.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import { sql } from "../sql/fragment.ts";
import {
  type Batch,
  holdsEvents,
  type ProjectEvents,
  type UpdateRejection,
} from "../store/store.ts";
import { appendColumns, slices } from "./append.ts";
import { addProperties } from "./catalog-table.ts";
import { Change, type NewDocument } from "./change.ts";
import { keyColumn, textColumn } from "./column.ts";
import { PropertyRows } from "./columns.ts";
import { Pacer } from "./pacer.ts";
import { foldedUnlessSame, IDS_PER_STATEMENT, keyList, People } from "./people.ts";
import type { RecentDocuments, StoredDocument } from "./recent-documents.ts";
import { run } from "./run.ts";
import { reserveKeys, settleKeys } from "./schema.ts";
import { readDocuments } from "./stored-documents.ts";
import type { ProfileTable } from "./tables.ts";
import { EventWrite } from "./write-events.ts";

/** An update with its place among those that were sent. */
interface UpdateStep {
  readonly kind: "update";
  readonly batch: number;
  readonly index: number;
  readonly update: ProfileUpdate;
}

/** An update or an event with its place, in the order they arrived. */
type Step = UpdateStep | { readonly kind: "link"; readonly link: Link };

/** What a write leaves under an id: undefined for no profile. */
export type Outcome = ReadonlyMap<string, StoredDocument | undefined>;

/** One scope's part of a transaction. */
export class ScopeWrite {
  readonly table: ProfileTable;
  readonly #recent: RecentDocuments;
  readonly #steps: Step[] = [];
  #hasLinks: boolean = false;
  readonly #people: People;
  readonly #stored = new Map<string, StoredDocument | undefined>();
  readonly #changes = new Map<string, Change>();
  readonly #events: EventWrite;
  readonly #rejections: UpdateRejection[] = [];
  /** What is written, in the order of the rows. */
  readonly #kept: { readonly change: Change; readonly document: NewDocument }[] = [];
  #rows = new PropertyRows(undefined, 0);

  constructor(table: ProfileTable, recent: RecentDocuments) {
    this.table = table;
    this.#recent = recent;
    this.#people = new People(table);
    this.#events = new EventWrite(table);
  }

  /** @param index of the batch among all that were sent */
  add(index: number, batch: Batch): void {
    if (holdsEvents(batch)) this.#addEvents(batch);
    else this.#addUpdates(index, batch.updates);
  }

  #addUpdates(batch: number, updates: readonly ProfileUpdate[]): void {
    updates.forEach((update, index) => {
      this.#steps.push({ kind: "update", batch, index, update });
    });
  }

  #addEvents({ events, identity }: ProjectEvents): void {
    for (const event of events) {
      this.#events.add(event);
      const link = linkOf(event, identity);
      if (link === undefined) continue;
      this.#steps.push({ kind: "link", link });
      this.#hasLinks = true;
    }
  }

  get hasEvents(): boolean {
    return this.#events.count > 0;
  }

  /** Reads what is there. */
  async load(connection: DuckDBConnection): Promise<void> {
    const linked = new Set<string>();
    const targets = new Set<string>();
    for (const step of this.#steps) {
      if (step.kind === "update") targets.add(step.update.distinctId);
      else for (const id of idsOf(step.link)) linked.add(id);
    }
    const eventIds = this.#events.distinctIds();
    await this.#people.load(connection, new Set([...targets, ...linked, ...eventIds]), linked);
    const profiles = new Set<string>();
    for (const id of [...targets, ...linked]) {
      profiles.add(id);
      profiles.add(this.#people.canonicalId(id));
    }
    await this.#readProfiles(connection, profiles);
    await this.#events.load(connection, this.#people, this.#stored);
  }

  async #readProfiles(connection: DuckDBConnection, ids: ReadonlySet<string>): Promise<void> {
    const open: string[] = [];
    for (const id of ids) {
      const recent = this.#recent.get(this.table.id, id);
      this.#stored.set(id, recent);
      if (recent === undefined) open.push(id);
    }
    if (this.table.nextKey === 0) return;
    for (const [id, document] of await readDocuments(connection, this.table, open)) {
      this.#stored.set(id, document);
    }
  }

  /**
   * Applies every step.
   *
   * @param before what the write before leaves, if it is not on disk yet
   */
  async compute(before: Outcome | undefined): Promise<void> {
    this.#rows = new PropertyRows(this.table.catalog, this.#stored.size);
    if (this.#hasLinks) this.#computeInOrder();
    else await this.#computeById(before);
  }

  /** Links make one profile of two, so that all of them are needed until the end. */
  #computeInOrder(): void {
    for (const [id, stored] of this.#stored) this.#changes.set(id, new Change(id, stored));
    for (const step of this.#steps) {
      if (step.kind === "link") {
        this.#join(step.link);
      } else {
        const change = this.#changes.get(this.#targetOf(step));
        if (change !== undefined) this.#apply(change, step);
      }
    }
    for (const change of this.#changes.values()) this.#close(change);
  }

  /** Without links a profile is done with before the next one is read. */
  async #computeById(before: Outcome | undefined): Promise<void> {
    const stepsById = new Map<string, UpdateStep[]>();
    for (const step of this.#steps) {
      if (step.kind !== "update") continue;
      const target = this.#targetOf(step);
      const steps = stepsById.get(target);
      if (steps === undefined) stepsById.set(target, [step]);
      else steps.push(step);
    }
    const pacer = new Pacer();
    for (const [id, steps] of stepsById) {
      const stored = before?.has(id) === true ? before.get(id) : this.#stored.get(id);
      const change = new Change(id, stored);
      this.#changes.set(id, change);
      for (const step of steps) this.#apply(change, step);
      this.#close(change);
      if (pacer.isDue()) await pacer.rest();
    }
  }

  #targetOf({ update: { distinctId, ignoreAlias } }: UpdateStep): string {
    return ignoreAlias ? distinctId : this.#people.canonicalId(distinctId);
  }

  #apply(change: Change, { batch, index, update }: UpdateStep): void {
    const { distinctId } = change;
    const aimed = update.distinctId === distinctId ? update : { ...update, distinctId };
    const message = change.apply(aimed);
    if (message !== undefined) this.#rejections.push({ batch, index, message });
  }

  #close(change: Change): void {
    const properties = change.close();
    const document = change.after;
    if (properties === undefined || document === undefined) return;
    this.#rows.add(properties);
    this.#kept.push({ change, document });
  }

  /** Joins clusters, and the profiles that go by them. */
  #join(link: Link): void {
    for (const made of joinsOf(link, this.#people.clusters)) {
      this.#people.join(made);
      const from = this.#changes.get(made.from);
      const into = this.#changes.get(made.into);
      if (from?.profile === undefined || into === undefined) continue;
      const other = from.profile;
      into.become(
        into.profile === undefined
          ? { distinctId: made.into, properties: other.properties }
          : mergeProfiles(into.profile, other),
      );
      from.become(undefined);
    }
  }

  /** The updates that broke a limit; known once all are computed. */
  get rejections(): readonly UpdateRejection[] {
    return this.#rejections;
  }

  /** What is under the ids of this write once it is durable; known once all is computed. */
  outcome(): Outcome {
    const outcome = new Map<string, StoredDocument | undefined>();
    for (const [id, change] of this.#changes) {
      if (change.isChanged) outcome.set(id, change.after);
    }
    return outcome;
  }

  /** Whether nothing but documents changes: no id gets or loses a row of its own. Known once it is finished. */
  get isPlain(): boolean {
    return !this.hasEvents && this.#people.isUnchanged;
  }

  /** Gives keys, and makes the columns that the result needs. */
  async finish(connection: DuckDBConnection): Promise<void> {
    await this.#giveKeys(connection);
    const { catalog } = this.table;
    const additions = catalog.additionsFor(this.#rows.needed(), this.table.nextKey);
    await addProperties(connection, this.table, additions);
    await this.#events.prepare(connection);
  }

  /** Settles who has which key: an id that has events keeps its own, whatever becomes of its profile. */
  async #giveKeys(connection: DuckDBConnection): Promise<void> {
    const gone = [...this.#changes.values()].filter((change) => change.isGone);
    await this.#keepKeys(connection, gone);
    for (const { change, document } of this.#kept) {
      const { distinctId } = change;
      document.key = this.#keyOf(distinctId) ?? this.#takeKey();
      this.#newKeys.set(distinctId, document.key);
    }
    for (const id of this.#people.joinedIds()) {
      this.#people.add(id, this.#keyOf(id) ?? this.#takeKey());
    }
    this.#events.giveKeys((id) => {
      const known = this.#keyOf(id);
      if (known !== undefined) return known;
      const key = this.#takeKey();
      this.#people.add(id, key);
      return key;
    });
  }

  /** Keys of the profiles that are written. */
  readonly #newKeys = new Map<string, number>();

  #keyOf(id: string): number | undefined {
    return (
      this.#people.key(id) ??
      this.#newKeys.get(id) ??
      this.#changes.get(id)?.keptKey ??
      this.#events.profileKey(id)
    );
  }

  /** A profile that goes leaves its key to its events and to the static cohorts it is in. */
  async #keepKeys(connection: DuckDBConnection, gone: readonly Change[]): Promise<void> {
    const byKey = new Map<number, string>();
    for (const { distinctId, before } of gone) {
      if (before === undefined || this.#people.key(distinctId) !== undefined) continue;
      if (this.#events.names(distinctId)) this.#people.add(distinctId, before.key);
      else byKey.set(before.key, distinctId);
    }
    for (const part of slices([...byKey.keys()], IDS_PER_STATEMENT)) {
      const members = sql`select key from cohort_members where scope_id = ${this.table.id} and key in (${keyList(part)})`;
      const statement =
        this.table.events === undefined
          ? members
          : sql`${members} union select key from ${this.table.events.table} where key in (${keyList(part)})`;
      const result = await run(connection, statement);
      for (const [key] of await result.getRows()) {
        this.#people.add(byKey.get(Number(key)) ?? "", Number(key));
      }
    }
  }

  #takeKey(): number {
    return this.table.nextKey++;
  }

  /** Takes away the rows that are written anew or gone: statements without parameters, for the start of the transaction. */
  *deletions(): Generator<string> {
    const keys: number[] = [];
    for (const { isChanged, before } of this.#changes.values()) {
      if (isChanged && before !== undefined) keys.push(before.key);
    }
    // Numbers in order are found faster than others, and as text faster than as parameters.
    keys.sort((left, right) => left - right);
    for (const part of slices(keys, IDS_PER_STATEMENT)) {
      yield `delete from ${this.table.name} where key in (${part.join(",")})`;
    }
  }

  /** Writes inside the transaction that the caller has begun, after the deletions. */
  async write(connection: DuckDBConnection): Promise<void> {
    const { table } = this;
    await reserveKeys(connection, table);
    const ids = this.#kept.map(({ change }) => change.distinctId);
    await appendColumns(connection, table.name, ids.length, [
      keyColumn(this.#kept.map(({ document }) => document.key)),
      textColumn(ids),
      textColumn(ids.map(foldedUnlessSame)),
      textColumn(this.#kept.map(({ document }) => document.propertiesJson)),
      this.#rows.shared(table),
      ...this.#rows.columns(table),
    ]);
    await this.#people.write(connection);
    await this.#events.write(connection);
  }

  /** Takes over what has become durable: a transaction that is rolled back sets nothing aside. */
  settle(): void {
    settleKeys(this.table);
    this.#people.settle();
    this.#events.settle();
    for (const [id, document] of this.outcome()) {
      if (document === undefined) this.#recent.remove(this.table.id, id);
      else this.#recent.put(this.table.id, id, document);
    }
  }
}
