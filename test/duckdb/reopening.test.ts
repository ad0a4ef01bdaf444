import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { idsOf, query, remove, selector, set, USERS } from "../support/updates.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-reopening-"));
  file = join(folder, "whom.duckdb");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a file that is opened again", () => {
  it("has every profile, property and reading", async () => {
    const first = await DuckdbStore.open(file);
    await first.apply([
      { scope: USERS, updates: [set("ada", { plan: "Pro", n: 1 }), set("bob", { plan: 2 })] },
    ]);
    await first.apply([{ scope: USERS, updates: [set("ada", { tags: ["x", 3], odd: null })] }]);
    const before = await first.properties(query(), 100);
    await first.close();
    const second = await DuckdbStore.open(file);
    expect(await second.properties(query(), 100)).toEqual(before);
    for (const [text, ids] of [
      ['properties["plan"] == "pro"', ["ada"]],
      ['properties["plan"] == 2', ["bob"]],
      ['3 in properties["tags"]', ["ada"]],
      ['typeof(properties["odd"]) == "null"', ["ada"]],
    ] as const) {
      expect(await idsOf(second, query({ selectors: [selector(text)] }))).toEqual(ids);
    }
    await second.apply([{ scope: USERS, updates: [set("cyd", { tags: ["y"], late: true })] }]);
    expect(
      await idsOf(second, query({ selectors: [selector('properties["late"] == true')] })),
    ).toEqual(["cyd"]);
    await second.close();
  });

  it("gives no key twice, even of profiles that were deleted", async () => {
    const seen = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const store = await DuckdbStore.open(file);
      await store.apply([{ scope: USERS, updates: [set("ada", { round })] }]);
      const [key = -1] = await store.select(query());
      expect(seen.has(key)).toBe(false);
      seen.add(key);
      await store.apply([{ scope: USERS, updates: [remove("ada")] }]);
      await store.close();
    }
  });

  it("cannot be open twice in one process", async () => {
    const store = await DuckdbStore.open(file);
    await expect(DuckdbStore.open(file)).rejects.toMatchObject({ code: "data.folder_busy" });
    await store.close();
    await (await DuckdbStore.open(file)).close();
  });
});
