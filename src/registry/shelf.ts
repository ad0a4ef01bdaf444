/**
 * Small records of a store as items in memory, read once a project and changed one at a time.
 *
 * An id is never given twice within a project and kind: what is deleted leaves its id behind.
 *
 * @module
 */
import type { RecordKind, Store, StoredRecord } from "../store/store.ts";

/** What a shelf needs of a store. */
export type RecordStore = Pick<Store, "records" | "putRecords">;

/** How items of one kind are written. */
export interface ShelfFormat<Item> {
  readonly kind: RecordKind;
  /** The text of a JSON object. */
  encode(item: Item): string;
  decode(json: string): Item;
}

/** The items of a project, by ascending id. */
export type Items<Item> = ReadonlyMap<number, Item>;

/** What a change does. */
export interface ShelfChange<Item, Made> {
  /** Undefined deletes. */
  readonly puts: Items<Item | undefined>;
  readonly made: Made;
}

/** Decides on a change. */
export type ShelfEdit<Item, Made> = (
  items: Items<Item>,
  nextId: number,
) => ShelfChange<Item, Made> | Promise<ShelfChange<Item, Made>>;

/** Is kept in the place of what was deleted. */
const DELETED_JSON = '{"deleted":true}';

interface Loaded<Item> {
  readonly items: Items<Item>;
  readonly nextId: number;
}

/** The items of one kind, for every project. The process that has the store is the only one that writes them. */
export class Shelf<Item> {
  readonly #store: RecordStore;
  readonly #format: ShelfFormat<Item>;
  readonly #loaded = new Map<number, Promise<Loaded<Item>>>();
  /** By project: the end of the last change. */
  readonly #lastChanges = new Map<number, Promise<unknown>>();

  constructor(store: RecordStore, format: ShelfFormat<Item>) {
    this.#store = store;
    this.#format = format;
  }

  /** The items of a project; those that were deleted are not among them. */
  async items(projectId: number): Promise<Items<Item>> {
    return (await this.#load(projectId)).items;
  }

  /**
   * Makes a change once those before it are durable.
   *
   * @param edit sees the items as they are then, and the id that a new item is to have
   */
  change<Made>(projectId: number, edit: ShelfEdit<Item, Made>): Promise<Made> {
    const before = this.#lastChanges.get(projectId) ?? Promise.resolve();
    const change = before.then(() => this.#apply(projectId, edit));
    const settled = change.catch(() => undefined);
    this.#lastChanges.set(projectId, settled);
    return change;
  }

  async #apply<Made>(projectId: number, edit: ShelfEdit<Item, Made>): Promise<Made> {
    const { items, nextId } = await this.#load(projectId);
    const { puts, made } = await edit(items, nextId);
    const { kind, encode } = this.#format;
    const records = [...puts].map(([id, item]) => ({
      id,
      json: item === undefined ? DELETED_JSON : encode(item),
    }));
    if (records.length > 0) {
      await this.#store.putRecords(projectId, kind, records);
      const next = [nextId - 1, ...puts.keys()].reduce((most, id) => Math.max(most, id)) + 1;
      this.#loaded.set(projectId, Promise.resolve({ items: merge(items, puts), nextId: next }));
    }
    return made;
  }

  #load(projectId: number): Promise<Loaded<Item>> {
    const known = this.#loaded.get(projectId);
    if (known !== undefined) return known;
    const loading = this.#store
      .records(projectId, this.#format.kind)
      .then((records) => this.#decode(records));
    this.#loaded.set(projectId, loading);
    // A failure is not what the project holds: the next one asks again.
    loading.catch(() => this.#loaded.delete(projectId));
    return loading;
  }

  #decode(records: readonly StoredRecord[]): Loaded<Item> {
    const kept = records.filter(({ json }) => json !== DELETED_JSON);
    return {
      items: new Map(kept.map(({ id, json }) => [id, this.#format.decode(json)])),
      nextId: (records.at(-1)?.id ?? 0) + 1,
    };
  }
}

/** Items after a change. */
export function merge<Item>(items: Items<Item>, puts: Items<Item | undefined>): Items<Item> {
  const merged = new Map(items);
  for (const [id, item] of puts) {
    if (item === undefined) merged.delete(id);
    else merged.set(id, item);
  }
  return merged;
}
