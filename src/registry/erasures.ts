/**
 * What was erased when and by whom, without saying whose data it was.
 *
 * @module
 */
import type { Erased } from "../store/store.ts";
import { type RecordStore, Shelf } from "./shelf.ts";

/** The laws that a client may name; both mean the same here. */
export type ComplianceType = "GDPR" | "CCPA";

/** One finished erasure. */
export interface Erasure extends Erased {
  readonly requestedAtMs: number;
  /** The login that asked. */
  readonly requestedBy: string;
  readonly complianceType: ComplianceType;
  /** How many distinct ids were named; the ids themselves are gone with the rest. */
  readonly distinctIdCount: number;
}

/** The erasures of every project. */
export class ErasureLog {
  readonly #shelf: Shelf<Erasure>;

  constructor(store: RecordStore) {
    this.#shelf = new Shelf(store, {
      kind: "erasure",
      encode: (erasure) => JSON.stringify(erasure),
      decode: (json) => JSON.parse(json) as Erasure,
    });
  }

  /** Writes an erasure down. @returns its id within the project */
  add(projectId: number, erasure: Erasure): Promise<number> {
    return this.#shelf.change(projectId, (_, nextId) => ({
      puts: new Map([[nextId, erasure]]),
      made: nextId,
    }));
  }

  /** An erasure; undefined for an id that was never given. */
  async byId(projectId: number, id: number): Promise<Erasure | undefined> {
    return (await this.#shelf.items(projectId)).get(id);
  }
}
