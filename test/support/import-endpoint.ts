/**
 * Requests to `/import` in few words.
 *
 * @module
 */
import type { Answer, TestServer } from "./server.ts";
import { storedEvents } from "./stored-events.ts";

/** When imported events happened that do not say another time. */
export const IMPORTED_AT_SECONDS = 1_700_000_000;

/** A record as the reference has it. */
export function record(insertId: string, members: object = {}): object {
  const properties = { time: IMPORTED_AT_SECONDS, distinct_id: "ada", $insert_id: insertId };
  return { event: "Signed up", properties: { ...properties, ...members } };
}

/** A request, short. */
export interface ImportRequest {
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The project's secret unless it is said; empty for none. */
  readonly authorization?: string;
}

/** Imports into the project of a server. */
export interface ImportClient {
  /** Sends a request; one without a body is a GET. */
  send(sent: ImportRequest): Promise<Answer>;
  /** Sends records as JSON. */
  sendRecords(records: unknown, query?: string, sent?: ImportRequest): Promise<Answer>;
  /** The insert ids of what is stored. */
  insertIds(): Promise<readonly string[]>;
}

/** A client of a server. */
export function importClient(server: TestServer): ImportClient {
  const send = (sent: ImportRequest): Promise<Answer> => sendImport(server, sent);
  return {
    send,
    sendRecords: (records, query = "", sent = {}) =>
      send({ query, body: JSON.stringify(records), ...sent }),
    insertIds: async () =>
      (await storedEvents(server.store, server.project.id)).map(({ insertId }) => insertId),
  };
}

function sendImport(server: TestServer, sent: ImportRequest): Promise<Answer> {
  const { query = "", body, headers = {}, authorization = server.secretAuthorization } = sent;
  return server.send({
    method: body === undefined ? "GET" : "POST",
    url: `/import?${query}`,
    headers: { ...(authorization === "" ? {} : { authorization }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
}
