/**
 * The benchmark: `npm run bench -- --profiles 1000000`.
 *
 * Loads the sample with `whom import`, asks Whom over HTTP and a hand-typed DuckDB table in this process
 * the same questions in turn, checks that the answers are equal, and prints the medians and their ratio.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { behaviorQuestions, HAND_EVENTS } from "./behavior-questions.ts";
import { writeSample } from "./dataset.ts";
import { writeEvents } from "./event-dataset.ts";
import { type Answer, HAND_TABLE, type Question, questions } from "./questions.ts";
import { BenchServer, type Credentials, whom } from "./server.ts";

const { values } = parseArgs({
  options: {
    profiles: { type: "string", default: "100000" },
    rounds: { type: "string", default: "9" },
    events: { type: "string", default: "0" },
    "profiles-file": { type: "string" },
    "events-file": { type: "string" },
    question: { type: "string" },
    save: { type: "boolean", default: false },
  },
});
const count = Number(values.profiles);
const eventCount = Number(values.events);
const rounds = Number(values.rounds);

interface Line {
  readonly name: string;
  readonly whomMs: number;
  readonly engineMs: number;
}

const folder = mkdtempSync(join(tmpdir(), "whom-bench-"));
try {
  const sample = values["profiles-file"] ?? join(folder, "profiles.ndjson");
  if (values["profiles-file"] === undefined) await writeSample(sample, count);
  const data = join(folder, "data");
  const credentials = JSON.parse(whom("init", "--data", data, "--json")) as Credentials;
  const loadStartedAt = performance.now();
  whom("import", sample, "--data", data);
  const loadS = (performance.now() - loadStartedAt) / 1_000;
  const events = values["events-file"] ?? join(folder, "events.ndjson");
  if (eventCount > 0 && values["events-file"] === undefined) {
    await writeEvents(events, eventCount, count);
  }
  const eventsStartedAt = performance.now();
  if (eventCount > 0) whom("import", "--events", events, "--data", data);
  const eventsS = (performance.now() - eventsStartedAt) / 1_000;
  const hand = await openHand(sample);
  const startedAt = performance.now();
  const server = await BenchServer.start(data, credentials);
  const startMs = performance.now() - startedAt;
  const lines: Line[] = [];
  if (eventCount > 0) await hand.run(HAND_EVENTS.replace("$file", events));
  const asked = [...questions(count), ...(eventCount > 0 ? behaviorQuestions() : [])];
  for (const question of asked) {
    if (values.question !== undefined && !question.name.includes(values.question)) continue;
    lines.push(await compare(question, server, credentials.project_id, hand));
  }
  lines.push(...(await pages(server, credentials.project_id)));
  const rssMb = residentMb(server.pid);
  await server.stop();
  const diskMb = statSync(join(data, "whom.duckdb")).size / 1e6;
  report({ loadS, eventsS, startMs, rssMb, diskMb, lines });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function openHand(sample: string): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(
    `attach '${join(folder, "hand.db")}' as hand_file (storage_version 'latest')`,
  );
  await connection.run("use hand_file");
  await connection.run(
    `create view lines as select * from read_csv('${sample}', header = false, columns = {'column0': 'VARCHAR'}, delim = '\\x01', quote = '', escape = '')`,
  );
  await connection.run(HAND_TABLE);
  await connection.run("create unique index hand_id on hand (distinct_id)");
  await connection.run("checkpoint");
  return connection;
}

async function compare(
  question: Question,
  server: BenchServer,
  projectId: number,
  hand: DuckDBConnection,
): Promise<Line> {
  const request = await withSession(question, server, projectId);
  const expected = await askHand(question, hand);
  const found = answerOf(question, await server.query(projectId, request));
  if (JSON.stringify(expected) !== JSON.stringify(found)) {
    throw new Error(`${question.name}: the answers differ`);
  }
  const whomMs: number[] = [];
  const engineMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    whomMs.push(await timed(() => server.query(projectId, request)));
    engineMs.push(await timed(() => askHand(question, hand)));
  }
  return { name: question.name, whomMs: median(whomMs), engineMs: median(engineMs) };
}

async function withSession(
  question: Question,
  server: BenchServer,
  projectId: number,
): Promise<Readonly<Record<string, unknown>>> {
  if (question.page === undefined) return question.request;
  const first = JSON.parse(await server.query(projectId, question.request)) as {
    session_id: string;
  };
  return { ...question.request, page: question.page, session_id: first.session_id };
}

async function askHand(question: Question, hand: DuckDBConnection): Promise<Answer> {
  const rows = (await hand.runAndReadAll(question.sql)).getRows();
  if (question.answer === "total") return { kind: "total", total: Number(rows[0]?.[0]) };
  const ids = rows.map(([id]) => String(id));
  if (question.documents !== undefined) {
    const list = ids.map((id) => `'${id}'`).join(",");
    await (await hand.runAndReadAll(question.documents.replace("$ids", list))).getRows();
  }
  return { kind: "ids", ids };
}

function answerOf(question: Question, text: string): Answer {
  const body = JSON.parse(text) as {
    total: number;
    results: readonly { readonly $distinct_id: string }[];
  };
  if (question.answer === "total") return { kind: "total", total: body.total };
  return { kind: "ids", ids: body.results.map(({ $distinct_id }) => $distinct_id) };
}

/** The first page that opens a session, and pages of an open one. */
async function pages(server: BenchServer, projectId: number): Promise<readonly Line[]> {
  const request = { where: 'properties["plan"] == "premium"', page_size: 1_000 };
  const first = JSON.parse(await server.query(projectId, request)) as {
    session_id: string;
    total: number;
  };
  const last = Math.max(0, Math.ceil(first.total / 1_000) - 2);
  const at = (page: number) => ({ ...request, page, session_id: first.session_id });
  const opening: number[] = [];
  const second: number[] = [];
  const deep: number[] = [];
  for (let round = 0; round < rounds; round++) {
    opening.push(await timed(() => server.query(projectId, request)));
    second.push(await timed(() => server.query(projectId, at(1))));
    deep.push(await timed(() => server.query(projectId, at(last))));
  }
  const openingMs = median(opening);
  return [
    { name: `page 1 of a session (beside page 0)`, whomMs: median(second), engineMs: openingMs },
    {
      name: `page ${last} of a session (beside page 0)`,
      whomMs: median(deep),
      engineMs: openingMs,
    },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;
}

function residentMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) / 1_000;
  } catch {
    return Number.NaN;
  }
}

interface Report {
  readonly loadS: number;
  readonly eventsS: number;
  readonly startMs: number;
  readonly rssMb: number;
  readonly diskMb: number;
  readonly lines: readonly Line[];
}

function report({ loadS, eventsS, startMs, rssMb, diskMb, lines }: Report): void {
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  print(
    `${count} profiles, ${cpus().length} cores, Node ${process.versions.node}, medians of ${rounds}`,
  );
  print(`import ${loadS.toFixed(1)} s, ${Math.round(count / loadS)} profiles/s`);
  if (eventCount > 0) {
    print(
      `${eventCount} events in ${eventsS.toFixed(1)} s, ${Math.round(eventCount / eventsS)} events/s`,
    );
  }
  print(
    `start to ready ${startMs.toFixed(0)} ms, ${rssMb.toFixed(0)} MB resident, ${diskMb.toFixed(0)} MB on disk`,
  );
  print("");
  print("| question | Whom over HTTP, ms | engine by hand, ms | ratio |");
  print("|---|---|---|---|");
  for (const { name, whomMs, engineMs } of lines) {
    const ratio = (whomMs / engineMs).toFixed(2);
    print(`| ${name} | ${whomMs.toFixed(1)} | ${engineMs.toFixed(1)} | ${ratio} |`);
  }
  if (values.save) {
    const results = new URL("results/", import.meta.url);
    mkdirSync(results, { recursive: true });
    const { version } = JSON.parse(
      readFileSync(new URL("../package.json", import.meta.url), "utf8"),
    ) as { version: string };
    writeFileSync(
      new URL(`${version}-${count}${eventCount > 0 ? `-${eventCount}` : ""}.json`, results),
      `${JSON.stringify({ profiles: count, events: eventCount, loadS, eventsS, startMs, rssMb, diskMb, lines }, undefined, 2)}\n`,
    );
  }
}
