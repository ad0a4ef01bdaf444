/**
 * The keys of a scope by ascending distinct id, kept in memory.
 *
 * Most queries give their profiles in this order. To sort what each selects costs more than to select it; with the
 * order at hand it is one pass over marks. The id of a key never changes, so the order holds for every key that was
 * there when it was read, in whatever state of the file a query selects it. Where a query selects newer ones the
 * engine sorts, until the order is read anew.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { sql } from "../sql/fragment.ts";
import { type FrozenKeys, keysInOrder } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import { run } from "./connection.ts";
import { keysOfColumn } from "./key-columns.ts";
import type { ProfileTable } from "./tables.ts";

/** Keys or places looked at before other work gets its turn: some milliseconds. */
const KEYS_PER_TURN = 524_288;

/** Below this share of all keys, sorting their places is faster than looking at every place. */
const SPARSE_SHARE = 1 / 64;

/** The order is read anew after so many times as long as reading it took. */
const REST_FACTOR = 20;

/** The place of a key that is not in the order. */
const NO_PLACE = 0xffffffff;

/** Keys in order, and where each stands. */
class Order {
  readonly keys: ProfileKeys;
  /** By key. */
  readonly #places: Uint32Array;

  private constructor(keys: ProfileKeys, places: Uint32Array) {
    this.keys = keys;
    this.#places = places;
  }

  static async of(keys: ProfileKeys): Promise<Order> {
    let end = 0;
    await inTurns(keys.length, (place) => {
      end = Math.max(end, (keys[place] as number) + 1);
    });
    const places = new Uint32Array(end).fill(NO_PLACE);
    await inTurns(keys.length, (place) => {
      places[keys[place] as number] = place;
    });
    return new Order(keys, places);
  }

  static readonly EMPTY: Order = new Order(new Uint32Array(0), new Uint32Array(0));

  /** Tells where each key stands; false if one is not in the order. */
  async place(keys: ProfileKeys, tell: (place: number, index: number) => void): Promise<boolean> {
    const places = this.#places;
    let isKnown = true;
    await inTurns(keys.length, (index) => {
      const place = places[keys[index] as number] ?? NO_PLACE;
      if (place === NO_PLACE) isKnown = false;
      else tell(place, index);
    });
    return isKnown;
  }
}

/** Calls a function with the numbers from 0 to a count, and lets other work have its turn now and then. */
async function inTurns(count: number, step: (index: number) => void): Promise<void> {
  for (let start = 0; start < count; start += KEYS_PER_TURN) {
    if (start > 0) await setImmediate();
    const end = Math.min(count, start + KEYS_PER_TURN);
    for (let index = start; index < end; index++) step(index);
  }
}

/** Reads the order of one scope, and puts keys into it. */
export class IdOrder {
  #order = Order.EMPTY;
  #reading: Promise<void> | undefined;
  #restUntilMs = 0;
  #isBehind = true;

  /** Whether the order lacks keys that a query selected since it was read. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The keys in order; undefined if the order lacks some. */
  async freeze(keys: ProfileKeys): Promise<FrozenKeys | undefined> {
    const order = this.#order;
    const isSparse = keys.length <= order.keys.length * SPARSE_SHARE;
    const frozen = isSparse ? await sortPlaces(keys, order) : await markPlaces(keys, order);
    if (frozen === undefined && order === this.#order) this.#isBehind = true;
    return frozen;
  }

  /** Reads the order anew in the background, unless that is under way or was done a moment ago. */
  refresh(read: () => Promise<ProfileKeys>): void {
    if (this.#reading !== undefined || performance.now() < this.#restUntilMs) return;
    const startedAtMs = performance.now();
    this.#reading = read()
      .then((keys) => Order.of(keys))
      .then((order) => {
        this.#order = order;
        this.#isBehind = false;
      })
      // Queries go on sorting for themselves; the next one tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
        const nowMs = performance.now();
        this.#restUntilMs = nowMs + (nowMs - startedAtMs) * REST_FACTOR;
      });
  }

  /** Resolves when nothing is being read. */
  async settled(): Promise<void> {
    await this.#reading;
  }
}

/** All keys of a scope by ascending distinct id, those of strangers as well: they may have a profile one day. */
export async function readIdOrder(
  connection: DuckDBConnection,
  { table, people }: ProfileTable,
): Promise<ProfileKeys> {
  const profiles = sql`select key, distinct_id from ${table}`;
  const all =
    people.rowCount === 0
      ? profiles
      : sql`${profiles} union all select key, distinct_id from ${people.table}`;
  return keysOfColumn(await run(connection, sql`select key from (${all}) order by distinct_id`));
}

async function sortPlaces(keys: ProfileKeys, order: Order): Promise<FrozenKeys | undefined> {
  const places = new Uint32Array(keys.length);
  const isKnown = await order.place(keys, (place, index) => {
    places[index] = place;
  });
  return isKnown
    ? keysInOrder(places.sort().map((place) => order.keys[place] as number))
    : undefined;
}

async function markPlaces(keys: ProfileKeys, order: Order): Promise<FrozenKeys | undefined> {
  const marks = new Uint8Array(order.keys.length);
  const isKnown = await order.place(keys, (place) => {
    marks[place] = 1;
  });
  return isKnown ? new MarkedKeys(marks, keys.length, order.keys) : undefined;
}

/** Keys by marks on their places: one pass over all places, as far as was asked for. */
class MarkedKeys implements FrozenKeys {
  readonly count: number;
  readonly #marks: Uint8Array;
  readonly #order: ProfileKeys;
  /** One more than there are: what is not marked is written too, and overwritten. */
  readonly #found: ProfileKeys;
  #foundCount = 0;
  #nextPlace = 0;

  constructor(marks: Uint8Array, count: number, order: ProfileKeys) {
    this.count = count;
    this.#marks = marks;
    this.#order = order;
    this.#found = new Uint32Array(count + 1);
  }

  first(countMax: number): ProfileKeys {
    const count = Math.min(countMax, this.count);
    this.#pass(count, this.#order.length);
    return this.#found.subarray(0, count);
  }

  async all(): Promise<ProfileKeys> {
    for (;;) {
      this.#pass(this.count, Math.min(this.#order.length, this.#nextPlace + KEYS_PER_TURN));
      if (this.#foundCount === this.count) return this.#found.subarray(0, this.count);
      await setImmediate();
    }
  }

  /** Goes on until so many keys are found, or to a place. A branch for each mark would cost three times as much. */
  #pass(countWanted: number, end: number): void {
    const marks = this.#marks;
    const order = this.#order;
    const found = this.#found;
    let count = this.#foundCount;
    let place = this.#nextPlace;
    for (; place < end && count < countWanted; place++) {
      found[count] = order[place] as number;
      count += marks[place] as number;
    }
    this.#foundCount = count;
    this.#nextPlace = place;
  }
}
