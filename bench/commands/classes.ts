/**
 * The classes of question: Whom over HTTP beside each peer, in turn, once their answers are known to be equal.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { againOf, type Bench, type Measured, sizeOf, withData } from "../bench.ts";
import { type DataSize, describeSize } from "../data/folder.ts";
import { alternate, timed } from "../measure.ts";
import { closePeers, openPeers } from "../peers/all.ts";
import type { Peer } from "../peers/peer.ts";
import { behaviorQuestions } from "../questions/behaviors.ts";
import { profileQuestions } from "../questions/profiles.ts";
import {
  type Answer,
  answerOfPage,
  answerOfRows,
  differenceOf,
  type Page,
  type Question,
} from "../questions/question.ts";
import type { Goal, ResultLine } from "../report/results.ts";
import { type Asked, askAbout, warmUp } from "../whom.ts";

/** Goal 1: so much of the engine's own time, and so many milliseconds for HTTP. */
const ENGINE_SHARE_MAX = 1.3;
const HTTP_MS_MAX = 3;
/** Goal 2, and the question it is about. */
const FIRST_PAGE_MS_MAX = 30;
const FIRST_PAGE = "first 1,000 documents, filtered";

/** The title of Whom in the tables and charts. */
const WHOM_TITLE = "Whom";

/** `classes` */
export async function classes(bench: Bench): Promise<Measured> {
  const size = sizeOf(bench.flags);
  return withData(bench, size, async (data) => {
    const peers = await openPeers(bench.flags.peers, data.source, bench.print);
    const server = await data.start();
    try {
      const lines: ResultLine[] = [];
      const questions = asked(bench, size);
      const projectId = data.credentials.project_id;
      bench.print("warming up");
      await warmUp(server, projectId, questions);
      for (const question of questions) {
        const whom = await askAbout(server, projectId, question);
        bench.print(question.name);
        lines.push(await compare(question, whom, peers, bench.flags.rounds, size));
      }
      return { lines, engines: peers.map(({ engine }) => engine) };
    } finally {
      await server.stop();
      await closePeers(peers);
    }
  });
}

function asked({ flags }: Bench, size: DataSize): readonly Question[] {
  const all = [...profileQuestions(size), ...(size.events > 0 ? behaviorQuestions() : [])];
  return all.filter(({ name }) => flags.question === undefined || name.includes(flags.question));
}

async function compare(
  question: Question,
  whom: Asked,
  peers: readonly Peer[],
  rounds: number,
  size: DataSize,
): Promise<ResultLine> {
  const able = peers.filter(({ name }) => question.peers[name] !== undefined);
  const page = JSON.parse(await whom.ask()) as Page;
  for (const peer of able) await expectEqual(question, page, peer);
  const times = await alternate(
    [
      { name: WHOM_TITLE, ask: () => timed(whom.ask) },
      ...able.map((peer) => ({
        name: peer.title,
        ask: async () => (await peer.ask(question.peers[peer.name] ?? { answer: "" })).ms,
      })),
    ],
    rounds,
  );
  return lineOf(question, times, size);
}

/**
 * Asks a peer and compares what it says with a page of Whom: the number, or the ids in order and their documents.
 *
 * @throws when they differ
 */
export async function expectEqual(question: Question, page: Page, peer: Peer): Promise<void> {
  const statements = question.peers[peer.name] ?? { answer: "" };
  const { rows, documents } = await peer.ask(statements);
  const found: Answer = answerOfRows(
    question,
    rows.map(([first]) => first ?? ""),
  );
  const difference = differenceOf(answerOfPage(question, page), found);
  if (difference !== undefined) {
    throw new Error(`${question.name}: Whom and ${peer.title} differ: ${difference}`);
  }
  if (question.answer === "total" || question.request["output_properties"] !== undefined) return;
  const expected = new Map(page.results.map((result) => [result.$distinct_id, result.$properties]));
  for (const [id = "", text = ""] of documents ?? rows) {
    if (!isDeepStrictEqual(JSON.parse(text), expected.get(id))) {
      throw new Error(`${question.name}: the document of ${id} is another in ${peer.title}`);
    }
  }
}

function lineOf(
  { name }: Question,
  times: ReadonlyMap<string, number>,
  size: DataSize,
): ResultLine {
  const whomMs = times.get(WHOM_TITLE) ?? Number.NaN;
  const [limit, ...others] = [...times].filter(([title]) => title !== WHOM_TITLE);
  return {
    command: "classes",
    data: describeSize(size),
    name,
    ratios: Object.fromEntries(
      [limit, ...others].flatMap((entry) =>
        entry === undefined ? [] : [[`÷ ${entry[0]}`, whomMs / entry[1]]],
      ),
    ),
    figures: Object.fromEntries([...times].map(([title, ms]) => [`${title}, ms`, ms])),
    goals: goalsOf(name, whomMs, limit?.[1], others),
    again: againOf("classes", size, "--question", JSON.stringify(name)),
  };
}

function goalsOf(
  name: string,
  whomMs: number,
  limitMs: number | undefined,
  others: readonly (readonly [string, number])[],
): readonly Goal[] {
  const goals: Goal[] = [];
  if (limitMs !== undefined) {
    goals.push({
      number: 1,
      says: `≤ ${ENGINE_SHARE_MAX} × + ${HTTP_MS_MAX} ms, and the other peers`,
      isMet:
        whomMs <= ENGINE_SHARE_MAX * limitMs + HTTP_MS_MAX &&
        others.every(([, ms]) => whomMs <= ms),
    });
  }
  if (name === FIRST_PAGE) {
    goals.push({
      number: 2,
      says: `≤ ${FIRST_PAGE_MS_MAX} ms`,
      isMet: whomMs <= FIRST_PAGE_MS_MAX,
    });
  }
  return goals;
}
