import { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import {
  type DocumentPart,
  documentJson,
  documentsText,
  type TextForm,
} from "../../src/store/documents.ts";
import type { ProfileKeys } from "../../src/store/store.ts";
import { cellsOf, exported, linesOf, normal } from "../support/documents.ts";
import { query, remove, set, USERS } from "../support/updates.ts";

const LINES = { kind: "lines", names: undefined } as const;

let store: DuckdbStore;

beforeEach(async () => {
  store = await DuckdbStore.open(":memory:");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

/** Writes profiles in the order of their keys; what comes out of them is about `width` bytes each. */
async function fill(count: number, width: number): Promise<void> {
  const text = "é".repeat(width / 2);
  for (let from = 0; from < count; from += 5_000) {
    const updates = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => {
      const n = from + index;
      return set(`u${(n * 7919) % count}`, { n, text, ...(n % 3 === 0 ? { third: [n] } : {}) });
    });
    await store.apply([{ scope: USERS, updates }]);
  }
}

/** The same keys in another order, the same each time. */
function shuffled(keys: ProfileKeys): ProfileKeys {
  const place = (key: number): number => (key * 48_271) % 2_147_483_647;
  return keys.toSorted((left, right) => place(left) - place(right));
}

async function expectExact(keys: ProfileKeys, names: readonly string[] | undefined): Promise<void> {
  const rows = await store.read(USERS, keys);
  const gathered = await exported(store, keys, { kind: "lines", names });
  expect(gathered.rowCount).toBe(rows.length);
  expect(linesOf(gathered)).toEqual(rows.map((row) => normal(documentJson(row, names))));
}

describe("an export of thousands", () => {
  const orders: readonly ((keys: ProfileKeys) => ProfileKeys)[] = [
    (keys) => keys,
    (keys) => keys.filter((key) => key % 7 === 3),
    (keys) => keys.filter((key) => key % 500 === 3),
    (keys) => keys.toReversed(),
    shuffled,
    (keys) => shuffled(keys).subarray(0, 4_500),
    (keys) => shuffled(keys).subarray(0, 100),
  ];

  it("has exactly the profiles of its keys, in their order", async () => {
    await fill(9_000, 200);
    const all = (await store.select(query())).toSorted();
    for (const order of orders) {
      await expectExact(order(all), undefined);
      await expectExact(order(all), ["third", "n"]);
    }
  }, 60_000);

  it("has them after they were written anew, and without those that were deleted", async () => {
    await fill(9_000, 200);
    const all = (await store.select(query())).toSorted();
    const updates = Array.from({ length: 2_000 }, (_, n) => {
      const id = `u${n * 4}`;
      return n % 3 === 0 ? remove(id) : set(id, { n: -n, new: "value" });
    });
    await store.apply([{ scope: USERS, updates }]);
    const form: TextForm = { kind: "csv", names: ["third", "n"], isSpreadsheetSafe: true };
    for (const order of orders) {
      const keys = order(all);
      await expectExact(keys, undefined);
      await expectExact(keys, ["new", "third"]);
      const text = documentsText(await store.read(USERS, keys), form);
      expect(cellsOf(await exported(store, keys, form))).toEqual(
        cellsOf({ bytes: Buffer.from(text) }),
      );
    }
  }, 60_000);

  it("comes in parts of bounded size, however large profiles are", async () => {
    await fill(300, 120_000);
    const keys = (await store.select(query())).toSorted();
    for (const wanted of [keys, keys.toReversed()]) {
      const request = { scope: USERS, keys: wanted, includesStrangers: false, form: LINES };
      const sizes: number[] = [];
      for await (const { bytes } of store.documents(request)) sizes.push(bytes.length);
      expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(36_000_000);
      expect(Math.max(...sizes)).toBeLessThan(9_000_000);
    }
  });

  it("is of one state of the store", async () => {
    await fill(6_000, 1_000);
    const keys = (await store.select(query())).toSorted();
    const before = (await exported(store, keys, LINES)).bytes;
    const request = { scope: USERS, keys, includesStrangers: false, form: LINES };
    const parts: Uint8Array[] = [];
    for await (const { bytes } of store.documents(request)) {
      parts.push(bytes);
      if (parts.length > 1) continue;
      const updates = ["u1", "u5999"].flatMap((id) => [remove(id), set(`new ${id}`, { n: 1 })]);
      await store.apply([{ scope: USERS, updates: [...updates, set("u2", { n: "changed" })] }]);
    }
    expect(parts.length).toBeGreaterThan(2);
    expect(Buffer.concat(parts).equals(before)).toBe(true);
  });
});

describe("an export that cannot go on", () => {
  async function begun(controller: AbortController): Promise<AsyncIterator<DocumentPart>> {
    await fill(6_000, 1_000);
    const keys = (await store.select(query())).toSorted();
    const request = { scope: USERS, keys, includesStrangers: false, form: LINES };
    const parts = store.documents(request, controller.signal)[Symbol.asyncIterator]();
    expect((await parts.next()).value.rowCount).toBeGreaterThan(100);
    return parts;
  }

  it("ends with the reason it was aborted for", async () => {
    const controller = new AbortController();
    const parts = await begun(controller);
    controller.abort(new Error("the client has gone"));
    await expect(parts.next()).rejects.toThrow("the client has gone");
    expect((await parts.next()).done).toBe(true);
  });

  it.each([
    ["has no row", "a part of an export is missing", async () => null],
    [
      "breaks",
      "the disk is gone",
      async () => {
        throw new Error("the disk is gone");
      },
    ],
  ])(
    "fails when a result %s, as a stream that failed looks like one that ended",
    async (_name, message, fetchChunk) => {
      const parts = await begun(new AbortController());
      vi.spyOn(DuckDBConnection.prototype, "stream").mockResolvedValue({ fetchChunk } as never);
      await expect(parts.next()).rejects.toThrow(message);
    },
  );

  it("fails when a result has fewer lines than were counted", async () => {
    const parts = await begun(new AbortController());
    const original = DuckDBConnection.prototype.stream;
    vi.spyOn(DuckDBConnection.prototype, "stream").mockImplementation(function (
      this: DuckDBConnection,
      ...[text, values, types]
    ) {
      return original.call(this, text.replace("key >= ", "key > "), values, types);
    });
    await expect(parts.next()).rejects.toThrow("does not have the lines it should have");
  });
});
