/**
 * Which sessions there are, in memory: who makes room for whom, and what has expired.
 *
 * Sessions whose whole result was on the first page make room first: nobody needs them to read on. Then goes
 * the one unused for longest. Each project has its own order, and the project that holds the most makes room
 * for all, so that no project pushes another's sessions out.
 *
 * @module
 */
import type { StoredSession } from "./session-file.ts";

/** A session of the index. */
export interface SessionEntry {
  /** The name of its file, without folder. */
  readonly file: string;
  readonly projectId: number;
  /** Whether the whole result was on the first page. */
  readonly onePage: boolean;
  readonly bytes: number;
  lastUsedAtMs: number;
  /** When the file was last told that it is in use. */
  touchedAtMs: number;
  /** Kept when it is small, so that most pages need one read less. */
  stored: StoredSession | undefined;
}

/** How many sessions there may be, and for how long. */
export interface SessionLimits {
  readonly idleMs: number;
  readonly perProjectMax: number;
  readonly bytesMax: number;
}

/** Entries by file name, the least recently used first. */
type Order = Map<string, SessionEntry>;

interface Shelf {
  readonly onePage: Order;
  readonly manyPages: Order;
  bytes: number;
}

/** The sessions of all projects, in the order they were used. */
export class SessionIndex {
  readonly #limits: SessionLimits;
  readonly #shelves = new Map<number, Shelf>();
  #count = 0;
  #bytes = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** How many sessions are open. */
  get count(): number {
    return this.#count;
  }

  /** The bytes their files take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a session as the most recently used, in place of one with the same file. */
  add(entry: SessionEntry): void {
    const shelf = this.#shelf(entry.projectId);
    const replaced = orderOf(shelf, entry).get(entry.file);
    if (replaced !== undefined) this.remove(replaced);
    orderOf(shelf, entry).set(entry.file, entry);
    shelf.bytes += entry.bytes;
    this.#bytes += entry.bytes;
    this.#count += 1;
  }

  /** The session of a project with one of these files. */
  find(projectId: number, files: readonly string[]): SessionEntry | undefined {
    const shelf = this.#shelves.get(projectId);
    for (const file of files) {
      const entry = shelf?.onePage.get(file) ?? shelf?.manyPages.get(file);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Makes a session the most recently used, unless it is gone. */
  use(entry: SessionEntry, nowMs: number): void {
    const order = orderOf(this.#shelf(entry.projectId), entry);
    if (order.get(entry.file) !== entry) return;
    order.delete(entry.file);
    order.set(entry.file, entry);
    entry.lastUsedAtMs = nowMs;
  }

  /** Forgets a session; false when it was forgotten or replaced before. */
  remove(entry: SessionEntry): boolean {
    const shelf = this.#shelves.get(entry.projectId);
    if (shelf === undefined || orderOf(shelf, entry).get(entry.file) !== entry) return false;
    orderOf(shelf, entry).delete(entry.file);
    shelf.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    this.#count -= 1;
    return true;
  }

  /** Whether a session was unused for too long. */
  isExpired(entry: SessionEntry, nowMs: number): boolean {
    return nowMs - entry.lastUsedAtMs > this.#limits.idleMs;
  }

  /** Forgets and gives the sessions that have expired. */
  takeExpired(nowMs: number): readonly SessionEntry[] {
    const taken: SessionEntry[] = [];
    for (const shelf of this.#shelves.values()) {
      for (const order of [shelf.onePage, shelf.manyPages]) {
        for (const entry of order.values()) {
          if (!this.isExpired(entry, nowMs)) break;
          taken.push(entry);
        }
      }
    }
    for (const entry of taken) this.remove(entry);
    return taken;
  }

  /** Forgets and gives the sessions that must make room, never the given one. */
  takeExcess(newest: SessionEntry): readonly SessionEntry[] {
    const taken: SessionEntry[] = [];
    const take = (shelf: Shelf): boolean => {
      const entry = next(shelf.onePage, newest) ?? next(shelf.manyPages, newest);
      if (entry === undefined) return false;
      this.remove(entry);
      taken.push(entry);
      return true;
    };
    const own = this.#shelf(newest.projectId);
    while (own.onePage.size + own.manyPages.size > this.#limits.perProjectMax && take(own));
    while (this.#bytes > this.#limits.bytesMax && take(this.#fullest()));
    return taken;
  }

  #fullest(): Shelf {
    let fullest: Shelf = { onePage: new Map(), manyPages: new Map(), bytes: -1 };
    for (const shelf of this.#shelves.values()) if (shelf.bytes > fullest.bytes) fullest = shelf;
    return fullest;
  }

  #shelf(projectId: number): Shelf {
    const found = this.#shelves.get(projectId);
    if (found !== undefined) return found;
    const shelf: Shelf = { onePage: new Map(), manyPages: new Map(), bytes: 0 };
    this.#shelves.set(projectId, shelf);
    return shelf;
  }
}

function orderOf(shelf: Shelf, entry: SessionEntry): Order {
  return entry.onePage ? shelf.onePage : shelf.manyPages;
}

function next(order: Order, spared: SessionEntry): SessionEntry | undefined {
  for (const entry of order.values()) if (entry.file !== spared.file) return entry;
  return undefined;
}
