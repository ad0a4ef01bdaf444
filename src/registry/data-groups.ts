/**
 * The data groups of a project: those somebody registered, and those that were only written to.
 *
 * A data group is a group key with a name to show. Its id follows from the key, so a group has the same id
 * before it is registered and after its registration is deleted.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { fail } from "../errors/error.ts";
import { dataGroupId } from "../query/data-group.ts";
import type { Store } from "../store/store.ts";
import { type Items, type RecordStore, Shelf } from "./shelf.ts";

/** Registered data groups of one project. */
export const DATA_GROUPS_MAX = 1000;

/** A data group. */
export interface DataGroup {
  /** A signed number of 64 bits, as text. */
  readonly id: string;
  readonly groupKey: string;
  /** The group key, unless it was registered with another name. */
  readonly displayName: string;
  /** The text of a JSON object that is kept for clients; undefined for none. */
  readonly metadataJson: string | undefined;
  /** Undefined for a group that was written to and never registered. */
  readonly createdAtMs: number | undefined;
}

/** What a registration says. */
export interface NewDataGroup {
  readonly groupKey: string;
  /** Undefined shows the group key. */
  readonly displayName: string | undefined;
  readonly metadataJson: string | undefined;
}

/** What to change; undefined leaves it as it is. */
export type DataGroupChanges = Pick<NewDataGroup, "displayName" | "metadataJson">;

type Registration = NewDataGroup & { readonly createdAtMs: number };

/** What the registry needs of a store. */
export type DataGroupStore = RecordStore & Pick<Store, "groupKeys">;

/** The data groups of every project. */
export class DataGroupRegistry {
  readonly #store: DataGroupStore;
  readonly #clock: Clock;
  readonly #shelf: Shelf<Registration>;

  constructor(store: DataGroupStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#shelf = new Shelf(store, {
      kind: "data_group",
      encode: (registration) => JSON.stringify(registration),
      decode: (json) => {
        const { groupKey, displayName, metadataJson, createdAtMs } = JSON.parse(
          json,
        ) as Registration;
        return { groupKey, displayName, metadataJson, createdAtMs };
      },
    });
  }

  /** The group keys of a project: registered, then those only written to. */
  async keys(projectId: number): Promise<readonly string[]> {
    // Every query asks for them, and their ids take longer than all of this.
    const items = await this.#shelf.items(projectId);
    const registered = [...items.values()].map(({ groupKey }) => groupKey);
    const keys = new Set(registered);
    return [...registered, ...this.#store.groupKeys(projectId).filter((key) => !keys.has(key))];
  }

  /** The data groups of a project: registered ones in the order of registration, then those only written to. */
  async list(projectId: number): Promise<readonly DataGroup[]> {
    const items = await this.#shelf.items(projectId);
    const registered = [...items.values()].map(toDataGroup);
    const keys = new Set(registered.map(({ groupKey }) => groupKey));
    const unregistered = this.#store
      .groupKeys(projectId)
      .filter((groupKey) => !keys.has(groupKey))
      .map(unregisteredGroup);
    return [...registered, ...unregistered];
  }

  /** @throws `data_group.exists`, `data_group.too_many` */
  create(projectId: number, group: NewDataGroup): Promise<DataGroup> {
    return this.#shelf.change(projectId, (items, nextId) => {
      if (find(items, dataGroupId(group.groupKey)) !== undefined) {
        throw fail("data_group.exists", { groupKey: group.groupKey });
      }
      demandRoom(items);
      const registration = { ...group, createdAtMs: this.#clock.now() };
      return { puts: new Map([[nextId, registration]]), made: toDataGroup(registration) };
    });
  }

  /**
   * Changes what a data group is shown as; registers one that was only written to.
   *
   * @throws `data_group.missing`, `data_group.too_many`
   */
  update(projectId: number, id: string, changes: DataGroupChanges): Promise<DataGroup> {
    return this.#shelf.change(projectId, (items, nextId) => {
      const found = find(items, id);
      if (found === undefined) demandRoom(items);
      const now = found?.registration ?? {
        groupKey: this.#writtenKey(projectId, id),
        displayName: undefined,
        metadataJson: undefined,
        createdAtMs: this.#clock.now(),
      };
      const registration: Registration = {
        ...now,
        displayName: changes.displayName ?? now.displayName,
        metadataJson: changes.metadataJson ?? now.metadataJson,
      };
      return {
        puts: new Map([[found?.recordId ?? nextId, registration]]),
        made: toDataGroup(registration),
      };
    });
  }

  /**
   * Deletes a registration. The profiles of the group stay, and so does its place in the list while it has any.
   *
   * @throws `data_group.missing`
   */
  delete(projectId: number, id: string): Promise<void> {
    return this.#shelf.change(projectId, (items) => {
      const found = find(items, id);
      if (found === undefined) this.#writtenKey(projectId, id);
      return {
        puts: new Map(found === undefined ? [] : [[found.recordId, undefined]]),
        made: undefined,
      };
    });
  }

  #writtenKey(projectId: number, id: string): string {
    const groupKey = this.#store.groupKeys(projectId).find((key) => dataGroupId(key) === id);
    if (groupKey === undefined) throw fail("data_group.missing", { dataGroup: id });
    return groupKey;
  }
}

function find(
  items: Items<Registration>,
  id: string,
): { readonly recordId: number; readonly registration: Registration } | undefined {
  for (const [recordId, registration] of items) {
    if (dataGroupId(registration.groupKey) === id) return { recordId, registration };
  }
  return undefined;
}

function demandRoom(items: Items<Registration>): void {
  if (items.size >= DATA_GROUPS_MAX) {
    throw fail("data_group.too_many", { countMax: DATA_GROUPS_MAX });
  }
}

function toDataGroup({
  groupKey,
  displayName,
  metadataJson,
  createdAtMs,
}: Registration): DataGroup {
  return {
    id: dataGroupId(groupKey),
    groupKey,
    displayName: displayName ?? groupKey,
    metadataJson,
    createdAtMs,
  };
}

function unregisteredGroup(groupKey: string): DataGroup {
  return {
    id: dataGroupId(groupKey),
    groupKey,
    displayName: groupKey,
    metadataJson: undefined,
    createdAtMs: undefined,
  };
}
