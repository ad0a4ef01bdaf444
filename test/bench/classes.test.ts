import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectEqual } from "../../bench/commands/classes.ts";
import { LAST_EVENT_SECONDS, sampleEvents, writeEvents } from "../../bench/data/events.ts";
import { sampleProfiles, writeSample } from "../../bench/data/profiles.ts";
import { closePeers, openPeers } from "../../bench/peers/all.ts";
import type { Peer } from "../../bench/peers/peer.ts";
import { behaviorQuestions } from "../../bench/questions/behaviors.ts";
import { profileQuestions } from "../../bench/questions/profiles.ts";
import type { Page, PeerName, Question } from "../../bench/questions/question.ts";
import { askAbout } from "../../bench/whom.ts";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { testClock } from "../support/clock.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** The peers that run in this process. */
const PEERS: readonly PeerName[] = ["hand", "json"];
const SIZE = { profiles: 900, properties: 400 };
const EVENT_COUNT = 9_000;
/** Too rare for so few profiles. */
const NOBODY = "count a rare property == v5";
const RECORDS_MAX = 1_000;

const PROFILE_QUESTIONS = profileQuestions(SIZE);
const BEHAVIOR_QUESTIONS = behaviorQuestions();
const ALL: readonly Question[] = [...PROFILE_QUESTIONS, ...BEHAVIOR_QUESTIONS];

describe("the questions of the benchmark", () => {
  let folder: string;
  let server: TestServer;
  let peers: readonly Peer[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "whom-bench-test-"));
    const sample = join(folder, "profiles.ndjson");
    const events = join(folder, "events.ndjson");
    await writeSample(sample, SIZE);
    await writeEvents(events, EVENT_COUNT, SIZE.profiles);
    peers = await openPeers(PEERS, { sample, events, folder }, () => {});
    const clock = testClock();
    clock.nowMs = LAST_EVENT_SECONDS * 1000;
    const store = await DuckdbStore.open(join(folder, "whom.duckdb"));
    server = await startTestServer({ clock, store, settings: { bodyBytesMax: 1 << 24 } });
    await load(server);
  });

  afterAll(async () => {
    await server.stop();
    await closePeers(peers);
    await rm(folder, { recursive: true, force: true });
  });

  it("are eleven classes, two about a rare property, and some about events", () => {
    expect(profileQuestions({ ...SIZE, properties: 220 })).toHaveLength(11);
    expect(PROFILE_QUESTIONS).toHaveLength(13);
    expect(BEHAVIOR_QUESTIONS.length).toBeGreaterThan(0);
    expect(peers.map(({ name }) => name)).toEqual(PEERS);
  });

  it.each(ALL.map(({ name }) => [name]))("have one answer: %s", async (name) => {
    const question = find(name);
    const page = await ask(question);
    if (name !== NOBODY) expect(page.total).toBeGreaterThan(0);
    for (const peer of peersOf(question)) await expectEqual(question, page, peer);
  });

  it("are found to differ in a number, in ids and in a document", async () => {
    const [peer] = peers;
    if (peer === undefined) throw new Error("no peer");
    const count = find("count plan == premium");
    const other = await ask(find("count tag7 in tags"));
    await expect(expectEqual(count, other, peer)).rejects.toThrow("differ");
    const first = find("first 1,000 documents, filtered");
    const page = await ask(first);
    const [one, ...results] = page.results;
    await expect(expectEqual(first, { ...page, results }, peer)).rejects.toThrow("differ");
    const changed = { $distinct_id: one?.$distinct_id ?? "", $properties: {} };
    const forged = { ...page, results: [changed, ...results] };
    await expect(expectEqual(first, forged, peer)).rejects.toThrow("document");
  });

  function peersOf(question: Question): readonly Peer[] {
    return peers.filter(({ name }) => question.peers[name] !== undefined);
  }

  async function ask(question: Question): Promise<Page> {
    const query = async (_: number, parameters: object): Promise<string> => {
      const { status, text } = await server.query({ ...parameters });
      expect(status).toBe(200);
      return text;
    };
    const asked = await askAbout({ query }, server.project.id, question);
    return JSON.parse(await asked.ask()) as Page;
  }
});

function find(name: string): Question {
  const question = ALL.find((other) => other.name === name);
  if (question === undefined) throw new Error(`no question ${name}`);
  return question;
}

async function load(server: TestServer): Promise<void> {
  const profiles = [...sampleProfiles(SIZE)].map(({ $distinct_id, $properties }) => ({
    $distinct_id,
    $ignore_time: true,
    $set: $properties,
  }));
  expect((await server.write(profiles)).json.status).toBe(1);
  const events = [...sampleEvents(EVENT_COUNT, SIZE.profiles)].map(
    ({ event, properties, ...known }) => ({ event, properties: { ...properties, ...known } }),
  );
  for (let start = 0; start < events.length; start += RECORDS_MAX) {
    const { status } = await server.send({
      method: "POST",
      url: "/import?strict=1",
      headers: { authorization: server.secretAuthorization, "content-type": "application/json" },
      body: JSON.stringify(events.slice(start, start + RECORDS_MAX)),
    });
    expect(status).toBe(200);
  }
}
