import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { attach } from "../../src/duckdb/engine-file.ts";
import { randomFrom } from "../support/paging-history.ts";

const ROW_COUNT = 6_000;
const REPLACED_COUNT = 2_500;
const CYCLES = 60;

let folder: string | undefined;

afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

it("gives the first rows of an order, however many rows were replaced before", async () => {
  folder = await mkdtemp(join(tmpdir(), "whom-top-"));
  const { instance, writer } = await attach(join(folder, "whom.duckdb"), { threads: 1 });
  const ask = async (statement: string): Promise<string> =>
    String((await writer.runAndReadAll(statement)).getRows());
  try {
    // Small row groups show in seconds what takes millions of updates otherwise.
    await writer.run(`attach '${join(folder, "small")}' as small (row_group_size 2048)`);
    await writer.run("use small");
    await writer.run("create table t (key uinteger not null unique, v double)");
    await writer.run(
      `insert into t select i, case when hash(i) % 10 = 0 then null else hash(i * 7) % 1000 end from range(${ROW_COUNT}) r(i)`,
    );
    const random = randomFrom(7);
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const keys = new Set<number>();
      while (keys.size < REPLACED_COUNT) keys.add(Math.floor(random() * ROW_COUNT));
      const list = [...keys].join();
      await writer.run(`create or replace temp table k as from t where key in (${list})`);
      await writer.run(`begin; delete from t where key in (${list}); insert into t from k; commit`);
      const first = await ask("select key from t order by v desc nulls last, key limit 50");
      const numbered = "row_number() over (order by v desc nulls last, key) as place";
      expect([cycle, first]).toEqual([
        cycle,
        await ask(
          `select key from (select key, ${numbered} from t) where place <= 50 order by place`,
        ),
      ]);
    }
  } finally {
    instance.closeSync();
  }
});
