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
import { Turn } from "../clock.ts";
import { sql } from "../sql/fragment.ts";
import { type FrozenKeys, keysInOrder } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import { type KeyParts, keysOf, keysOfColumn } from "./key-columns.ts";
import { KeySet } from "./key-set.ts";
import { run } from "./run.ts";
import type { ProfileTable } from "./tables.ts";

/** Keys or places looked at before other work gets its turn: some milliseconds. */
const KEYS_PER_TURN = 524_288;

/** Below this share of all keys, sorting their places is faster than looking at every place. */
const SPARSE_SHARE = 1 / 64;

/** The order is read anew after so many times as long as reading it took. */
const REST_FACTOR = 20;

/** The place of a key that is not in the order. */
const NO_PLACE = 0xffffffff;

/** Keys in order, each once, and where it stands. */
class Order {
  readonly keys: ProfileKeys;
  /** By key. */
  readonly places: Uint32Array;
  readonly known: KeySet;

  private constructor(keys: ProfileKeys, places: Uint32Array, known: KeySet) {
    this.keys = keys;
    this.places = places;
    this.known = known;
  }

  /** @param listed may hold a key twice, where its id has a row in two tables */
  static async of(listed: ProfileKeys): Promise<Order> {
    let size = 0;
    await inTurns(listed.length, (start, end) => {
      for (let at = start; at < end; at++) size = Math.max(size, (listed[at] as number) + 1);
    });
    const keys = new Uint32Array(listed.length);
    const places = new Uint32Array(size).fill(NO_PLACE);
    const known = new KeySet(size);
    let count = 0;
    await inTurns(listed.length, (start, end) => {
      for (let at = start; at < end; at++) {
        const key = listed[at] as number;
        if (known.has(key) === 1) continue;
        known.add(key);
        places[key] = count;
        keys[count++] = key;
      }
    });
    return new Order(keys.subarray(0, count), places, known);
  }

  static readonly EMPTY: Order = new Order(new Uint32Array(0), new Uint32Array(0), new KeySet(0));
}

/** Calls a function with stretches of the numbers from 0 to a count, and lets other work have its turn in between. */
async function inTurns(count: number, step: (start: number, end: number) => void): Promise<void> {
  for (let start = 0; start < count; start += KEYS_PER_TURN) {
    if (start > 0) await setImmediate();
    step(start, Math.min(count, start + KEYS_PER_TURN));
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
  async freeze(keys: KeyParts): Promise<FrozenKeys | undefined> {
    const order = this.#order;
    const isSparse = keys.count <= order.keys.length * SPARSE_SHARE;
    const frozen = isSparse ? await sortPlaces(await keysOf(keys), order) : await mark(keys, order);
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
  const placesOfKeys = new Uint32Array(keys.length);
  let isKnown = true;
  await inTurns(keys.length, (start, end) => {
    for (let at = start; at < end; at++) {
      const place = order.places[keys[at] as number] ?? NO_PLACE;
      if (place === NO_PLACE) isKnown = false;
      placesOfKeys[at] = place;
    }
  });
  return isKnown
    ? keysInOrder(placesOfKeys.sort().map((place) => order.keys[place] as number))
    : undefined;
}

async function mark(keys: KeyParts, order: Order): Promise<FrozenKeys | undefined> {
  const marked = KeySet.like(order.known);
  const turn = new Turn();
  for (const part of keys.parts()) {
    if (!marked.addAll(part)) return undefined;
    if (turn.isOver) await turn.next();
  }
  return marked.isWithin(order.known) ? new MarkedKeys(marked, keys.count, order.keys) : undefined;
}

/** Keys by marks: one pass over the order, as far as was asked for. */
class MarkedKeys implements FrozenKeys {
  readonly count: number;
  readonly #marked: KeySet;
  readonly #order: ProfileKeys;
  #all: Promise<ProfileKeys> | undefined;

  constructor(marked: KeySet, count: number, order: ProfileKeys) {
    this.count = count;
    this.#marked = marked;
    this.#order = order;
  }

  first(countMax: number): ProfileKeys {
    const count = Math.min(countMax, this.count);
    const found = new Uint32Array(count + 1);
    this.#marked.pick(this.#order, 0, this.#order.length, found, 0, count);
    return found.subarray(0, count);
  }

  all(): Promise<ProfileKeys> {
    this.#all ??= this.#pickAll();
    return this.#all;
  }

  async #pickAll(): Promise<ProfileKeys> {
    const found = new Uint32Array(this.count + 1);
    let count = 0;
    await inTurns(this.#order.length, (start, end) => {
      count = this.#marked.pick(this.#order, start, end, found, count, this.count);
    });
    return found.subarray(0, this.count);
  }
}
