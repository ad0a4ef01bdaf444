/**
 * Documents that were written lately, so that the next update of one need not read it.
 *
 * It holds what is durable and nothing else: a document is put here once the transaction that wrote it has been committed, and
 * taken out by the one that takes it away. Whoever else writes, or fails to, may have changed what stands here: all is
 * forgotten then.
 *
 * @module
 */

/** A document as it is stored. */
export interface StoredDocument {
  readonly key: number;
  readonly propertiesJson: string;
}

/** What all documents kept may take together, about. */
export const RECENT_BYTES_MAX: number = 32 * 1024 * 1024;

/** What an entry takes besides its texts. */
const ENTRY_BYTES = 200;

type Documents = Map<string, StoredDocument>;

/**
 * Recent documents of all tables.
 *
 * They are kept in two halves: once the new one is full it becomes the old one, and what that held is forgotten. Forgetting
 * them one by one would cost more than they save.
 */
export class RecentDocuments {
  readonly #bytesMax: number;
  #newer: Documents = new Map();
  #older: Documents = new Map();
  #newerBytes = 0;

  constructor(bytesMax: number = RECENT_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** @param tableId the number of its scope */
  get(tableId: number, distinctId: string): StoredDocument | undefined {
    const name = nameOf(tableId, distinctId);
    return this.#newer.get(name) ?? this.#older.get(name);
  }

  put(tableId: number, distinctId: string, document: StoredDocument): void {
    const name = nameOf(tableId, distinctId);
    const bytes = bytesOf(name, document);
    const half = this.#bytesMax / 2;
    // What was known of it is out of date, even where there is no room for more.
    this.#forget(name);
    if (bytes > half) return;
    this.#newerBytes += bytes;
    this.#newer.set(name, document);
    if (this.#newerBytes <= half) return;
    this.#older = this.#newer;
    this.#newer = new Map();
    this.#newerBytes = 0;
  }

  remove(tableId: number, distinctId: string): void {
    this.#forget(nameOf(tableId, distinctId));
  }

  #forget(name: string): void {
    const known = this.#newer.get(name);
    if (known !== undefined) this.#newerBytes -= bytesOf(name, known);
    this.#newer.delete(name);
    this.#older.delete(name);
  }

  clear(): void {
    this.#newer = new Map();
    this.#older = new Map();
    this.#newerBytes = 0;
  }
}

/** No two documents have one name: a number has no space in it. */
function nameOf(tableId: number, distinctId: string): string {
  return `${tableId} ${distinctId}`;
}

/** Texts take two bytes a unit at most. */
function bytesOf(name: string, { propertiesJson }: StoredDocument): number {
  return ENTRY_BYTES + (name.length + propertiesJson.length) * 2;
}
