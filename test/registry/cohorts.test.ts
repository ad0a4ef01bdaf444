import { describe, expect, it } from "vitest";
import type { DefinitionTexts, KeptCohort } from "../../src/registry/cohort-record.ts";
import { COHORTS_MAX, CohortRegistry, type NewCohort } from "../../src/registry/cohorts.ts";
import { usesOf } from "../../src/registry/references.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { testClock } from "../support/clock.ts";

const NOBODY = { accountId: undefined, name: "test" };
const ANYTHING = (): void => undefined;

function named(name: string, definition: DefinitionTexts = new Map()): NewCohort {
  return {
    name,
    description: "",
    groupKey: undefined,
    isVisible: true,
    isLocked: false,
    definitionTexts: definition,
  };
}

function selecting(selector: string): DefinitionTexts {
  return new Map([["selector", JSON.stringify(selector)]]);
}

describe("saved cohorts", () => {
  it("are read from the store as they were written to it", async () => {
    const store = new MemoryStore();
    const clock = testClock(1000);
    const first = new CohortRegistry(store, clock);
    const definition: DefinitionTexts = new Map([["selector", ' {"operator": "and", "1": 1.0}']]);
    const created = [
      await first.create(1, { ...named("a", definition), groupKey: "team" }, NOBODY, ANYTHING),
      await first.create(1, named("__proto__"), { accountId: 7, name: "x" }, ANYTHING),
    ];
    expect(await new CohortRegistry(store, clock).list(1)).toEqual(created);
    expect(created.map(({ isStatic }) => isStatic)).toEqual([false, true]);
  });

  it("are found by id and by name, as they were when they were asked for", async () => {
    const registry = new CohortRegistry(new MemoryStore(), testClock());
    await registry.create(1, named("a"), NOBODY, ANYTHING);
    const before = await registry.cohorts(1);
    expect(await registry.cohorts(1)).toBe(before);
    await registry.update(1, [{ id: 1, name: "b" }], [], ANYTHING);
    expect(before.byName("a")?.id).toBe(1);
    const after = await registry.cohorts(1);
    expect([after.byName("a"), after.byName("b")?.id, after.byId(1)?.name]).toEqual([
      undefined,
      1,
      "b",
    ]);
    await registry.delete(1, [1]);
    expect((await registry.cohorts(1)).byId(1)).toBeUndefined();
  });

  it("are checked among the others as they will be", async () => {
    const registry = new CohortRegistry(new MemoryStore(), testClock());
    await registry.create(1, named("a"), NOBODY, (cohort, cohorts) => {
      expect(cohorts.byName("a")).toBe(cohort);
    });
    const refused = registry.update(1, [{ id: 1, name: "b" }], [], () => {
      throw new Error("no");
    });
    await expect(refused).rejects.toThrow("no");
    expect((await registry.byId(1, 1)).name).toBe("a");
  });

  it("are no more than a project can have", async () => {
    const store = new MemoryStore();
    const json = JSON.stringify({ ...named(""), createdBy: NOBODY, definitionTexts: [] });
    await store.putRecords(
      1,
      "cohort",
      Array.from({ length: COHORTS_MAX - 1 }, (_, n) => ({
        id: n + 1,
        json: JSON.stringify({ ...JSON.parse(json), id: n + 1, name: `c${n}` }),
      })),
    );
    const registry = new CohortRegistry(store, testClock());
    await registry.create(1, named("last"), NOBODY, ANYTHING);
    await expect(registry.create(1, named("more"), NOBODY, ANYTHING)).rejects.toMatchObject({
      code: "cohort.too_many",
    });
  });

  it("that are lists lose their members when they are deleted", async () => {
    const store = new MemoryStore();
    const registry = new CohortRegistry(store, testClock());
    await registry.create(1, named("a"), NOBODY, ANYTHING);
    await registry.changeMembers(1, 1, "add", ["x"]);
    await registry.delete(1, [1]);
    expect(await store.members({ projectId: 1, groupKey: undefined }, 1)).toEqual([]);
  });

  it("that are lists know a member by every id of its cluster", async () => {
    const store = new MemoryStore();
    await store.apply([
      {
        projectId: 1,
        identity: "simplified",
        events: [
          {
            name: "login",
            distinctId: "ada",
            timeMs: 0,
            insertId: "1",
            receivedAtMs: 0,
            properties: new Map([
              ["$device_id", "phone"],
              ["$user_id", "ada"],
            ]),
          },
        ],
      },
    ]);
    const registry = new CohortRegistry(store, testClock());
    await registry.create(1, named("a"), NOBODY, ANYTHING);
    const [device] = await store.canonicalIds(1, ["$device:phone"]);
    expect(device).toBe("ada");
    await registry.changeMembers(1, 1, "add", ["$device:phone", "bob"]);
    expect(await registry.members(1, 1)).toEqual(["ada", "bob"]);
    await registry.changeMembers(1, 1, "remove", ["$device:phone"]);
    expect(await registry.members(1, 1)).toEqual(["bob"]);
  });
});

describe("the use of a cohort", () => {
  it("is found by id and by name, through others, and in circles", async () => {
    const registry = new CohortRegistry(new MemoryStore(), testClock());
    const definitions: readonly (readonly [string, string])[] = [
      ["a", 'cohort("d")'],
      ["b", "cohort(1) and 1 == 1"],
      ["c", 'not cohort("b")'],
      ["d", "cohort(1) or cohort(3)"],
      ["e", "true"],
    ];
    for (const [name, selector] of definitions) {
      await registry.create(1, named(name, selecting(selector)), NOBODY, ANYTHING);
    }
    const cohorts = await registry.list(1);
    const useOf = usesOf(cohorts);
    const use = (cohort: KeptCohort) => {
      const { direct, all } = useOf(cohort);
      return [cohort.name, direct, all];
    };
    expect(cohorts.map(use)).toEqual([
      ["a", [2, 4], [1, 2, 3, 4]],
      ["b", [3], [1, 2, 3, 4]],
      ["c", [4], [1, 2, 3, 4]],
      ["d", [1], [1, 2, 3, 4]],
      ["e", [], []],
    ]);
  });
});
