/**
 * What one transaction does to one scope: updates and events in order, applied in memory and then written at once.
 *
 * @module
 */
import { type DuckDBConnection, type DuckDBType, LIST, UINTEGER, VARCHAR } from "@duckdb/node-api";
import type { Event } from "../event/event.ts";
import { type IdentityMode, idsOf, joinsOf, type Link, linkOf } from "../event/identity.ts";
import { applyUpdate } from "../profile/apply.ts";
import { mergeProfiles } from "../profile/merge.ts";
import type { Profile } from "../profile/profile.ts";
import { propertiesFromJson, propertiesToJson } from "../profile/record.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import { sql } from "../sql/fragment.ts";
import type { UpdateRejection } from "../store/store.ts";
import { appendColumns, slices } from "./append.ts";
import { addProperties } from "./catalog-table.ts";
import { columnTypes, PropertyRows } from "./columns.ts";
import { run } from "./connection.ts";
import { foldedUnlessSame, IDS_PER_STATEMENT, keyList, People, textList } from "./people.ts";
import { reserveKeys, settleKeys } from "./schema.ts";
import type { ProfileTable } from "./tables.ts";
import { EventWrite } from "./write-events.ts";

/** An update or an event with its place, in the order they arrived. */
type Step =
  | {
      readonly kind: "update";
      readonly batch: number;
      readonly index: number;
      readonly update: ProfileUpdate;
    }
  | { readonly kind: "link"; readonly link: Link };

/** What becomes of one profile. */
interface Change {
  /** Undefined for a profile that was not there. */
  readonly keyBefore: number | undefined;
  profile: Profile | undefined;
  changed: boolean;
  /** Whether it was deleted on the way: what is made then is another profile. */
  wasDeleted: boolean;
}

/** The columns of a profile before those of the catalog. */
const FIXED_TYPES: readonly DuckDBType[] = [UINTEGER, VARCHAR, VARCHAR, VARCHAR, LIST(VARCHAR)];

/** One scope's part of a transaction. */
export class ScopeWrite {
  readonly table: ProfileTable;
  readonly #steps: Step[] = [];
  readonly #people: People;
  readonly #changes = new Map<string, Change>();
  readonly #events: EventWrite;
  #removed: readonly number[] = [];
  #kept: readonly (readonly [id: string, change: Change, profile: Profile])[] = [];
  #rows = new PropertyRows([]);

  constructor(table: ProfileTable) {
    this.table = table;
    this.#people = new People(table);
    this.#events = new EventWrite(table);
  }

  addUpdates(batch: number, updates: readonly ProfileUpdate[]): void {
    updates.forEach((update, index) => {
      this.#steps.push({ kind: "update", batch, index, update });
    });
  }

  addEvents(events: readonly Event[], mode: IdentityMode): void {
    for (const event of events) {
      this.#events.add(event);
      const link = linkOf(event, mode);
      if (link !== undefined) this.#steps.push({ kind: "link", link });
    }
  }

  get hasEvents(): boolean {
    return this.#events.count > 0;
  }

  /** Reads what is there, applies every step, and makes the columns that the result needs. */
  async prepare(connection: DuckDBConnection, rejections: UpdateRejection[]): Promise<void> {
    await this.#load(connection);
    for (const step of this.#steps) {
      if (step.kind === "link") this.#join(step.link);
      else this.#apply(step, rejections);
    }
    await this.#giveKeys(connection);
    this.#rows = new PropertyRows(this.#kept.map(([, , { properties }]) => properties));
    await addProperties(
      connection,
      this.table,
      this.table.catalog.additionsFor(this.#rows.needed()),
    );
    await this.#events.prepare(connection);
  }

  async #load(connection: DuckDBConnection): Promise<void> {
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
    await this.#events.load(connection, this.#people, this.#changes);
  }

  async #readProfiles(connection: DuckDBConnection, ids: ReadonlySet<string>): Promise<void> {
    for (const id of ids) {
      const change = {
        keyBefore: undefined,
        profile: undefined,
        changed: false,
        wasDeleted: false,
      };
      this.#changes.set(id, change);
    }
    if (this.table.nextKey === 0) return;
    for (const part of slices([...ids], IDS_PER_STATEMENT)) {
      const result = await run(
        connection,
        sql`select key, distinct_id, properties from ${this.table.table} where distinct_id in (${textList(part)})`,
      );
      for (const [key, id, properties] of await result.getRows()) {
        const distinctId = String(id);
        this.#changes.set(distinctId, {
          keyBefore: Number(key),
          profile: { distinctId, properties: propertiesFromJson(String(properties)) },
          changed: false,
          wasDeleted: false,
        });
      }
    }
  }

  #apply(
    { batch, index, update }: Extract<Step, { kind: "update" }>,
    rejections: UpdateRejection[],
  ): void {
    const { distinctId, ignoreAlias } = update;
    const target = ignoreAlias ? distinctId : this.#people.canonicalId(distinctId);
    const change = this.#changes.get(target);
    if (change === undefined) return;
    const aimed = target === distinctId ? update : { ...update, distinctId: target };
    const applied = applyUpdate(change.profile, aimed);
    if (applied.kind === "rejected") {
      rejections.push({ batch, index, message: applied.message });
      return;
    }
    if (applied.profile === undefined && change.profile === undefined) return;
    if (applied.profile === undefined) change.wasDeleted = true;
    change.profile = applied.profile;
    change.changed = true;
  }

  /** Joins clusters, and the profiles that go by them. */
  #join(link: Link): void {
    for (const made of joinsOf(link, this.#people.clusters)) {
      this.#people.join(made);
      const from = this.#changes.get(made.from);
      const into = this.#changes.get(made.into);
      if (from?.profile === undefined || into === undefined) continue;
      const other = from.profile;
      into.profile =
        into.profile === undefined
          ? { distinctId: made.into, properties: other.properties }
          : mergeProfiles(into.profile, other);
      into.changed = true;
      from.profile = undefined;
      from.changed = true;
    }
  }

  /** Settles who has which key: an id that has events keeps its own, whatever becomes of its profile. */
  async #giveKeys(connection: DuckDBConnection): Promise<void> {
    const changed = [...this.#changes].filter(([, change]) => change.changed);
    this.#removed = changed.flatMap(([, { keyBefore }]) => keyBefore ?? []);
    this.#kept = changed.flatMap(([id, change]) =>
      change.profile === undefined ? [] : [[id, change, change.profile] as const],
    );
    const gone = changed.filter(([, change]) => change.profile === undefined || change.wasDeleted);
    await this.#keepKeys(connection, gone);
    for (const [id, change] of this.#kept) {
      if (this.#keyOf(id) === undefined) this.#newKeys.set(id, this.#freshKey(change));
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

  /** Keys of profiles that this write makes. */
  readonly #newKeys = new Map<string, number>();

  #keyOf(id: string): number | undefined {
    const change = this.#changes.get(id);
    const isSame = change?.profile !== undefined && !change.wasDeleted;
    return (
      this.#people.key(id) ??
      this.#newKeys.get(id) ??
      (isSame ? change.keyBefore : undefined) ??
      this.#events.profileKey(id)
    );
  }

  #freshKey({ keyBefore, wasDeleted }: Change): number {
    return wasDeleted || keyBefore === undefined ? this.#takeKey() : keyBefore;
  }

  /** A profile that goes leaves its key to its events and to the static cohorts it is in. */
  async #keepKeys(
    connection: DuckDBConnection,
    gone: readonly (readonly [string, Change])[],
  ): Promise<void> {
    const byKey = new Map<number, string>();
    for (const [id, { keyBefore }] of gone) {
      if (keyBefore === undefined || this.#people.key(id) !== undefined) continue;
      if (this.#events.names(id)) this.#people.add(id, keyBefore);
      else byKey.set(keyBefore, id);
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

  /** Writes inside the transaction that the caller has begun. */
  async write(connection: DuckDBConnection): Promise<void> {
    const { table } = this;
    await reserveKeys(connection, table);
    for (const keys of slices(this.#removed, IDS_PER_STATEMENT)) {
      await run(connection, sql`delete from ${table.table} where key in (${keyList(keys)})`);
    }
    await appendColumns(
      connection,
      table.name,
      [...FIXED_TYPES, ...columnTypes(table)],
      [
        this.#kept.map(([id]) => this.#keyOf(id) ?? 0),
        this.#kept.map(([id]) => id),
        this.#kept.map(([id]) => foldedUnlessSame(id)),
        this.#kept.map(([, , { properties }]) => propertiesToJson(properties)),
        this.#rows.shared(table),
        ...this.#rows.columns(table),
      ],
    );
    await this.#people.write(connection);
    await this.#events.write(connection);
  }

  /** Takes over what has become durable: a transaction that is rolled back sets nothing aside. */
  settle(): void {
    settleKeys(this.table);
    this.#people.settle();
    this.#events.settle();
  }
}
