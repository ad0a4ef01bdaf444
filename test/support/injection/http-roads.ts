/**
 * Requests that carry a hostile text to every endpoint, everywhere that the endpoint takes a text.
 *
 * @module
 */
import { encodeQuery } from "../server.ts";
import { APP_ROADS } from "./app-roads.ts";
import { QUERY_ROADS } from "./query-roads.ts";
import { apart, inPath, type Road, type RoadMaker, type RoadPlaces } from "./road.ts";

/** When events happened. */
const EVENT_SECONDS: number = Date.parse("2024-05-09T10:00:00Z") / 1000;

function update(text: string): object {
  const other = `p${text}`;
  const names = { [text]: text, [other]: { [text]: [text, null, { [text]: text }] } };
  return { $distinct_id: text, $set: { [text]: text, ...names, text, list: [text] } };
}

const OPERATIONS = ["$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete"];

/** Requests that write, and those of operators. */
const OTHER_ROADS: Readonly<Record<string, RoadMaker>> = {
  engage_update: (text) => [
    { method: "POST", url: "/engage?verbose=1&strict=1", body: [update(text)].map(withToken) },
    {
      method: "POST",
      url: `/engage?verbose=1&strict=1&${encodeQuery({ [text]: text, ip: text })}`,
      body: OPERATIONS.slice(0, -2).map((operation) =>
        withToken({ $distinct_id: `${text}-other`, [operation]: { [text]: [text] } }),
      ),
    },
    {
      method: "POST",
      url: "/engage",
      body: [withToken({ $distinct_id: text, $unset: [`u${text}`] })],
    },
    {
      method: "POST",
      url: "/engage?verbose=1",
      body: [{ $token: text, $distinct_id: text, [text]: text }],
    },
    { method: "GET", url: `/engage?${encodeQuery({ data: text, callback: text })}` },
    {
      method: "POST",
      url: "/engage",
      body: `data=${encodeURIComponent(text.toWellFormed())}`,
      contentType: text,
    },
  ],
  groups_update: (text) => [
    {
      method: "POST",
      url: "/groups?verbose=1&strict=1",
      body: [
        withToken({ $group_key: text, $group_id: text, $set: { [text]: text, text } }),
        withToken({ $group_key: "company", $group_id: text, $set: { [text]: text, text } }),
      ],
    },
  ],
  track: (text) => [
    {
      method: "POST",
      url: "/track?verbose=1",
      body: [
        {
          event: text,
          properties: { token: "TOKEN", distinct_id: text, $insert_id: "tracked", [text]: text },
        },
      ],
    },
    { method: "GET", url: `/track?${encodeQuery({ data: text, callback: text, img: text })}` },
  ],
  import: (text) => [
    {
      method: "POST",
      url: "/import?strict=1&project_id=PROJECT",
      body: [eventOf(text, text), eventOf("other", text)],
    },
    {
      method: "POST",
      url: "/import?strict=0&project_id=PROJECT",
      body: `${text}\n{"event":"x"}`,
      contentType: "application/x-ndjson",
    },
    {
      method: "POST",
      url: "/import?strict=1&project_id=PROJECT",
      body: [{ event: text, properties: { time: text, $insert_id: text, [text]: text } }],
    },
  ],
  health_live: (text) => [{ method: "GET", url: `/health/live?${encodeQuery({ [text]: text })}` }],
  health_ready: () => [{ method: "GET", url: "/health/ready" }],
  metrics: (text) => [apart({ method: "GET", url: `/metrics?${encodeQuery({ [text]: text })}` })],
};

/** By the names of the route table. A route without requests fails the check. */
const ROADS: Readonly<Record<string, RoadMaker>> = { ...QUERY_ROADS, ...OTHER_ROADS, ...APP_ROADS };

/** Beside the routes: what is not there, and the pages about the API. */
const OTHERS: RoadMaker = (text) => [
  { method: "GET", url: `/${inPath(text)}` },
  { method: "GET", url: `/api/${inPath(text)}?${encodeQuery({ [text]: text })}` },
  { method: "POST", url: `/engage/${inPath(text)}/x`, body: text },
  { method: "GET", url: `/docs/${inPath(text)}` },
  { method: "GET", url: `/docs/?${encodeQuery({ url: text, configUrl: text })}` },
  { method: "GET", url: `/docs/static/${inPath(text)}` },
  { method: "GET", url: `/openapi.json?${encodeQuery({ [text]: text })}` },
];

/** The routes that have requests. */
export const ROAD_NAMES: readonly string[] = Object.keys(ROADS);

/** All requests that carry a text. */
export function roadsWith(text: string, places: RoadPlaces): readonly Road[] {
  const roads = Object.entries(ROADS).flatMap(([route, make]) =>
    make(text).map((road) => ({ route, ...road })),
  );
  const all: Road[] = [...roads, ...OTHERS(text).map((road) => ({ route: "", ...road }))];
  const filled = (from: string): string =>
    from.replaceAll("PROJECT", String(places.projectId)).replaceAll("TOKEN", places.token);
  return all.map((road) => ({
    ...road,
    url: filled(road.url),
    body: typeof road.body === "object" ? JSON.parse(filled(JSON.stringify(road.body))) : road.body,
  }));
}

function withToken(record: object): object {
  return { $token: "TOKEN", ...record };
}

function eventOf(event: string, text: string): object {
  return {
    event,
    properties: {
      time: EVENT_SECONDS,
      distinct_id: text === "" ? "nobody" : text,
      $insert_id: Buffer.from(text).toString("hex").slice(0, 30) || "i",
      [text]: text,
      [`e${text}`]: [text, { [text]: text }],
    },
  };
}
