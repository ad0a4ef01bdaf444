import { describe, expect, it } from "vitest";
import { dataGroupId } from "../../src/query/data-group.ts";
import { DATA_GROUPS_MAX, DataGroupRegistry } from "../../src/registry/data-groups.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { testClock } from "../support/clock.ts";

const NAMELESS = { displayName: undefined, metadataJson: undefined };

describe("data groups", () => {
  it("are read from the store as they were written to it", async () => {
    const store = new MemoryStore();
    const created = await new DataGroupRegistry(store, testClock(5000)).create(1, {
      groupKey: "__proto__",
      displayName: "Prototypes",
      metadataJson: "{ }",
    });
    const again = new DataGroupRegistry(store, testClock());
    expect(await again.list(1)).toEqual([created]);
    expect(await again.keys(1)).toEqual(["__proto__"]);
    expect(await again.list(2)).toEqual([]);
  });

  it("are no more than a project can have", async () => {
    const store = new MemoryStore();
    await store.putRecords(
      1,
      "data_group",
      Array.from({ length: DATA_GROUPS_MAX - 1 }, (_, n) => ({
        id: n + 1,
        json: JSON.stringify({ groupKey: `k${n}`, createdAtMs: 0 }),
      })),
    );
    const registry = new DataGroupRegistry(store, testClock());
    await registry.create(1, { groupKey: "last", ...NAMELESS });
    await expect(registry.create(1, { groupKey: "more", ...NAMELESS })).rejects.toMatchObject({
      code: "data_group.too_many",
    });
    const renamed = await registry.update(1, dataGroupId("last"), {
      ...NAMELESS,
      displayName: "Last",
    });
    expect(renamed.displayName).toBe("Last");
  });
});
