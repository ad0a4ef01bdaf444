import { describe, expect, it } from "vitest";
import { type RecordStore, Shelf } from "../../src/registry/shelf.ts";
import { MemoryStore } from "../../src/store/memory.ts";

function shelf(store: RecordStore): Shelf<string> {
  return new Shelf(store, {
    kind: "cohort",
    encode: (item) => JSON.stringify({ item }),
    decode: (json) => (JSON.parse(json) as { readonly item: string }).item,
  });
}

function add(on: Shelf<string>, item: string, projectId = 1): Promise<number> {
  return on.change(projectId, (_, nextId) => ({
    puts: new Map([[nextId, item]]),
    made: nextId,
  }));
}

function remove(on: Shelf<string>, id: number): Promise<void> {
  return on.change(1, () => ({ puts: new Map([[id, undefined]]), made: undefined }));
}

describe("a shelf", () => {
  it("gives what another one over the same store wrote", async () => {
    const store = new MemoryStore();
    await add(shelf(store), "a");
    await add(shelf(store), "b");
    expect([...(await shelf(store).items(1))]).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect((await shelf(store).items(2)).size).toBe(0);
  });

  it("never gives an id twice, not even after a restart", async () => {
    const store = new MemoryStore();
    const first = shelf(store);
    await add(first, "a");
    await remove(first, 1);
    expect(await add(first, "b")).toBe(2);
    await remove(first, 2);
    expect(await add(shelf(store), "c")).toBe(3);
    expect([...(await shelf(store).items(1))]).toEqual([[3, "c"]]);
  });

  it("makes changes one after another", async () => {
    const on = shelf(new MemoryStore());
    const ids = await Promise.all(["a", "b", "c"].map((item) => add(on, item)));
    expect(ids).toEqual([1, 2, 3]);
  });

  it("goes on after a change that fails, and shows nothing of it", async () => {
    const on = shelf(new MemoryStore());
    await add(on, "a");
    const failing = on.change(1, () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await add(on, "b")).toBe(2);
  });

  it("shows nothing that the store has not written", async () => {
    const store = new MemoryStore();
    const failures = [new Error("disk full")];
    const on = shelf({
      records: (projectId, kind) => store.records(projectId, kind),
      putRecords: async (...put) => {
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        await store.putRecords(...put);
      },
    });
    await expect(add(on, "a")).rejects.toThrow("disk full");
    expect((await on.items(1)).size).toBe(0);
    expect(await add(on, "a")).toBe(1);
  });

  it("asks the store again when it could not read", async () => {
    const store = new MemoryStore();
    await add(shelf(store), "a");
    const failures = [new Error("busy")];
    const on = shelf({
      records: async (projectId, kind) => {
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        return store.records(projectId, kind);
      },
      putRecords: (...put) => store.putRecords(...put),
    });
    await expect(on.items(1)).rejects.toThrow("busy");
    expect([...(await on.items(1)).values()]).toEqual(["a"]);
  });
});
