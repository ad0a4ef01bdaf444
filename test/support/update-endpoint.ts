/**
 * The write endpoints over a store in memory, without a server.
 *
 * @module
 */
import type { ApiReply } from "../../src/http/api.ts";
import type { UpdateContext } from "../../src/http/ingest-context.ts";
import { track } from "../../src/http/track.ts";
import { type UpdateTarget, updateProfiles } from "../../src/http/update-profiles.ts";
import { Writer } from "../../src/ingest/writer.ts";
import type { Project } from "../../src/project/project.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { SEEN_AT_SECONDS } from "./updates.ts";

const PROJECTS: readonly Project[] = [1, 2].map((id) => ({
  id,
  name: `project ${id}`,
  token: `token-${id}`,
  apiSecret: `secret-${id}`,
  timeZone: "UTC",
  workspaces: [],
  quota: { queriesPerHourMax: undefined, queriesAtOnceMax: undefined },
  identity: "simplified",
  createdAtMs: 0,
}));

/** The token of project 1. */
export const TOKEN = "token-1";

/** A request, short. */
export interface Sent {
  readonly query?: string;
  readonly body?: string;
  readonly target?: UpdateTarget | "track";
  readonly remoteAddress?: string;
}

/** Projects 1 and 2, empty. */
export class UpdateEndpoint {
  readonly store: MemoryStore = new MemoryStore();
  droppedCount = 0;
  context: UpdateContext = {
    projectByToken: (token) => PROJECTS.find((project) => project.token === token),
    writer: new Writer(this.store),
    clock: { now: () => SEEN_AT_SECONDS * 1000 },
    strictTokens: false,
    onDropped: (count) => {
      this.droppedCount += count;
    },
  };

  async send(sent: Sent): Promise<ApiReply> {
    const { query = "", body = "", target = "engage", remoteAddress = "127.0.0.1" } = sent;
    const request = {
      id: "1",
      method: body === "" ? "GET" : "POST",
      path: `/${target}`,
      queryString: query,
      headers: {},
      body: Buffer.from(body),
      remoteAddress,
      signal: new AbortController().signal,
    };
    return target === "track"
      ? track(this.context, request)
      : updateProfiles(this.context, request, target);
  }
}

/** A value as clients put it into `data`. */
export function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

/** A record that sets properties. */
export function setting(distinctId: unknown, properties: object, token: string = TOKEN): object {
  return { $token: token, $distinct_id: distinctId, $set: properties };
}

/** Records to send, and what is said about those that are refused. */
interface Answered {
  readonly good: object;
  /** A record that is refused, and the message about it. */
  readonly bad: readonly [record: object, message: string];
  readonly worse: readonly [record: object, message: string];
  /** What `strict` reports of the bad record, sent first, and of the worse one, sent third. */
  readonly failedRecords: string;
}

/** Query strings, records, and the very bodies that they are answered with. */
export function exactAnswers(
  answered: Answered,
): readonly (readonly [query: string, records: readonly object[], body: string])[] {
  const { good, failedRecords } = answered;
  const [bad, badMessage] = answered.bad;
  const [worse, worseMessage] = answered.worse;
  const taken = '{"error": null, "status": 1}';
  const refused = (message: string): string => `{"error": "${message}", "status": 0}`;
  return [
    ["", [good], "1"],
    ["", [good, bad], "1"],
    ["", [bad], "0"],
    ["", [], "0"],
    ["verbose=0", [good], "1"],
    ["verbose=1", [good], taken],
    ["verbose=2", [good], taken],
    ["verbose=1", [good, bad], taken],
    ["verbose=1", [bad, worse], refused(badMessage)],
    ["verbose=1", [worse], refused(worseMessage)],
    ["verbose=1", [], refused("data, missing or empty")],
    ["strict=1", [good, bad], "0"],
    ["strict=1", [good], "1"],
    [
      "verbose=1&strict=1",
      [good],
      '{"error": null, "status": 1, "failed_records": [], "num_good_events": 1}',
    ],
    [
      "verbose=1&strict=1",
      [bad, good, worse],
      `{"error": "some data points in the request failed validation", "status": 0, "failed_records": ${failedRecords}, "num_good_events": 1}`,
    ],
    ["callback=f", [good], "f(1)"],
    ["callback=a.b_1.$c", [bad], "a.b_1.$c(0)"],
    ["callback=f&verbose=1", [good], `f(${taken})`],
  ];
}

/** A reply with a body, of the type that the query string asks for. */
export function replyTo(query: string, body: string): ApiReply {
  const isVerbose = query.includes("verbose") && !query.includes("verbose=0");
  const json = isVerbose ? "application/json" : "text/plain";
  const contentType = query.includes("callback") ? "text/javascript" : json;
  return { status: 200, headers: { "content-type": contentType }, body };
}

/** The answer that something was taken. */
export const TEXT_1: ApiReply = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: "1",
};
/** The answer that nothing was taken. */
export const TEXT_0: ApiReply = { ...TEXT_1, body: "0" };
/** The verbose answer that something was taken. */
export const VERBOSE_1: ApiReply = {
  status: 200,
  headers: { "content-type": "application/json" },
  body: '{"error": null, "status": 1}',
};
