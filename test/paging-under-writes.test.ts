import { afterEach, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "./clients/duckdb-server.ts";
import { checkAgain, checkReading } from "./support/paging-check.ts";
import type { PageRead, PagingTarget, Reading, ReadingPlan } from "./support/paging-client.ts";
import { type ExpiryReport, playExpiry } from "./support/paging-expiry.ts";
import { History, type Interval, type Life, randomFrom } from "./support/paging-history.ts";
import { load, play, startChurn } from "./support/paging-scenario.ts";
import { idsOf } from "./support/server.ts";

const SEED = 20_260_501;

let server: ListeningServer | undefined;

afterEach(async () => {
  await server?.end();
  server = undefined;
});

async function restart(old: ListeningServer, folder: string): Promise<ListeningServer> {
  await old.halt();
  const { directory, clock } = old;
  return startListening({ folder, directory, clock });
}

/** Read at the same time, while others write. */
const PLANS: readonly ReadingPlan[] = [
  { order: "ids", pageSize: 100, pagerCount: 0 },
  { order: "ids", pageSize: 100, pagerCount: 10 },
  { order: "ranks", pageSize: 80, pagerCount: 2 },
  { order: "ranks, descending", pageSize: 120, pagerCount: 0 },
];

const WRITER_COUNT = 2;

function targetOf(): PagingTarget {
  if (server === undefined) throw new Error("no server");
  const { project, secretAuthorization } = server;
  return {
    url: () => server?.origin ?? "",
    projectId: project.id,
    token: project.token,
    authorization: secretAuthorization,
  };
}

describe("reading everything while other clients write, delete and merge", () => {
  it("gives every profile exactly once, over a restart as well", { timeout: 60_000 }, async () => {
    server = await startListening();
    const { folder } = server;
    const target = targetOf();
    const history = new History(SEED);
    await load(target, history.begin(3000, 300));
    const report = await play({
      target,
      history,
      plans: PLANS,
      writerCount: WRITER_COUNT,
      seed: SEED,
      pageCountMin: 0,
      restarts: [
        async () => {
          if (server !== undefined) server = await restart(server, folder);
        },
      ],
    });
    expect(report.violations).toEqual([]);
    expect(report.readings).toHaveLength(3 * PLANS.length);
    for (const reading of report.readings) expect(reading.certainCount).toBeGreaterThan(2500);
    // Without these, nothing was put to the test.
    expect(report.recordCount).toBeGreaterThan(400);
    expect(history.counts.delete).toBeGreaterThan(20);
    expect(history.counts.recreate).toBeGreaterThan(10);
    expect(history.counts.merge).toBeGreaterThan(5);
    expect(report.readings.some(({ goneCount }) => goneCount > 0)).toBe(true);
    expect(report.readings.at(-1)).toMatchObject({ possibleCount: 0, goneCount: 0 });
  });

  it("gives right pages of sessions that have not expired, and no others", async () => {
    const idleMs = 400;
    server = await startListening({
      clock: { nowMs: 0, now: () => Date.now() },
      sessions: { idleMs },
    });
    const target = targetOf();
    const history = new History(SEED);
    await load(target, history.begin(1000, 100));
    const churn = startChurn({ target, history, writerCount: WRITER_COUNT });
    const expiry: ExpiryReport = await playExpiry({
      target,
      lives: history.lives,
      plans: PLANS,
      idleMs,
      sessionsPerReader: 5,
      pagesPerSession: 8,
      random: randomFrom(SEED),
    });
    await churn.stop();
    expect(expiry.violations).toEqual([]);
    expect(expiry.expiredCount).toBeGreaterThan(2);
    expect(expiry.pageCount).toBeGreaterThan(40);
  });
});

describe("a page that deleted profiles are left out of", () => {
  /** Deletes some of twelve profiles once a session of pages of four is open. */
  async function openAndDelete(...deleted: readonly string[]): Promise<string> {
    server = await startListening();
    const ids = Array.from("abcdefghijkl");
    await server.write(ids.map((id) => ({ $distinct_id: id, $set: {} })));
    const { json } = await server.query({ page_size: 4 });
    await server.write(deleted.map((id) => ({ $distinct_id: id, $delete: "" })));
    return json.session_id;
  }

  async function pages(session_id: string): Promise<readonly object[]> {
    const answers = [0, 1, 2, 3].map((page) => server?.query({ session_id, page }));
    return Promise.all(
      answers.map(async (asked) => {
        const answer = await asked;
        if (answer === undefined) throw new Error("no server");
        return {
          ids: idsOf(answer).join(""),
          size: answer.json.page_size,
          total: answer.json.total,
        };
      }),
    );
  }

  it("tells its own size, so that the documented loop goes on", async () => {
    expect(await pages(await openAndDelete("b", "g", "h", "l"))).toEqual([
      { ids: "acd", size: 3, total: 12 },
      { ids: "ef", size: 2, total: 12 },
      { ids: "ijk", size: 3, total: 12 },
      { ids: "", size: 4, total: 12 },
    ]);
  });

  it("may be empty, and only the first page never says so, as clients divide by its size", async () => {
    expect(await pages(await openAndDelete(..."abcdefgh"))).toEqual([
      { ids: "", size: 1, total: 12 },
      { ids: "", size: 0, total: 12 },
      { ids: "ijkl", size: 4, total: 12 },
      { ids: "", size: 4, total: 12 },
    ]);
  });

  it("has the size it was asked for where nothing was deleted", async () => {
    expect(await pages(await openAndDelete("zz"))).toEqual([
      { ids: "abcd", size: 4, total: 12 },
      { ids: "efgh", size: 4, total: 12 },
      { ids: "ijkl", size: 4, total: 12 },
      { ids: "", size: 4, total: 12 },
    ]);
  });
});

describe("the check itself", () => {
  const at = (startMs: number, endMs: number = startMs): Interval => ({ startMs, endMs });

  function life(id: string, born: number, from: Interval, to?: Interval): Life {
    const turns = [{ matches: true, at: from }];
    return { id, born, rank: -born, created: from, deleted: to, turns };
  }

  /** Opened between 10 and 12; `c` is deleted after the first page, `d` is made while it opens, `x` afterwards. */
  const LIVES: readonly Life[] = [
    life("a", 0, at(0)),
    life("b", 1, at(0)),
    life("c", 2, at(0), at(13, 14)),
    life("d", 3, at(11)),
    life("e", 4, at(0)),
    life("f", 5, at(0)),
    life("x", 6, at(20)),
    life("c", 7, at(15)),
    { ...life("y", 8, at(0)), turns: [{ matches: false, at: at(0) }] },
    life("z", 9, at(0), at(8, 9)),
  ];

  const BORN = { a: 0, b: 1, c: 2, d: 3, e: 4, f: 5, x: 6, C: 7, y: 8, z: 9 } as const;

  function page(number: number, letters: string, total = 6, startMs = 10 + 20 * number): PageRead {
    const profiles = Array.from(letters, (letter) => ({
      id: letter.toLowerCase(),
      born: BORN[letter as keyof typeof BORN],
      rank: -BORN[letter as keyof typeof BORN],
    }));
    const asked = number === 0 ? at(10, 12) : at(startMs, startMs + 1);
    return { page: number, pageSize: 2, total, sessionId: "s", profiles, asked };
  }

  function reading(...pages: readonly PageRead[]): Reading {
    return { name: "reader", order: "ids", pageSize: 2, pages, isWhole: true, elapsedMs: 1 };
  }

  it.each([
    ["all there", reading(page(0, "ab"), page(1, "d"), page(2, "ef"))],
    [
      "without what was made meanwhile",
      reading(page(0, "ab", 5), page(1, "e", 5), page(2, "f", 5)),
    ],
    ["in any order", reading(page(0, "ab"), page(2, "ef"), page(1, "d"))],
  ])("finds nothing wrong with a reading that is right: %s", (_name, right) => {
    expect(checkReading(right, LIVES).violations).toEqual([]);
  });

  it.each([
    [
      "a profile twice",
      reading(page(0, "ab"), page(1, "bd"), page(2, "ef")),
      "b (1) was given twice",
    ],
    [
      "a missing one",
      reading(page(0, "a"), page(1, "d"), page(2, "ef")),
      "b (1) is missing on page 0",
    ],
    [
      "a page not read",
      reading(page(0, "ab"), page(1, "d")),
      "f (5) is missing: page 2 was not read",
    ],
    [
      "one made afterwards",
      reading(page(0, "ab"), page(1, "d"), page(2, "efx")),
      "x (6), which was not selected",
    ],
    [
      "one made anew",
      reading(page(0, "ab"), page(1, "Cd"), page(2, "ef")),
      "c (7), which was not selected",
    ],
    [
      "one not selected",
      reading(page(0, "ab"), page(1, "d"), page(2, "efy")),
      "y (8), which was not selected",
    ],
    [
      "one deleted before",
      reading(page(0, "ab"), page(1, "d"), page(2, "efz")),
      "z (9), which was not selected",
    ],
    [
      "one deleted since",
      reading(page(0, "ab"), page(1, "cd"), page(2, "ef")),
      "c (2), which had been deleted",
    ],
    [
      "a shift",
      reading(page(0, "ab"), page(1, "def"), page(2, "")),
      "f (5), whose place is on page 2",
    ],
    ["another order", reading(page(0, "ba"), page(1, "d"), page(2, "ef")), "a stands after b"],
    [
      "too long a page",
      reading(page(0, "abd"), page(1, "e"), page(2, "f")),
      "page 0 has 3 profiles",
    ],
    [
      "a total that changes",
      reading(page(0, "ab"), page(1, "d"), page(2, "ef", 5)),
      "the total changed: 6, 5",
    ],
    [
      "too small a total",
      reading(page(0, "ab", 4), page(1, "d", 4), page(2, "ef", 4)),
      "the total is 4, not within 5 and 6",
    ],
  ])("finds %s", (_name, wrong, expected) => {
    const { violations } = checkReading(wrong, LIVES);
    expect(violations.join("\n")).toContain(expected);
  });

  it("looks at the order that was asked for", () => {
    const upwards = reading(page(0, "ab"), page(1, "d"), page(2, "ef"));
    const downwards = reading(page(0, "fe"), page(1, "d"), page(2, "ba"));
    const byRanks = (one: Reading): Reading => ({ ...one, order: "ranks" });
    expect(checkReading(byRanks(downwards), LIVES).violations).toEqual([]);
    expect(checkReading({ ...upwards, order: "ranks, descending" }, LIVES).violations).toEqual([]);
    expect(checkReading(byRanks(upwards), LIVES).violations.join("\n")).toContain(
      "b stands after a",
    );
  });

  it("misses nothing on pages that were not asked for, but what those that were must have", () => {
    const part = { ...reading(page(0, "ab")), isWhole: false };
    expect(checkReading(part, LIVES).violations).toEqual([]);
    const lacking = { ...reading(page(0, "a")), isWhole: false };
    expect(checkReading(lacking, LIVES).violations.join("\n")).toContain("b (1) is missing");
  });

  it("finds a page that changes when it is asked again, but for deletions", () => {
    expect(checkAgain(page(1, "cd"), page(1, "d", 6, 50), LIVES)).toEqual([]);
    expect(checkAgain(page(2, "ef"), page(2, "e", 6, 50), LIVES)).toEqual([
      "page 2 asked again has lost f (5)",
    ]);
    expect(checkAgain(page(2, "ef"), page(2, "efx", 6, 50), LIVES)).toEqual([
      "page 2 asked again has x (6) more",
    ]);
    expect(checkAgain(page(2, "ef"), page(2, "ef", 7, 50), LIVES)).toEqual([
      "page 2 asked again has another total",
    ]);
  });
});
