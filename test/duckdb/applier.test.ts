import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { VALUE_BYTES_MAX } from "../../src/profile/limits.ts";
import type { Operation, ProfileUpdate } from "../../src/profile/update.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Batch, Store } from "../../src/store/store.ts";
import { event, events } from "../support/events.ts";
import { COMPANIES, named, query, remove, set, USERS, update } from "../support/updates.ts";

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

async function profilesOf(of: Store, scope = USERS): Promise<readonly (readonly string[])[]> {
  const keys = await of.select(query({ scope, includesStrangers: true }));
  const rows = await of.read(scope, keys, true);
  return rows.map(({ distinctId, propertiesJson }) => [distinctId, propertiesJson]);
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
  one.catch(() => undefined);
  await commits.held();
  const two = store.apply(second, one);
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

const IDS = ["ada", "bob", "cyd", "$device:d", "$device:e"] as const;
const id = fc.constantFrom(...IDS);
const NAMES = ["n", "l", "a", "b"] as const;
const name = fc.constantFrom(...NAMES);
const value = fc.oneof(
  fc.integer({ max: 3 }),
  fc.constantFrom("x", "X", "2024-01-01", true, null),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant("set" as const),
    values: fc.dictionary(name, value).map((values) => named(values)),
  }),
  fc.record({
    kind: fc.constant("add" as const),
    amounts: fc.constant(new Map([["n", 1]])),
  }),
  fc.record({
    kind: fc.constant("append" as const),
    values: value.map((each) => named({ l: each })),
  }),
  fc.record({ kind: fc.constant("unset" as const), names: name.map((each) => [each]) }),
  fc.constant({ kind: "delete" } as const),
);
const change: fc.Arbitrary<ProfileUpdate> = fc.record({
  distinctId: id,
  seenAtSeconds: fc.constantFrom(1_714_557_600, 1_714_557_601),
  ignoreTime: fc.boolean(),
  ignoreAlias: fc.constant(false),
  operations: fc.array(operation, { minLength: 1, maxLength: 2 }),
});
const login = fc
  .tuple(fc.constantFrom("d", "e"), fc.constantFrom("ada", "bob"))
  .map(([device, user]) => event("in", user, { $device_id: device, $user_id: user }));
const batch: fc.Arbitrary<Batch> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      scope: fc.constantFrom(USERS, USERS, USERS, COMPANIES),
      updates: fc.array(change, { maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.array(login, { minLength: 1, maxLength: 2 }).map((sent) => events(sent)),
  },
);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("apply" as const),
      batches: fc.array(batch, { minLength: 1, maxLength: 2 }),
      fails: fc.constantFrom(false, false, false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("members" as const), id }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("wait" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

/** A history on the engine, each step begun at once, and on the reference, one step after the other. */
class History {
  readonly #engine: Store;
  readonly #reference: Store;
  #last: Promise<unknown> = Promise.resolve();
  #isFailing: boolean = false;

  constructor(engine: Store, reference: Store) {
    this.#engine = engine;
    this.#reference = reference;
    const run = DuckDBConnection.prototype.run;
    const history = this;
    vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(async function (
      this: DuckDBConnection,
      ...given
    ) {
      if (history.#isFailing && given[0] === "commit") throw new Error("the disk is full");
      return run.apply(this, given);
    });
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      if (each.kind === "wait") await this.#last;
      else if (each.kind === "apply") this.#apply(each.batches, each.fails);
      else this.#both((of) => writeOf(of, each));
    }
    await this.#last;
  }

  #apply(batches: readonly Batch[], fails: boolean): void {
    const turn = this.#last.then(() => {
      this.#isFailing = fails;
    });
    const applied = this.#engine.apply(batches, turn);
    this.#last = Promise.allSettled([applied]).then(async ([outcome]) => {
      this.#isFailing = false;
      expect(outcome?.status).toBe(fails ? "rejected" : "fulfilled");
      if (!fails) await this.#reference.apply(batches);
    });
  }

  #both(write: (store: Store) => Promise<unknown>): void {
    this.#last = this.#last.then(async () => {
      await write(this.#engine);
      await write(this.#reference);
    });
  }
}

async function writeOf(
  of: Store,
  { kind, id: distinctId }: Extract<Step, { kind: "erase" | "members" }>,
): Promise<void> {
  if (kind === "erase") await of.erase(1, [distinctId]);
  else await of.setMembers(USERS, 1, [distinctId]);
}

describe("transactions that overlap", () => {
  it("come to the same as one after the other, also when some of them fail", async () => {
    const steps = fc.array(step, { minLength: 8, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const [engine, reference] = [await DuckdbStore.open(":memory:"), new MemoryStore()];
        for (const of of [engine, reference]) {
          await of.apply([USERS, COMPANIES].map((scope) => ({ scope, updates: [set("zoe", {})] })));
        }
        await new History(engine, reference).play(history);
        for (const scope of [USERS, COMPANIES]) {
          expect(await profilesOf(engine, scope)).toEqual(await profilesOf(reference, scope));
        }
        expect(await engine.members(USERS, 1)).toEqual(await reference.members(USERS, 1));
        vi.restoreAllMocks();
        await engine.close();
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
