import { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import type { Operation, ProfileUpdate } from "../../src/profile/update.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Batch, Store } from "../../src/store/store.ts";
import { event, events } from "../support/events.ts";
import { profilesOf } from "../support/profiles.ts";
import { COMPANIES, named, set, USERS } from "../support/updates.ts";

afterEach(() => {
  vi.restoreAllMocks();
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
