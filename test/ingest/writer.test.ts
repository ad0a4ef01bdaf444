import { describe, expect, it } from "vitest";
import { Writer } from "../../src/ingest/writer.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { ScopedUpdates, UpdateRejection } from "../../src/store/store.ts";
import { idsOf, set, USERS } from "../support/updates.ts";

/** A store whose commits end when the test says so. */
class SlowStore extends MemoryStore {
  readonly commits: string[][] = [];
  #open: (() => void)[] = [];
  #isOpen: boolean = false;

  override async apply(batches: readonly ScopedUpdates[]): Promise<readonly UpdateRejection[]> {
    const ids = batches.flatMap(({ updates }) => updates.map(({ distinctId }) => distinctId));
    this.commits.push(ids);
    if (!this.#isOpen) await new Promise<void>((resolve) => this.#open.push(resolve));
    if (ids.includes("poison")) throw new Error("poisoned");
    const rejections = await super.apply(batches);
    const own = batches.flatMap(({ updates }, batch) =>
      updates.flatMap(({ distinctId }, index) =>
        distinctId.startsWith("bad") ? [{ batch, index, message: distinctId }] : [],
      ),
    );
    return [...rejections, ...own];
  }

  /** Lets the commit under way end. */
  async step(): Promise<void> {
    this.#open.shift()?.();
    await settled();
  }

  /** Lets all commits end from now on. */
  run(): void {
    this.#isOpen = true;
    for (const open of this.#open) open();
  }
}

/** A store that is slow to write, and tells what it has been given and what it has written. */
class EagerStore extends MemoryStore {
  readonly begun: string[][] = [];
  readonly written: string[][] = [];
  readonly #open: (() => void)[] = [];

  override async apply(
    batches: readonly ScopedUpdates[],
    after?: Promise<unknown>,
  ): Promise<readonly UpdateRejection[]> {
    const ids = batches.flatMap(({ updates }) => updates.map(({ distinctId }) => distinctId));
    this.begun.push(ids);
    await after;
    await new Promise<void>((resolve) => this.#open.push(resolve));
    if (ids.includes("poison")) throw new Error("poisoned");
    this.written.push(ids);
    return super.apply(batches);
  }

  /** Lets one commit end. */
  async step(): Promise<void> {
    this.#open.shift()?.();
    await settled();
  }

  async stepToEnd(): Promise<void> {
    for (await settled(); this.#open.length > 0; ) await this.step();
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function users(...ids: readonly string[]): readonly ScopedUpdates[] {
  return [{ scope: USERS, updates: ids.map((id) => set(id, {})) }];
}

describe("a writer", () => {
  it("commits at once when nothing is under way", () => {
    const store = new SlowStore();
    void new Writer(store).write(users("a"));
    expect(store.commits).toEqual([["a"]]);
  });

  it("gathers what arrives during a commit into the next one", async () => {
    const store = new SlowStore();
    const writer = new Writer(store);
    const writes = ["a", "b", "c", "d"].map(async (id) => writer.write(users(id)));
    expect(writer.waitingCount).toBe(3);
    await store.step();
    expect(writer.waitingCount).toBe(0);
    const late = writer.write(users("e"));
    store.run();
    await Promise.all([...writes, late]);
    expect(store.commits).toEqual([["a"], ["b", "c", "d"], ["e"]]);
    await writer.write(users("f"));
    expect(store.commits.at(-1)).toEqual(["f"]);
  });

  it("resolves only when its own commit has ended", async () => {
    const store = new SlowStore();
    const writer = new Writer(store);
    const done: string[] = [];
    for (const id of ["a", "b"]) void writer.write(users(id)).then(() => done.push(id));
    await settled();
    expect(done).toEqual([]);
    await store.step();
    expect(done).toEqual(["a"]);
    await store.step();
    expect(done).toEqual(["a", "b"]);
  });

  it("puts at most so many updates into a commit, and never splits a request", async () => {
    const store = new SlowStore();
    const writer = new Writer(store, { updatesPerCommitMax: 3 });
    const writes = [["a"], ["b", "c"], ["d"], ["e"], ["1", "2", "3", "4"], ["f"]].map(async (ids) =>
      writer.write(users(...ids)),
    );
    store.run();
    await Promise.all(writes);
    expect(store.commits).toEqual([["a"], ["b", "c", "d"], ["e"], ["1", "2", "3", "4"], ["f"]]);
  });

  it("gives each request its own rejections", async () => {
    const store = new SlowStore();
    const writer = new Writer(store);
    const first = writer.write(users("bad1"));
    const second = writer.write([...users("a", "b"), ...users("c", "bad2")]);
    const third = writer.write(users("bad3", "d"));
    const fourth = writer.write(users("e"));
    store.run();
    expect(await first).toEqual([{ batch: 0, index: 0, message: "bad1" }]);
    expect(await second).toEqual([{ batch: 1, index: 1, message: "bad2" }]);
    expect(await third).toEqual([{ batch: 0, index: 0, message: "bad3" }]);
    expect(await fourth).toEqual([]);
  });

  it("fails only the request that fails alone", async () => {
    const store = new SlowStore();
    const writer = new Writer(store);
    const writes = ["a", "b", "poison", "c"].map(async (id) => writer.write(users(id)));
    const outcomes = Promise.allSettled(writes);
    store.run();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(await idsOf(store)).toEqual(["a", "b", "c"]);
    await expect(writer.write(users("poison"))).rejects.toThrow("poisoned");
    expect(await writer.write(users("d"))).toEqual([]);
  });

  it("refuses what would wait behind too much", async () => {
    const store = new SlowStore();
    const writer = new Writer(store, { updatesWaitingMax: 2 });
    const taken = [users("a"), users("b", "c")].map(async (batches) => writer.write(batches));
    await expect(writer.write(users("d"))).rejects.toMatchObject({ code: "ingest.writer_full" });
    store.run();
    await Promise.all(taken);
    expect(await writer.write(users("1", "2", "3", "4"))).toEqual([]);
    expect(await idsOf(store)).toEqual(["1", "2", "3", "4", "a", "b", "c"]);
  });

  it("asks the store for nothing when there is nothing to write", async () => {
    const store = new SlowStore();
    expect(await new Writer(store).write(users())).toEqual([]);
    expect(store.commits).toEqual([]);
  });

  it("drains: ends what it took and takes no more", async () => {
    const store = new SlowStore();
    const writer = new Writer(store);
    const writes = ["a", "b"].map(async (id) => writer.write(users(id)));
    let isDrained = false;
    const drained = writer.drain().then(() => {
      isDrained = true;
    });
    await expect(writer.write(users("c"))).rejects.toMatchObject({ code: "data.closed" });
    await store.step();
    expect(isDrained).toBe(false);
    store.run();
    await drained;
    await Promise.all(writes);
    expect(await idsOf(store)).toEqual(["a", "b"]);
    await new Writer(store).drain();
  });

  it("gives the store what waits before the commit under way has ended, once it is much", async () => {
    const store = new EagerStore();
    const writer = new Writer(store);
    const many = (from: number, count: number) =>
      writer.write(users(...Array.from({ length: count }, (_, n) => `u${from + n}`)));
    const writes = [many(0, 1), many(1, 499)];
    await settled();
    expect(store.begun.map(({ length }) => length)).toEqual([1]);
    writes.push(many(500, 1));
    await settled();
    expect(store.begun.map(({ length }) => length)).toEqual([1, 500]);
    expect(writer.waitingCount).toBe(0);
    // One is made ready at a time.
    writes.push(many(1_000, 600));
    await settled();
    expect(writer.waitingCount).toBe(600);
    await store.step();
    expect(store.begun.map(({ length }) => length)).toEqual([1, 500, 600]);
    await store.stepToEnd();
    await Promise.all(writes);
    expect(store.written.map(({ length }) => length)).toEqual([1, 500, 600]);
  });

  it("writes what it tries again before what came later", async () => {
    const store = new EagerStore();
    const writer = new Writer(store);
    const late = Array.from({ length: 500 }, (_, n) => `late${n}`);
    const first = writer.write(users("first"));
    const outcomes = Promise.allSettled([
      writer.write(users("a")),
      writer.write(users("poison")),
      writer.write(users("b")),
    ]);
    await settled();
    await store.step();
    const last = writer.write(users(...late));
    await settled();
    expect(store.begun).toEqual([["first"], ["a", "poison", "b"], late]);
    await store.stepToEnd();
    expect((await outcomes).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    await Promise.all([first, last]);
    expect(store.written).toEqual([["first"], ["a"], ["b"], late]);
  });

  it("writes nothing that comes after what failed, and commits it alone", async () => {
    const store = new EagerStore();
    const writer = new Writer(store);
    const first = writer.write(users("first"));
    const others = [writer.write(users("a")), writer.write(users("b"))];
    const good = writer.write(users("good"), first);
    const poison = writer.write(users("poison"));
    const bad = writer.write(users("bad"), poison);
    const worse = writer.write(users("worse"), bad);
    const outcomes = Promise.allSettled([poison, bad, worse]);
    others.push(writer.write(users("c")));
    await store.stepToEnd();
    await Promise.all([first, good, ...others]);
    expect(store.written).toEqual([["first"], ["a", "b"], ["good"], ["c"]]);
    expect(
      (await outcomes).map((each) => each.status === "rejected" && String(each.reason)),
    ).toEqual(Array(3).fill("Error: poisoned"));
    expect(await writer.write([])).toEqual([]);
  });

  it("drains what it has given to the store early", async () => {
    const store = new EagerStore();
    const writer = new Writer(store);
    const writes = [
      writer.write(users("a")),
      writer.write(users(...Array.from({ length: 500 }, (_, n) => `u${n}`))),
    ];
    await settled();
    let isDrained = false;
    const drained = writer.drain().then(() => {
      isDrained = true;
    });
    await store.step();
    expect(isDrained).toBe(false);
    await store.stepToEnd();
    await Promise.all([drained, ...writes]);
    expect(store.written.map(({ length }) => length)).toEqual([1, 500]);
  });
});
