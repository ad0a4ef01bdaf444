/**
 * What tests of the reference's samples share: events sent as a client sends them, and the ids that a query finds.
 *
 * @module
 */
import { idsOf, type Parameters, type TestServer } from "./server.ts";

/** An event in few words: what, whose, when, and how it was. */
export type EventSample = readonly [
  event: string,
  distinctId: string,
  time: string,
  properties?: object,
];

/** Imports events, all of which must be good. */
export async function importEvents(
  server: TestServer,
  samples: readonly EventSample[],
): Promise<void> {
  const records = samples.map(([event, distinct_id, time, properties], index) => ({
    event,
    properties: {
      distinct_id,
      time: Date.parse(time),
      $insert_id: `${index}-${Date.parse(time)}`,
      ...properties,
    },
  }));
  const { json, text } = await server.send({
    method: "POST",
    url: "/import?strict=1",
    headers: { authorization: server.secretAuthorization, "content-type": "application/json" },
    body: JSON.stringify(records),
  });
  if (json.num_records_imported !== records.length) throw new Error(text);
}

/** The ids that a query finds, or its error. */
export async function found(server: TestServer, parameters: Parameters): Promise<string> {
  const answer = await server.query(parameters);
  return answer.status === 200 ? idsOf(answer).join(" ") : `${answer.status} ${answer.json.error}`;
}
