import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Database, type EngineOptions } from "../../src/duckdb/connection.ts";
import { diskShare, engineError, memoryShare } from "../../src/duckdb/engine-budget.ts";

const GIB = 1024 ** 3;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-budget-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a statement comes to in a file that is opened with some options. */
async function read<Result>(
  options: EngineOptions,
  use: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const database = await Database.open(join(folder, "whom.duckdb"), options);
  try {
    return await database.read(use);
  } finally {
    await database.close();
  }
}

async function settingOf(connection: DuckDBConnection, name: string): Promise<unknown> {
  const rows = await (await connection.run(`select current_setting('${name}')`)).getRows();
  return rows[0]?.[0];
}

/** A sort of three times as much as memory holds. */
const LARGE_SORT = `select max(r) from (select row_number() over (order by s) as r from
  (select md5(i::varchar) || md5((i * 7)::varchar) || md5((i * 3)::varchar) as s from range(1500000) t(i)))`;

describe("the memory of the engine", () => {
  it.each([
    [16 * GIB, 0, 8 * GIB],
    [16 * GIB, 2 * GIB, GIB],
    [16 * GIB, 2 ** 63, 8 * GIB],
    [3, 0, 1],
  ])("is half of what %d and a container of %d have", (machine, container, bytes) => {
    expect(memoryShare(machine, container)).toBe(`${bytes}B`);
  });

  it("is what the options say, or else half of the machine's", async () => {
    const limitOf = (options: EngineOptions): Promise<unknown> =>
      read(options, (connection) => settingOf(connection, "memory_limit"));
    expect(await limitOf({ memoryLimit: "512MiB" })).toBe("512.0 MiB");
    expect(await limitOf({})).toBe(await limitOf({ memoryLimit: memoryShare() }));
  });

  it("fails a query that needs more with what to do about it", async () => {
    const text = "select length(string_agg(md5(i::varchar), ',')) from range(3000000) t(i)";
    const options = { memoryLimit: "60MB", threads: 2 };
    await expect(read(options, (connection) => connection.run(text))).rejects.toMatchObject({
      code: "data.out_of_memory",
      message: expect.stringMatching(/^the storage engine ran out of memory: .*MiB.* used$/),
      hint: expect.stringContaining("--memory-limit"),
    });
  });
});

describe("the disk that the engine spills to", () => {
  it("is what the options say, or else half of what is free", async () => {
    const limitOf = (options: EngineOptions): Promise<unknown> =>
      read(options, (connection) => settingOf(connection, "max_temp_directory_size"));
    expect(await limitOf({ tempLimit: "32MiB" })).toBe("32.0 MiB");
    expect(diskShare(folder)).toMatch(/^[1-9]\d*B$/);
    expect(await limitOf({})).toMatch(/^[\d.]+ [KMGT]iB$/);
  });

  it("fails a query that needs more with what to do about it, and takes the next", async () => {
    const options = { memoryLimit: "60MB", tempLimit: "5MB", threads: 2 };
    const database = await Database.open(join(folder, "whom.duckdb"), options);
    try {
      const large = database.read((connection) => connection.run(LARGE_SORT));
      await expect(large).rejects.toMatchObject({
        code: "data.out_of_memory",
        message: expect.stringMatching(/^the storage engine ran out of scratch space: .* used$/),
        hint: expect.stringContaining("--temp-limit"),
      });
      const rows = await database.read(async (connection) =>
        (await connection.run("select 41 + 1")).getRows(),
      );
      expect(rows).toEqual([[42]]);
    } finally {
      await database.close();
    }
  });

  it("lets a query end that needs no more", async () => {
    const options = { memoryLimit: "60MB", tempLimit: "2GB", threads: 2 };
    const rows = await read(options, async (connection) =>
      (await connection.run(LARGE_SORT)).getRows(),
    );
    expect(rows).toEqual([[1_500_000n]]);
  });
});

it("keeps what else the engine says for the operator", () => {
  expect(engineError(new Error("IO Error: disk on fire"))).toMatchObject({
    code: "data.engine_failed",
    message: "the storage engine failed: IO Error: disk on fire",
  });
});
