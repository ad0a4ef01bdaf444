import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seeded } from "../../src/cli/demo/sample-data.ts";
import { applyBatches } from "../../src/duckdb/apply.ts";
import { Database } from "../../src/duckdb/connection.ts";
import { copyTables } from "../../src/duckdb/erase.ts";
import { selectKeys } from "../../src/duckdb/freeze.ts";
import { prepareSchema } from "../../src/duckdb/schema.ts";
import { prepareSelection } from "../../src/duckdb/selection.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { TableSet, type Tables } from "../../src/duckdb/table-set.ts";
import { asKnownNow } from "../../src/duckdb/tables.ts";
import type { Event } from "../../src/event/event.ts";
import type { ProfileUpdate } from "../../src/profile/update.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import {
  AT,
  behaviorSelector,
  countOf,
  event,
  eventQuery,
  events,
  rowsOf,
  valuesById,
} from "../support/events.ts";
import { idsOf, propertiesOf, query, remove, selector, set, USERS } from "../support/updates.ts";

/** How long writers write. */
const WRITING_MS = 3_000;
const COHORT_COUNT = 3;
const PEOPLE = 40;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-concurrency-"));
  file = join(folder, "whom.duckdb");
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a store tells of project 1. */
async function tell(store: Store): Promise<object> {
  const all = await idsOf(store, { includesStrangers: true });
  const ids = Array.from({ length: PEOPLE }, (_, n) => [`u${n}`, `$device:d${n}`]).flat();
  const behaviors = new Map([["x", countOf("buy")]]);
  return {
    all: await Promise.all(
      (await idsOf(store)).map(async (id) => [id, await propertiesOf(store, id)]),
    ),
    strangers: await store
      .read(USERS, await store.select(query({ includesStrangers: true })), true)
      .then((rows) => rows.map(({ distinctId }) => distinctId)),
    count: all.length,
    events: await rowsOf(store),
    canonicalIds: await store.canonicalIds(1, ids),
    members: await Promise.all(
      Array.from({ length: COHORT_COUNT }, (_, n) => store.members(USERS, n + 1)),
    ),
    records: await store.records(1, "cohort"),
    counts: await valuesById(store, 'behaviors["x"]', { behaviors }),
    inCohort: await idsOf(store, { selectors: [behaviorSelector("cohort(1) or cohort(2)")] }),
  };
}

describe("a store that many use at once", () => {
  it("has in the end what one that was used by one after the other has", async () => {
    const random = seeded(7);
    const below = (limit: number): number => Math.floor(random() * limit);
    const store = await DuckdbStore.open(file);
    const reference = new MemoryStore();
    const endsAt = performance.now() + WRITING_MS;
    const isOn = (): boolean => performance.now() < endsAt;
    const tally = { writes: 0, reads: 0, compactions: 0, streams: 0 };
    let last = 0;

    /** Both stores take writes in the order of these calls. */
    async function both<Result>(use: (each: Store) => Promise<Result>): Promise<void> {
      const answers = await Promise.all([use(store), use(reference)]);
      expect(answers[0]).toEqual(answers[1]);
      tally.writes++;
    }

    function someEvents(n: number): readonly Event[] {
      return Array.from({ length: 1 + below(30) }, () => {
        const person = below(PEOPLE);
        const isLink = below(4) === 0;
        const device = { $device_id: `d${below(PEOPLE)}` };
        return event(
          ["buy", "view"][below(2)] ?? "",
          isLink ? `u${person}` : ([`u${person}`, `$device:d${person}`, ""][below(3)] ?? ""),
          { n, [`of${below(60)}`]: n, ...(isLink ? { ...device, $user_id: `u${person}` } : {}) },
          { timeMs: (AT + below(3) * 86_400) * 1000, insertId: `i${below(500)}` },
        );
      });
    }

    function someUpdates(n: number): readonly ProfileUpdate[] {
      return Array.from({ length: 1 + below(10) }, () => {
        const id = [`u${below(PEOPLE)}`, `$device:d${below(PEOPLE)}`][below(2)] ?? "";
        if (below(6) === 0) return remove(id);
        const made = set(id, { n, [`p${below(80)}`]: n });
        return below(5) === 0 ? { ...made, ignoreAlias: true } : made;
      });
    }

    async function write(): Promise<void> {
      while (isOn()) {
        const n = ++last;
        const pair = [
          set(`left${n}`, { left: n, seq: n, [`fresh${n}`]: true }),
          set(`right${n}`, { right: n, [`fresh${n}`]: true }),
        ];
        const made = [
          { scope: USERS, updates: [...pair, ...someUpdates(n)] },
          events([event("paired", `left${n}`, { [`new${n}`]: 1 }), ...someEvents(n)]),
        ];
        await both((each) => each.apply(made));
        await sleep(below(5));
      }
    }

    async function manage(): Promise<void> {
      while (isOn()) {
        const n = ++last;
        const ids = Array.from({ length: below(20) }, () => `u${below(PEOPLE * 2)}`);
        const cohortId = 1 + below(COHORT_COUNT);
        const erased = [`u${below(PEOPLE)}`, `$device:d${below(PEOPLE)}`, ""];
        const record = { id: 1 + below(5), json: below(3) === 0 ? undefined : `{"n":${n}}` };
        await both((each) => each.setMembers(USERS, cohortId, ids));
        await both((each) => each.putRecords(1, "cohort", [record]));
        if (below(3) === 0) await both((each) => each.erase(1, erased));
        await sleep(below(20));
      }
    }

    async function compact(): Promise<void> {
      while (isOn()) {
        await sleep(below(800));
        await store.compact();
        tally.compactions++;
      }
    }

    async function read(): Promise<void> {
      while (isOn()) {
        const n = last - below(2);
        const pairs = [
          `properties["left"] == ${n} or properties["right"] == ${n}`,
          `properties["left"] == ${n} or len(string(properties["right"])) > 0 and properties["right"] == ${n}`,
        ];
        for (const source of pairs) {
          const found = await store.select(query({ selectors: [selector(source)] }));
          expect([0, 2], source).toContain(found.length);
        }
        const behaviors = new Map([["x", countOf("paired")]]);
        for (const source of [
          `properties["seq"] == ${n} and not defined(properties["fresh${n}"])`,
          `properties["seq"] == ${n} and behaviors["x"] == 0`,
        ]) {
          const selectors = [behaviorSelector(source, "x")];
          const found = await store.select(query({ selectors, behaviors }));
          expect([...found], source).toEqual([]);
        }
        tally.reads++;
        await sleep(below(3));
      }
    }

    async function streamEvents(): Promise<void> {
      while (isOn()) {
        const isLeft = below(2) === 0;
        let found = 0;
        for await (const rows of store.events(eventQuery({ names: ["paired"] }))) {
          found += rows.length;
          if (isLeft) break;
          await sleep(below(10));
        }
        expect(found).toBeGreaterThan(0);
        tally.streams++;
      }
    }

    async function streamValues(): Promise<void> {
      while (isOn()) {
        const controller = new AbortController();
        const stopping = sleep(below(10)).then(() => controller.abort());
        const reading = store.values(query(), [], controller.signal);
        const read = async (): Promise<void> => {
          for await (const _ of reading) await sleep(below(5));
        };
        await read().catch((error: unknown) => {
          expect(error).toHaveProperty("name", "AbortError");
        });
        await stopping;
      }
    }

    const first = { scope: USERS, updates: [set("first", { seq: 0 })] };
    const paired = events([event("paired", "first")]);
    await both((each) => each.apply([first, paired]));
    const writers = [write(), write(), write(), manage(), compact()];
    await Promise.all([...writers, read(), read(), read(), streamEvents(), streamValues()]);
    expect(Math.min(...Object.values(tally))).toBeGreaterThan(0);
    const told = await tell(store);
    expect(told).toEqual(await tell(reference));
    await store.close();
    const again = await DuckdbStore.open(file);
    expect(await tell(again)).toEqual(told);
    await again.close();
  }, 30_000);
});

describe("a file that is written anew", () => {
  it("waits for whoever began to read, whenever that was", async () => {
    const database = await Database.open(file);
    let isReplaced = false;
    const replace = () =>
      database.replace(async (connection) => {
        isReplaced = true;
        await copyTables(connection);
        await sleep(5);
        isReplaced = false;
      });
    const seen: boolean[] = [];
    const look = async (): Promise<void> => {
      seen.push(isReplaced);
      await sleep(2);
      seen.push(isReplaced);
    };
    // Readers begin a turn before, in the same turn, and some turns after.
    for (let turns = -3; turns < 6; turns++) {
      const replacing = passTurns(-turns).then(replace);
      await passTurns(turns);
      const streaming = database.stream(async function* () {
        yield look();
      });
      const streamed = streaming.next().then(() => streaming.return(undefined));
      await Promise.all([replacing, database.read(look), database.read(look), streamed]);
    }
    expect(seen).not.toContain(true);
    await database.close();
  });
});

async function passTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

describe("a stream that nobody reads to its end", () => {
  const many = Array.from({ length: 2_500 }, (_, n) => event("buy", `u${n}`));

  it("gives its connection back, however it is left", async () => {
    const store = await DuckdbStore.open(file);
    await store.apply([events(many)]);
    for (let round = 0; round < 12; round++) {
      for await (const _ of store.events(eventQuery())) break;
      const controller = new AbortController();
      const reading = store.events(eventQuery(), controller.signal)[Symbol.asyncIterator]();
      await reading.next();
      controller.abort();
      await reading.return?.(undefined);
      await expect(async () => {
        for await (const _ of store.events(eventQuery())) throw new Error("the reader fails");
      }).rejects.toThrow("the reader fails");
    }
    expect(await rowsOf(store)).toHaveLength(many.length);
    await store.compact();
    await store.close();
  });

  it("does not keep the store from closing, and hears of it", async () => {
    const store = await DuckdbStore.open(file);
    await store.apply([events(many)]);
    const reading = store.events(eventQuery())[Symbol.asyncIterator]();
    await reading.next();
    const selecting = idsOf(store);
    await store.close();
    expect(await selecting.catch((error: unknown) => error)).toEqual([]);
    await expect(reading.next()).rejects.toMatchObject({ code: "data.closed" });
    await expect(store.apply([events([event("buy", "u1")])])).rejects.toMatchObject({
      code: "data.closed",
    });
    await store.close();
    const again = await DuckdbStore.open(file);
    expect(await rowsOf(again)).toHaveLength(many.length);
    await again.close();
  });
});

describe("a reader of several statements", () => {
  it("asks for no column that was made after it began", async () => {
    const database = await Database.open(file);
    await prepareSchema(database.writer, file);
    const tables = new TableSet([], 48);
    const write = (id: string, name: string) =>
      applyBatches(database.writer, tables, [{ scope: USERS, updates: [set(id, { [name]: 1 })] }]);
    await write("ada", "old");
    const asked = query({ selectors: [selector('not defined(properties["new"])')] });
    const reading = database.stream(async function* (connection) {
      const live = tables.of(USERS);
      if (live === undefined) throw new Error("no tables");
      const table = asKnownNow(live.table);
      const keys = async (known: Tables) => {
        const selection = await prepareSelection(connection, asked, known, []);
        return (await selectKeys(connection, selection, undefined)).length;
      };
      yield keys({ table, users: table });
      yield keys({ table, users: table });
      // What would become of it otherwise.
      yield keys(live);
    });
    expect((await reading.next()).value).toBe(1);
    await write("bob", "new");
    expect((await reading.next()).value).toBe(1);
    await expect(reading.next()).rejects.toMatchObject({ code: "data.engine_failed" });
    await database.close();
  });
});
