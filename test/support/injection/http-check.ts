/**
 * Hostile texts through every endpoint of a server over the engine, beside one over the reference store.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DuckdbStore } from "../../../src/duckdb/store.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { testClock } from "../clock.ts";
import { type Answer, startTestServer, type TestServer } from "../server.ts";
import { answerFaults, logFaults, metricsFaults } from "./answer-checks.ts";
import { roadsWith } from "./http-roads.ts";
import { meaningFaults } from "./meaning.ts";
import type { Road } from "./road.ts";

/** What came of a check. */
export interface HttpReport {
  readonly requestCount: number;
  readonly violations: readonly string[];
}

/** Shown of a request that went wrong. */
const SHOWN_LENGTH_MAX = 300;

/** Two servers, of which the second asks the engine. */
class Pair {
  readonly #servers: readonly TestServer[];
  requestCount = 0;
  readonly violations: string[] = [];

  constructor(servers: readonly TestServer[]) {
    this.#servers = servers;
  }

  get engine(): TestServer {
    return this.#servers[1] as TestServer;
  }

  /** Sends a text down all roads. */
  async send(text: string): Promise<void> {
    const [reference, engine] = this.#servers;
    if (reference === undefined || engine === undefined) return;
    const places = ({ project }: TestServer) => ({ projectId: project.id, token: project.token });
    const others = roadsWith(text, places(reference));
    for (const [index, road] of roadsWith(text, places(engine)).entries()) {
      const other = others[index];
      const answer = await this.#ask(engine, road, this.requestCount);
      this.requestCount++;
      const isDocumentation = /^\/(?:docs|openapi)/.test(road.url);
      for (const fault of answerFaults(answer, isDocumentation)) this.#fail(road, fault);
      if (other === undefined) continue;
      const expected = await this.#ask(reference, other, this.requestCount - 1);
      if (road.isComparable === false) continue;
      const [found, wanted] = [shape(engine, answer), shape(reference, expected)];
      if (found !== wanted) this.#fail(road, difference(found, wanted));
    }
    for (const fault of await meaningFaults(engine, text)) this.violations.push(fault);
  }

  async #ask(server: TestServer, road: Road, number: number): Promise<Answer> {
    const authorization =
      road.asAccount === true ? await server.authorization() : server.secretAuthorization;
    const { body, contentType = "application/json" } = road;
    return server.send({
      method: road.method,
      url: road.url,
      headers: {
        authorization,
        "content-type": oneLine(contentType),
        "x-request-id": `r${number}`,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  }

  #fail({ method, url, body }: Road, fault: string): void {
    const request = `${method} ${url} ${body === undefined ? "" : JSON.stringify(body)}`.slice(
      0,
      SHOWN_LENGTH_MAX,
    );
    this.violations.push(`${fault.slice(0, 2 * SHOWN_LENGTH_MAX)} — ${request}`);
  }

  /** What the server has said beside its answers. */
  async finish(): Promise<void> {
    for (const server of this.#servers) {
      this.violations.push(...logFaults(server.log));
      const { text } = await server.send({ url: "/metrics" });
      this.violations.push(...metricsFaults(text));
      await server.stop();
      await rm(server.folder, { recursive: true, force: true });
    }
  }
}

/** Sends texts down all roads. */
export async function checkHttp(texts: readonly string[], folder: string): Promise<HttpReport> {
  const clock = testClock(Date.parse("2024-05-10T12:00:00Z"));
  const engine = await DuckdbStore.open(join(folder, "whom.duckdb"), { threads: 2 });
  const servers = [
    await startTestServer({ clock, store: new MemoryStore() }),
    await startTestServer({ clock, store: engine }),
  ];
  const pair = new Pair(servers);
  for (const text of texts) await pair.send(text);
  await engine.settle();
  await engine.compact();
  for (const text of texts) pair.violations.push(...(await meaningFaults(pair.engine, text)));
  await pair.finish();
  return { requestCount: pair.requestCount, violations: pair.violations };
}

/** Where two texts begin to differ. */
function difference(found: string, wanted: string): string {
  let at = 0;
  while (at < found.length && found[at] === wanted[at]) at++;
  const part = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
  return `answered ${part(found)}, the reference ${part(wanted)}`;
}

/** An answer without what is of one server alone. */
function shape({ project }: TestServer, { status, text }: Answer): string {
  const same = text
    .replaceAll(/"(?:session_id|task_id|requesting_user|request_id)":"[^"]*"/g, "")
    .replaceAll(project.token, "TOKEN")
    .replaceAll(project.apiSecret, "SECRET")
    // The engine writes escapes of JSON with other letters.
    .replaceAll(/\\u[0-9a-f]{4}/gi, (escaped) => escaped.toLowerCase());
  return `${status} ${same}`;
}

/** Headers are written by hand in the check of raw bytes; here they are such as a client library lets through. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/gu, "") || "text/plain";
}
