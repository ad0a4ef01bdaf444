/**
 * ClickHouse over its JSON type, with the profile's text beside it: the engine that `chdb` embeds, in a child process.
 *
 * The package is half a gigabyte and therefore installed in a folder of its own, and only by who wants it. The child takes
 * the times itself, so that passing an answer on to this process does not count.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChdbAnswer } from "./chdb/child.ts";
import { loadOnce, type Peer, type PeerKind, type PeerSource } from "./peer.ts";

const PACKAGE = fileURLToPath(new URL("chdb/node_modules/chdb/", import.meta.url));
const CHILD = fileURLToPath(new URL("chdb/child.ts", import.meta.url));

/**
 * Dates stay text, as they are in JSON. Small granules make look-ups by id fast; without merging into one
 * part the figures would depend on how long ago the load was.
 */
const loads = (sample: string): readonly string[] => [
  "create database bench",
  `create table bench.profiles (distinct_id String, document String, properties JSON(max_dynamic_paths = 32))
   engine = MergeTree order by distinct_id settings index_granularity = 256`,
  `insert into bench.profiles select id, document, document::JSON(max_dynamic_paths = 32)
   from (select JSONExtractString(line, '$distinct_id') as id, JSONExtractRaw(line, '$properties') as document
         from file('${sample}', 'LineAsString', 'line String'))
   settings input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0`,
  "optimize table bench.profiles final",
];

/** The JSON type. */
export const CLICKHOUSE: PeerKind = {
  name: "clickhouse",
  title: "ClickHouse JSON",
  missing: () =>
    existsSync(PACKAGE)
      ? undefined
      : "chdb is not installed: npm install --no-save --prefix bench/peers/chdb",
  open,
};

async function open({ sample, folder }: PeerSource): Promise<Peer> {
  const home = join(folder, "clickhouse");
  const statements = loads(sample);
  await loadOnce(home, statements.join(), async () => {
    const loader = new Chdb(join(home, "data"));
    for (const statement of statements) await loader.ask(statement);
    await loader.end();
  });
  const chdb = new Chdb(join(home, "data"));
  const { text } = await chdb.ask("select version()");
  await chdb.ask("use bench");
  return {
    name: "clickhouse",
    title: CLICKHOUSE.title,
    engine: `ClickHouse ${text.trim()}`,
    ask: async ({ answer }) => {
      const found = await chdb.ask(answer);
      const lines = found.text.split("\n").slice(0, -1);
      return { rows: lines.map((line) => line.split("\t")), documents: undefined, ms: found.ms };
    },
    close: () => chdb.end(),
  };
}

/** The child process, asked one statement after the other. */
class Chdb {
  readonly #process: ChildProcess;

  constructor(folder: string) {
    this.#process = fork(CHILD, [folder], { serialization: "advanced" });
  }

  async ask(statement: string): Promise<{ readonly text: string; readonly ms: number }> {
    const answer = new Promise<ChdbAnswer>((resolve, reject) => {
      const onExit = (): void => reject(new Error("chdb ended"));
      this.#process.once("exit", onExit);
      this.#process.once("message", (message) => {
        this.#process.removeListener("exit", onExit);
        resolve(message as ChdbAnswer);
      });
    });
    this.#process.send(statement);
    const found = await answer;
    if (found.kind === "failed") throw new Error(`${found.message}\n${statement.slice(0, 500)}`);
    return found;
  }

  async end(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.disconnect();
    await exited;
  }
}
