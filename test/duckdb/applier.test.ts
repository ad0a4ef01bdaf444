import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { VALUE_BYTES_MAX } from "../../src/profile/limits.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import type { Batch } from "../../src/store/store.ts";
import { event, events } from "../support/events.ts";
import { profilesOf } from "../support/profiles.ts";
import { COMPANIES, remove, set, USERS, update } from "../support/updates.ts";

let store: DuckdbStore;

beforeEach(async () => {
  store = await DuckdbStore.open(":memory:");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

function add(id: string, n: number): ProfileUpdate {
  return update(id, { kind: "add", amounts: new Map([["n", n]]) });
}

function users(...updates: readonly ProfileUpdate[]): readonly Batch[] {
  return [{ scope: USERS, updates }];
}

async function numberOf(id: string): Promise<unknown> {
  const [row] = await store.find(USERS, [id]);
  return row && (JSON.parse(row.propertiesJson) as { readonly n?: number }).n;
}

/** Holds commits back, one after the other. */
class Commits {
  /** What becomes of those that come. */
  outcome: "good" | "failed" | "failed but done" = "good";
  readonly #held: (() => void)[] = [];
  #isHolding: boolean = true;

  constructor() {
    const run = DuckDBConnection.prototype.run;
    const commits = this;
    vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (
      this: DuckDBConnection,
      ...given
    ) {
      if (given[0] !== "commit" || !commits.#isHolding) return run.apply(this, given);
      await new Promise<void>((resolve) => commits.#held.push(resolve));
      const { outcome } = commits;
      const result = outcome === "failed" ? undefined : await run.apply(this, given);
      if (outcome !== "good" || result === undefined) throw new Error("the disk is full");
      return result;
    });
  }

  /** Resolves once a commit is held back. */
  async held(): Promise<void> {
    await vi.waitFor(() => expect(this.#held.length).toBe(1), { interval: 1 });
  }

  /** Lets one go. */
  go(outcome: Commits["outcome"] = "good"): void {
    this.outcome = outcome;
    this.#held.shift()?.();
  }

  /** Lets this one and all others go. */
  stop(outcome: Commits["outcome"] = "good"): void {
    this.#isHolding = false;
    this.go(outcome);
  }
}

/** Two transactions, the second begun while the commit of the first is held back. */
async function overlapping(
  first: readonly Batch[],
  second: readonly Batch[],
  outcome: Commits["outcome"],
  meanwhile: () => Promise<void> = async () => {},
): Promise<readonly PromiseSettledResult<unknown>[]> {
  const commits = new Commits();
  const one = store.apply(first);
  await commits.held();
  const two = store.apply(
    second,
    one.catch(() => undefined),
  );
  await meanwhile();
  commits.stop(outcome);
  return Promise.allSettled([one, two]);
}

describe("a transaction that is made ready while another is under way", () => {
  beforeEach(async () => {
    await store.apply(users(add("ada", 1), add("bob", 1), set("cyd", { a: "x" })));
  });

  it("starts from what the other leaves", async () => {
    const outcomes = await overlapping(
      users(add("ada", 10), remove("bob"), add("new", 10), set("cyd", { b: 2 })),
      users(add("ada", 100), add("bob", 100), add("new", 100), remove("cyd"), set("cyd", { c: 3 })),
      "good",
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await Promise.all(["ada", "bob", "new"].map(numberOf))).toEqual([111, 100, 110]);
    const [cyd] = await store.find(USERS, ["cyd"]);
    expect(cyd?.propertiesJson).toBe('{"c":3,"$last_seen":"2024-05-01T10:00:00"}');
  });

  it("has read by then, and reads nothing again", async () => {
    await store.close();
    store = await DuckdbStore.open(":memory:");
    await store.apply(users(add("ada", 1), add("bob", 1)));
    // Another write in between, so that nothing is known but what is read.
    await store.putRecords(1, "cohort", []);
    const lookedUp = vi.spyOn(DuckDBPreparedStatement.prototype, "run");
    await overlapping(users(add("ada", 10)), users(add("bob", 10)), "good", async () => {
      await vi.waitFor(() => expect(lookedUp).toHaveBeenCalledTimes(2), { interval: 1 });
    });
    expect(lookedUp).toHaveBeenCalledTimes(2);
    expect([await numberOf("ada"), await numberOf("bob")]).toEqual([11, 11]);
  });

  it("reads nothing that was written just before", async () => {
    const lookedUp = vi.spyOn(DuckDBPreparedStatement.prototype, "run");
    await store.apply(users(add("ada", 10), add("bob", 10)));
    await overlapping(users(add("ada", 100)), users(add("ada", 1_000)), "good");
    expect(lookedUp).not.toHaveBeenCalled();
    expect([await numberOf("ada"), await numberOf("bob")]).toEqual([1_111, 11]);
  });

  it.each<readonly [Commits["outcome"], number]>([
    ["failed", 101],
    ["failed but done", 111],
  ])("starts from what is on disk when the other has %s", async (outcome, n) => {
    const outcomes = await overlapping(users(add("ada", 10)), users(add("ada", 100)), outcome);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await numberOf("ada")).toBe(n);
    await store.apply(users(add("ada", 1_000)));
    expect(await numberOf("ada")).toBe(n + 1_000);
  });

  it("is not written if it comes after what failed", async () => {
    const commits = new Commits();
    const one = store.apply(users(add("ada", 10)));
    await commits.held();
    const two = store.apply(users(add("bob", 10)), one);
    const outcomes = Promise.allSettled([one, two]);
    commits.stop("failed");
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(two).rejects.toMatchObject({ code: "data.engine_failed" });
    await store.apply(users(add("ada", 100), add("bob", 100)));
    expect([await numberOf("ada"), await numberOf("bob")]).toEqual([101, 101]);
  });

  it("starts from what somebody else wrote between the two", async () => {
    let erased: Promise<unknown> | undefined;
    await overlapping(users(add("ada", 10)), users(add("ada", 100)), "good", async () => {
      erased = store.erase(1, ["ada"]);
    });
    await erased;
    expect(await numberOf("ada")).toBe(100);
  });

  it("starts from what somebody else was writing when it was begun", async () => {
    const commits = new Commits();
    const erased = store.erase(1, ["ada"]);
    await commits.held();
    const applied = store.apply(users(add("ada", 100)));
    // It knows the profile already, and has time to change it.
    await sleep(20);
    commits.stop();
    await Promise.all([erased, applied]);
    expect(await numberOf("ada")).toBe(100);
  });

  it("goes to the profile of the cluster that the other makes", async () => {
    const joining = events([event("in", "ada", { $device_id: "d", $user_id: "ada" })]);
    await store.apply(users(add("$device:d", 5)));
    await overlapping([joining], users(add("$device:d", 100)), "good");
    expect([await numberOf("ada"), await numberOf("$device:d")]).toEqual([101, 101]);
    expect((await profilesOf(store)).map(([id]) => id)).toEqual(["ada", "bob", "cyd"]);
  });

  it("keeps the key of a profile that the other takes away from a static cohort", async () => {
    await store.setMembers(USERS, 1, ["ada"]);
    const [before] = await store.find(USERS, ["ada"]);
    await overlapping(users(remove("ada")), users(add("ada", 100)), "good");
    expect(await store.members(USERS, 1)).toEqual(["ada"]);
    const [after] = await store.find(USERS, ["ada"]);
    expect([after?.key, await numberOf("ada")]).toEqual([before?.key, 100]);
  });

  it("is written in its turn even if it cannot be made ready", async () => {
    const prepare = DuckDBConnection.prototype.prepare;
    vi.spyOn(DuckDBConnection.prototype, "prepare").mockRejectedValueOnce(new Error("no memory"));
    await store.putRecords(1, "cohort", []);
    expect(await store.apply(users(add("ada", 10), add("bob", 10)))).toEqual([]);
    expect(DuckDBConnection.prototype.prepare).not.toBe(prepare);
    expect([await numberOf("ada"), await numberOf("bob")]).toEqual([11, 11]);
  });
});

describe("a transaction", () => {
  it("reports what breaks a limit in the order it was sent, whoever it is about", async () => {
    const large = "x".repeat(VALUE_BYTES_MAX / 8);
    const list = (id: string, count: number): ProfileUpdate =>
      update(id, {
        kind: "union",
        values: new Map([["l", Array.from({ length: count }, (_, n) => `${n}${large}`)]]),
      });
    const rejections = await store.apply([
      ...users(list("ada", 9), list("bob", 9), list("ada", 1), list("bob", 9), list("ada", 9)),
      { scope: COMPANIES, updates: [list("acme", 9)] },
    ]);
    expect(rejections.map(({ batch, index }) => [batch, index])).toEqual([
      [0, 0],
      [0, 1],
      [0, 3],
      [0, 4],
      [1, 0],
    ]);
  });

  it("writes no profile that stays as it was", async () => {
    const appended = vi.spyOn(DuckDBConnection.prototype, "createAppender");
    await store.apply(users(set("ada", { a: 1, b: [1] }), set("bob", { a: 1 })));
    expect(appended).toHaveBeenCalledTimes(1);
    await store.apply(users(set("ada", { b: [1] }), set("ada", { a: 1 })));
    expect(appended).toHaveBeenCalledTimes(1);
    await store.apply(users(set("ada", { a: 1 }), set("bob", { a: 2 })));
    expect(appended).toHaveBeenCalledTimes(2);
    // What is deleted and made again is another profile.
    const [before] = await store.find(USERS, ["ada"]);
    await store.apply(users(remove("ada"), set("ada", { a: 1, b: [1] })));
    const [after] = await store.find(USERS, ["ada"]);
    expect(after?.propertiesJson).toBe(before?.propertiesJson);
    expect(after?.key).not.toBe(before?.key);
  });

  it("lets the event loop turn, however many profiles it changes", async () => {
    const updates = Array.from({ length: 6_000 }, (_, n) =>
      set(`u${n}`, { name: `Name ${n}`, n, tags: ["a", `b${n}`], at: "2024-01-01T00:00:00" }),
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await store.apply(users(...updates));
    turns = 0;
    await store.apply(users(...updates.map(({ distinctId }) => add(distinctId, 1))));
    clearInterval(timer);
    // Reading, deleting and committing are three; the rest are between parts of the work.
    expect(turns).toBeGreaterThan(6);
  });
});
