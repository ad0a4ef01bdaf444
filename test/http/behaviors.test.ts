import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import { event, events } from "../support/events.ts";
import {
  type Answer,
  idsOf,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const NOW_SECONDS = Date.parse("2024-05-10T12:00:00Z") / 1000;
const UNCACHED = "request for page in uncached query for params";

let server: TestServer;

/** Each did `Purchase` so many days ago, in these colors. */
const PURCHASES: readonly (readonly [id: string, daysAgo: number, color: string])[] = [
  ["ada", 1, "red"],
  ["ada", 10, "blue"],
  ["ada", 40, "red"],
  ["bob", 2, "blue"],
  ["eve", 1, "red"],
];

beforeEach(async () => {
  server = await startTestServer({ clock: testClock(NOW_SECONDS * 1000) });
  await server.set("ada", { plan: "pro" });
  await server.set("bob", { plan: "free" });
  await server.set("cyd", { plan: "pro" });
  const list = PURCHASES.map(([id, daysAgo, color]) =>
    event("Purchase", id, { color }, { timeMs: (NOW_SECONDS - daysAgo * DAY_SECONDS) * 1000 }),
  );
  await server.store.apply([events(list, "simplified", server.project.id)]);
});
afterEach(() => server.stop());

function behavior(name: string, members: object = {}): object {
  return { window: "30d", name, event_selectors: [{ event: "Purchase" }], ...members };
}

async function found(parameters: Parameters): Promise<string> {
  const answer = await server.query(parameters);
  if (answer.status !== 200) throw new Error(answer.text);
  return idsOf(answer).join(" ");
}

describe("behaviors", () => {
  it("are read as the documentation's sample has them", async () => {
    const color = { event: "Purchase", selector: '("red" in event["color"])' };
    const behaviors = [{ window: "90d", name: "behavior_79", event_selectors: [color] }];
    const answer = await server.query({ behaviors, where: '(behaviors["behavior_79"] > 1)' });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      page: 0,
      page_size: 1000,
      results: [
        {
          $distinct_id: "ada",
          $properties: { plan: "pro", $last_seen: expect.any(String) },
        },
      ],
      session_id: expect.stringMatching(/^\d+-[A-Z0-9]+$/),
      status: "ok",
      total: 1,
    });
  });

  it.each([
    ["at least once", 'behaviors["b"] >= 1', {}, "ada bob"],
    ["never, which strangers do not count for", 'behaviors["b"] == 0', {}, "cyd"],
    ["so often in the window", 'behaviors["b"] == 2', {}, "ada"],
    ["in a shorter window", 'behaviors["b"] > 0', { window: "36h" }, "ada"],
    [
      "in days",
      'behaviors["b"] > 0',
      { window: "", from_date: "2024-04-30", to_date: "2024-05-08" },
      "ada bob",
    ],
    ["with a property", 'behaviors["b"] > 0 and properties["plan"] == "pro"', {}, "ada"],
    ["by arithmetic", '2 * behaviors["b"] - 3 == 1', {}, "ada"],
    ["without being named", "", {}, "ada bob cyd"],
    [
      "of several events",
      'behaviors["b"] == 1',
      {
        event_selectors: [
          { event: "None" },
          { event: "$all_events", selector: 'properties["color"] == "blue"' },
        ],
      },
      "ada bob",
    ],
    [
      "by whose event it is",
      'behaviors["b"] > 0',
      { event_selectors: [{ event: "Purchase", selector: 'user["plan"] == "free"' }] },
      "bob",
    ],
  ])("select %s", async (_name, where, members, expected) => {
    const behaviors = [behavior("b", members)];
    expect(await found({ behaviors, where })).toBe(expected);
    expect(await found({ behaviors: JSON.stringify(behaviors), selector: where })).toBe(expected);
  });

  it("may be many in one request, and an order", async () => {
    const behaviors = [behavior("a"), behavior("b", { window: "5d" })];
    const where = 'behaviors["a"] > behaviors["b"] or properties["plan"] == "free"';
    expect(await found({ behaviors, where })).toBe("ada bob");
    const sorted = { behaviors, sort_key: 'behaviors["a"]', sort_order: "descending" };
    expect(await found(sorted)).toBe("ada bob cyd");
  });

  it("are asked by a form, by GET and in the query string of a POST", async () => {
    const parameters = {
      behaviors: JSON.stringify([behavior("b")]),
      where: 'behaviors["b"] > 0',
      as_of_timestamp: String(NOW_SECONDS),
    };
    const form = new URLSearchParams(parameters).toString();
    const headers = { authorization: server.secretAuthorization };
    const url = "/api/2.0/engage";
    const answers = await Promise.all([
      server.send({ url: `${url}?${form}`, headers }),
      server.send({ method: "POST", url: `${url}?${form}`, headers }),
      server.send({ method: "POST", url, headers, body: form }),
    ]);
    expect(answers.map((answer) => idsOf(answer).join(" "))).toEqual(Array(3).fill("ada bob"));
  });

  it("end their windows at as_of_timestamp, which may be to come", async () => {
    const asked = { behaviors: [behavior("b", { window: "1d" })], where: 'behaviors["b"] > 0' };
    const at = (seconds: number) => found({ ...asked, as_of_timestamp: NOW_SECONDS + seconds });
    expect(await at(0)).toBe("ada");
    expect(await at(-DAY_SECONDS)).toBe("ada bob");
    expect(await at(-40 * DAY_SECONDS)).toBe("ada");
    expect(await at(14 * HOUR_SECONDS)).toBe("");
  });

  it.each([
    ["no JSON", "[{", "Invalid JSON Format: behaviors"],
    ["no list", { name: "b" }, "Invalid JSON Format: behaviors"],
    ["a text", '"b"', "Invalid JSON Format: behaviors"],
    [
      "no name",
      [{ window: "1d", event_selectors: [{ event: "a" }] }],
      "Invalid parameter behaviors[0].name",
    ],
    [
      "no selectors",
      [{ window: "1d", name: "b" }],
      "Invalid parameter behaviors[0].event_selectors",
    ],
    [
      "a window that is none",
      [behavior("b", { window: "soon" })],
      "Invalid parameter behaviors[0].window",
    ],
    [
      "an event selector that is wrong",
      [behavior("b", { event_selectors: [{ event: "a", selector: "1 ==" }] })],
      "Failed to parse selector",
    ],
  ])("are refused with %s", async (_name, behaviors, error) => {
    const { status, json } = await server.query({ behaviors });
    expect(status).toBe(400);
    expect(json.error).toContain(error);
  });

  it("are refused together with a cohort, and when they are named but not given", async () => {
    const both = await server.query({ behaviors: [behavior("b")], filter_by_cohort: { id: 1 } });
    expect(both.status).toBe(400);
    expect(both.json.error).toBe("behaviors and filter_by_cohort are mutually exclusive");
    const unknown = await server.query({ where: 'behaviors["b"] > 0' });
    expect(unknown.json.code).toBe("selector.unknown_behavior");
  });

  it.each([[[]], ["[]"], [{}], [null], [""], ["null"]])("say nothing as %j", async (behaviors) => {
    expect(await found({ behaviors, filter_by_cohort: behaviors })).toBe("ada bob cyd");
  });
});

describe("a session of behaviors", () => {
  const asked = { behaviors: [behavior("b")], where: 'behaviors["b"] >= 0', page_size: 1 };

  async function pages(parameters: Parameters): Promise<Answer> {
    return server.query({ ...asked, ...parameters });
  }

  it("is read on without repeating the query, however the time goes on", async () => {
    const { json } = await pages({});
    server.clock.nowMs += HOUR_SECONDS * 1000;
    const { session_id } = json;
    expect(idsOf(await server.query({ session_id, page: 1 }))).toEqual(["bob"]);
    expect(idsOf(await pages({ session_id, page: 2 }))).toEqual(["cyd"]);
  });

  it("that is gone cannot be read on without a time of its own", async () => {
    const { session_id } = (await pages({})).json;
    server.clock.nowMs += 3 * HOUR_SECONDS * 1000;
    for (const page of [0, 1]) {
      const { status, json } = await pages({ session_id, page });
      expect(status).toBe(400);
      expect(json.error).toBe(UNCACHED);
    }
  });

  it("that is gone is made again with one, under its id", async () => {
    const as_of_timestamp = NOW_SECONDS;
    const { session_id } = (await pages({ as_of_timestamp })).json;
    server.clock.nowMs += 3 * HOUR_SECONDS * 1000;
    const again = await pages({ session_id, page: 1, as_of_timestamp });
    expect(again.json).toMatchObject({ session_id, page: 1, total: 3 });
    expect(idsOf(again)).toEqual(["bob"]);
  });
});
