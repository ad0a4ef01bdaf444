import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { testClock } from "../support/clock.ts";
import { type EventSample, found, importEvents } from "../support/reference.ts";
import type { Parameters } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const NOW_SECONDS = NOW_MS / 1000;
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** When somebody did `Step` whose window is looked at from both ends. */
const MONTH_AGE_SECONDS = 25 * DAY_SECONDS;

let server: ListeningServer;

const ago = (seconds: number): string => new Date(NOW_MS - seconds * 1000).toISOString();

/** Who did `Step` once, and how long ago. */
const STEPS: Readonly<Record<string, number>> = {
  hour: 30 * MINUTE_SECONDS,
  day: 20 * 3600,
  week: 6 * DAY_SECONDS,
  month: MONTH_AGE_SECONDS,
  year: 300 * DAY_SECONDS,
  never: 400 * DAY_SECONDS,
};

const EDITS: readonly EventSample[] = [
  ["Edit Colors", "ada", ago(DAY_SECONDS), { "User Agent": "Mobile Safari", company_id: "acme" }],
  ["Edit Colors", "ada", ago(80 * DAY_SECONDS), { "User Agent": "a MOBILE one" }],
  ["Edit Colors", "ada", ago(100 * DAY_SECONDS), { "User Agent": "mobile" }],
  [
    "Edit Colors",
    "bob",
    ago(DAY_SECONDS),
    { "User Agent": "desktop", company_id: ["acme", "tiny"] },
  ],
  ["edit colors", "cyd", ago(DAY_SECONDS), { "User Agent": "mobile" }],
  ["Seen", "stranger", ago(DAY_SECONDS), { "User Agent": "mobile" }],
];

beforeAll(async () => {
  server = await startListening({ clock: testClock(NOW_MS) });
  for (const id of ["ada", "bob", "cyd"]) await server.set(id, { kind: "editor" });
  for (const id of Object.keys(STEPS)) await server.set(id, { kind: "step" });
  await server.write(
    ["acme", "tiny", "idle"].map((id) => ({
      $group_key: "company_id",
      $group_id: id,
      $set: { name: id },
    })),
    "groups",
  );
  const steps = Object.entries(STEPS).map(([id, age]): EventSample => ["Step", id, ago(age)]);
  await importEvents(server, [...EDITS, ...steps]);
});

afterAll(() => server.end());

const editors = (parameters: Parameters): Promise<string> =>
  found(server, {
    ...parameters,
    where: `properties["kind"] == "editor" and ${parameters["where"]}`,
  });

function edit(members: object = {}, selector: object = {}): object {
  const event_selectors = [{ event: "Edit Colors", ...selector }];
  return { window: "90d", name: "b", event_selectors, ...members };
}

describe("the sample of the documentation", () => {
  const sample =
    '[{"window":"90d","name":"behavior_79","event_selectors":[{"event":"Edit Colors","selector":"(\\"mobile\\" in event[\\"User Agent\\"])"}]}]';

  it.each(["/api/query/engage", "/api/2.0/engage"])("is answered by %s", async (path) => {
    const asked = { behaviors: sample, where: '(behaviors["behavior_79"] > 0)' };
    const { status, json } = await server.get(asked, path);
    expect(status).toBe(200);
    expect(json).toEqual({
      page: 0,
      page_size: 1000,
      results: [
        {
          $distinct_id: "ada",
          $properties: { kind: "editor", $last_seen: "2024-05-10T12:00:00" },
        },
      ],
      session_id: expect.any(String),
      status: "ok",
      total: 1,
    });
  });

  it.each([
    ["behavior_79", "> 0", "ada"],
    ["buyers", "== 2", "ada"],
    ["made_purchase", "== 0", "bob cyd"],
    ["x", ">= 5", ""],
    ["y", "== 1", ""],
  ])("may call it %s and ask for %s", async (name, test, expected) => {
    const [behavior] = JSON.parse(sample);
    const where = `behaviors["${name}"] ${test}`;
    expect(await editors({ behaviors: [{ ...behavior, name }], where })).toBe(expected);
  });
});

describe("a window", () => {
  it.each([
    ["1h", "hour"],
    ["1d", "day hour"],
    ["24h", "day hour"],
    ["7d", "day hour week"],
    ["1w", "day hour week"],
    ["7", "day hour week"],
    [7, "day hour week"],
    ["30d", "day hour month week"],
    ["1m", "day hour month week"],
    ["1mo", "day hour month week"],
    ["1y", "day hour month week year"],
    ["365d", "day hour month week year"],
  ])("of %j", async (window, expected) => {
    const behaviors = [{ window, name: "b", event_selectors: [{ event: "Step" }] }];
    expect(await found(server, { behaviors, where: 'behaviors["b"] > 0' })).toBe(expected);
  });

  it("has both its ends", async () => {
    const behaviors = [{ window: "1d", name: "b", event_selectors: [{ event: "Step" }] }];
    const at = (seconds: number) =>
      found(server, { behaviors, where: 'behaviors["b"] > 0', as_of_timestamp: seconds });
    const happened = NOW_SECONDS - MONTH_AGE_SECONDS;
    expect(await at(happened - 1)).toBe("");
    expect(await at(happened)).toBe("month");
    expect(await at(happened + DAY_SECONDS)).toBe("month");
    expect(await at(happened + DAY_SECONDS + 1)).toBe("");
  });

  it("may be whole days of the project instead", async () => {
    const days = { window: undefined, from_date: "2024-05-09", to_date: "2024-05-10" };
    const behaviors = [edit(days)];
    expect(await editors({ behaviors, where: 'behaviors["b"] == 1' })).toBe("ada bob");
  });
});

describe("an event selector", () => {
  it.each<[string, object, string, string]>([
    ["without a selector", {}, "> 0", "ada bob"],
    ["whose selector is null", { selector: null }, "> 0", "ada bob"],
    ["whose selector is empty", { selector: "" }, "> 0", "ada bob"],
    ["of an event's name in its own letters", { event: "edit colors" }, "> 0", "cyd"],
    ["of any event", { event: "$all_events" }, "> 0", "ada bob cyd"],
    ["of any event, as the web app calls it", { event: "$mp_anything_event" }, "== 1", "bob cyd"],
    ["by properties[…]", { selector: 'properties["User Agent"] == "desktop"' }, "> 0", "bob"],
    ["by the profile", { selector: 'user["$distinct_id"] == "ada"' }, "== 2", "ada"],
  ])("%s", async (_name, selector, test, expected) => {
    const where = `behaviors["b"] ${test}`;
    expect(await editors({ behaviors: [edit({}, selector)], where })).toBe(expected);
  });

  it("is one of several, of which an event needs to fit one", async () => {
    const event_selectors = [
      { event: "Edit Colors" },
      { event: "edit colors" },
      { event: "Edit Colors" },
    ];
    const behaviors = [edit({ event_selectors })];
    expect(await editors({ behaviors, where: 'behaviors["b"] == 1' })).toBe("bob cyd");
  });
});

describe("behaviors", () => {
  it("are up to six in one request, mixed with properties", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const behaviors = names.map((name, index) => edit({ name, window: `${(index + 1) * 20}d` }));
    const where = `${names.map((name) => `behaviors["${name}"] >= 1`).join(" and ")} and behaviors["f"] == 3`;
    expect(await editors({ behaviors, where })).toBe("ada");
  });

  it("of one name twice mean the last, and members that nobody knows nothing", async () => {
    const behaviors = [edit({ window: "1h" }), edit({ unknown: { a: 1 } })];
    expect(await editors({ behaviors, where: 'behaviors["b"] == 2' })).toBe("ada");
  });

  it("count the events of every id of a person, for profiles only", async () => {
    const people = await startListening({ clock: testClock(NOW_MS) });
    await people.set("eve", { kind: "editor" });
    await importEvents(people, [
      ["Edit Colors", "$device:d1", ago(3600), { $device_id: "d1" }],
      ["Sign in", "eve", ago(1800), { $device_id: "d1", $user_id: "eve" }],
      ["Edit Colors", "eve", ago(60), { $user_id: "eve" }],
      ["Edit Colors", "nobody-knows", ago(60)],
    ]);
    const asked = { behaviors: [edit()], where: 'behaviors["b"] >= 1' };
    expect(await found(people, asked)).toBe("eve");
    expect(await found(people, { ...asked, where: 'behaviors["b"] == 2' })).toBe("eve");
    await people.end();
  });

  it("of groups count the events that name them, alone or in a list", async () => {
    const asked = { behaviors: [edit()], data_group_id: "company_id" };
    expect(await found(server, { ...asked, where: 'behaviors["b"] == 2' })).toBe("acme");
    expect(await found(server, { ...asked, where: 'behaviors["b"] == 1' })).toBe("tiny");
    expect(await found(server, { ...asked, where: 'behaviors["b"] == 0' })).toBe("idle");
  });

  it.each<[string, unknown, string]>([
    ["no list", { a: 1 }, "Invalid JSON Format: behaviors"],
    ["no JSON", "[{", "Invalid JSON Format: behaviors"],
    ["no name", [edit({ name: undefined })], "Invalid parameter behaviors[0].name"],
    [
      "no event_selectors",
      [edit({ event_selectors: undefined })],
      "Invalid parameter behaviors[0].event_selectors",
    ],
    [
      "a custom event, of which there are none",
      [edit({}, { event: "$custom_event:12" })],
      "Invalid parameter behaviors[0].event_selectors[0].event",
    ],
    [
      "empty event_selectors",
      [edit({ event_selectors: [] })],
      "Invalid parameter behaviors[0].event_selectors",
    ],
  ])("with %s are refused", async (_name, behaviors, error) => {
    const { status, json } = await server.query({ behaviors });
    expect(status).toBe(400);
    expect(json).toMatchObject({ request: "/api/query/engage", status: "error" });
    expect(json.error).toContain(error);
  });
});

describe("as_of_timestamp", () => {
  it("is where NOW is, and leaves profiles as they are", async () => {
    const where =
      'datetime(properties["$last_seen"]) > datetime(NOW) and properties["kind"] == "editor"';
    expect(await found(server, { where })).toBe("");
    expect(await found(server, { where, as_of_timestamp: NOW_SECONDS - 1 })).toBe("ada bob cyd");
  });

  it.each([0, 14 * 3600, -14 * 3600])("may be local time, %i seconds off", async (offset) => {
    const behaviors = [edit({ window: "2d" })];
    const as_of_timestamp = NOW_SECONDS + offset;
    expect(await editors({ behaviors, where: 'behaviors["b"] > 0', as_of_timestamp })).toBe(
      "ada bob",
    );
  });

  it("is as good as text in a query string", async () => {
    const { json } = await server.get({ as_of_timestamp: String(NOW_SECONDS), where: "true" });
    expect(json.total).toBe(9);
  });
});
