import { describe, expect, it, onTestFinished } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { Event } from "../../src/event/event.ts";
import { hasData, hasUsers } from "../../src/http/accounts/project-data.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { testClock } from "../support/clock.ts";

const clock = testClock();

/** An event at the end of time, as far from now as it can be. */
const EVENT: Event = {
  name: "Seen",
  distinctId: "ada",
  timeMs: Date.UTC(9999, 11, 31),
  insertId: "i",
  receivedAtMs: 0,
  properties: new Map(),
};

describe.each([
  ["the reference", async (): Promise<Store> => new MemoryStore()],
  ["DuckDB", (): Promise<Store> => DuckdbStore.open(":memory:")],
])("a project in %s", (_name, open) => {
  async function start() {
    const store = await open();
    onTestFinished(() => store.close());
    const directory = ProjectDirectory.inMemory(clock);
    const project = await directory.createProject({ name: "A", timeZone: "Asia/Tokyo" });
    const other = await directory.createProject({ name: "B" });
    const found = async () => [
      await hasUsers(store, project, clock),
      await hasData(store, project, clock),
    ];
    return { store, project, other, found };
  }

  it("has neither users nor data at first, whatever others have", async () => {
    const { store, other, found } = await start();
    await store.apply([{ projectId: other.id, identity: "simplified", events: [EVENT] }]);
    await store.putRecords(other.id, "cohort", [{ id: 1, json: "{}" }]);
    expect(await found()).toEqual([false, false]);
  });

  it.each(["ada", ""])("has users once there is an event of %j", async (distinctId) => {
    const { store, project, found } = await start();
    const events = [{ ...EVENT, distinctId }];
    await store.apply([{ projectId: project.id, identity: "simplified", events }]);
    expect(await found()).toEqual([true, true]);
  });

  it("has users once somebody is in a static cohort", async () => {
    const { store, project, found } = await start();
    await store.setMembers({ projectId: project.id, groupKey: undefined }, 1, ["ada"]);
    expect(await found()).toEqual([true, true]);
  });

  it.each(["cohort", "data_group", "erasure"] as const)(
    "has data by a record of %s",
    async (kind) => {
      const { store, project, found } = await start();
      await store.putRecords(project.id, kind, [{ id: 1, json: "{}" }]);
      expect(await found()).toEqual([false, true]);
    },
  );
});
