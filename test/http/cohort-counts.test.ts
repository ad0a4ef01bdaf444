import { beforeEach, describe, expect, it } from "vitest";
import { CohortCounts } from "../../src/http/app/cohort-counts.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import type { Project } from "../../src/project/project.ts";
import type { KeptCohort } from "../../src/registry/cohort-record.ts";
import { createRegistry, type Registry } from "../../src/registry/registry.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { testClock } from "../support/clock.ts";

/** Counts 1 at once, or waits until it is told to stop. */
class SlowStore extends MemoryStore {
  readonly asked: string[] = [];
  isSlow: boolean = false;

  override async count(...[query, signal]: Parameters<MemoryStore["count"]>): Promise<number> {
    this.asked.push(query.selectors[0]?.source ?? "");
    if (!this.isSlow) return 1;
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

const clock = testClock(0);
const store = new SlowStore();
const never = new AbortController().signal;
let project: Project;
let registry: Registry;
let cohorts: readonly KeptCohort[];

beforeEach(async () => {
  store.isSlow = false;
  store.asked.length = 0;
  project = await ProjectDirectory.inMemory(clock).createProject({ name: "test" });
  registry = createRegistry(new MemoryStore(), clock);
  const creator = { accountId: undefined, name: "test" };
  for (const name of ["a", "b"]) {
    const facts = { description: "", groupKey: undefined, isVisible: true, isLocked: false };
    const cohort = { name, ...facts, definitionTexts: new Map() };
    await registry.savedCohorts.create(project.id, cohort, creator, () => undefined);
  }
  cohorts = await registry.savedCohorts.list(project.id);
});

function count(counts: CohortCounts, signal = never, some = cohorts) {
  return counts.of({ store, clock, registry }, project, some, signal);
}

describe("the numbers of cohorts", () => {
  it("are shown again for ten seconds, unless the cohort changed or is alone", async () => {
    const counts = new CohortCounts();
    await count(counts);
    clock.nowMs += 9999;
    await count(counts);
    expect(store.asked).toHaveLength(2);
    await registry.savedCohorts.update(project.id, [{ id: 1, name: "z" }], [], () => undefined);
    await count(counts, never, await registry.savedCohorts.list(project.id));
    expect(store.asked).toHaveLength(3);
    await count(counts, never, cohorts.slice(1));
    expect(store.asked).toHaveLength(4);
    clock.nowMs += 10_000;
    await count(counts);
    expect(store.asked).toHaveLength(6);
  });

  it("are the last ones, or none, when counting takes too long", async () => {
    const counts = new CohortCounts(20);
    const before = await count(counts, never, cohorts.slice(0, 1));
    clock.nowMs += 60_000;
    store.isSlow = true;
    expect(await count(counts)).toEqual([...before, { count: 0, countedAtMs: undefined }]);
    expect(store.asked).toHaveLength(2);
  });

  it("are not waited for by a client that has gone", async () => {
    store.isSlow = true;
    const controller = new AbortController();
    const counting = count(new CohortCounts(), controller.signal);
    controller.abort(new Error("gone"));
    await expect(counting).rejects.toThrow("gone");
  });

  it("fail when the store does", async () => {
    const broken = Object.assign(new SlowStore(), {
      count: async () => {
        throw new Error("broken");
      },
    });
    const counting = new CohortCounts().of(
      { store: broken, clock, registry },
      project,
      cohorts,
      never,
    );
    await expect(counting).rejects.toThrow("broken");
  });
});
