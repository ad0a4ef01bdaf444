import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import { cohortGroup, doersOf } from "../support/cohort-definitions.ts";
import { event, events } from "../support/events.ts";
import { idsOf, type Parameters, startTestServer, type TestServer } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");

let server: TestServer;
let pro: number;
let buyers: number;
let listed: number;
let companies: number;

beforeAll(async () => {
  server = await startTestServer({ clock: testClock(NOW_MS) });
  await server.set("ada", { plan: "pro" });
  await server.set("bob", { plan: "free" });
  await server.set("cyd", { plan: "pro" });
  await server.write(
    [
      { $group_key: "company", $group_id: "acme", $set: { size: 10 } },
      { $group_key: "company", $group_id: "tiny", $set: { size: 1 } },
    ],
    "groups",
  );
  const buy = (id: string, time: string) =>
    event("Buy", id, {}, { timeMs: Date.parse(time), insertId: time });
  const list = [
    buy("ada", "2022-11-10T10:00:00Z"),
    buy("ada", "2024-05-09T10:00:00Z"),
    buy("eve", "2024-05-09T10:00:00Z"),
    buy("bob", "2024-01-01T10:00:00Z"),
    buy("", "2024-05-09T10:00:00Z"),
  ];
  await server.store.apply([events(list, "simplified", server.project.id)]);
  pro = await save({ name: "pro", ...PRO });
  buyers = await save({ name: "buyers", ...BUYERS });
  listed = await save({ name: "listed" });
  companies = await save({
    name: "large",
    data_group_id: "company",
    selector: userTest("size", ">", 5, "number"),
  });
  await server.store.setMembers({ projectId: server.project.id, groupKey: undefined }, listed, [
    "cyd",
    "zoe",
  ]);
});

afterAll(() => server.stop());

async function save(definition: object): Promise<number> {
  const { json, text } = await server.send({
    method: "POST",
    url: `/api/app/projects/${server.project.id}/cohorts`,
    headers: {
      authorization: await server.authorization(),
      "content-type": "application/json",
    },
    body: JSON.stringify(definition),
  });
  if (json.status !== "ok") throw new Error(text);
  return json.results.id;
}

function userTest(value: string, operator: string, operand: unknown, type: string): object {
  return { operator: "and", children: [{ property: "user", value, operator, operand, type }] };
}

const PRO = { selector: userTest("plan", "==", "pro", "string") };

/** Bought in the last 30 days. */
const BUYERS = doersOf("Buy");

/** A cohort as the web application writes it, of those who pass a filter. */
function groupsOf(filter: object): object {
  return {
    name: "",
    id: null,
    unsavedId: null,
    description: "",
    groups: [cohortGroup([filter])],
  };
}

const FIRST_SEEN = {
  resourceType: "user",
  propertyName: "$mp_first_event_time",
  propertyObjectKey: null,
  propertyDefaultType: "datetime",
  propertyType: "datetime",
  filterOperator: "between",
  filterValue: { type: "between", from: "2022-11-01", to: "2022-11-30" },
};

const ANY_EVENT = {
  customProperty: {
    behavior: {
      event: { value: "$mp_anything_event", label: "Any Event" },
      filters: [],
      filtersOperator: "and",
      behavioralFiltersOperator: "and",
      aggregationOperator: "total",
      aggregationOperatorPerUser: null,
      property: null,
      dateRange: { type: "between", from: "2024-05-01", to: "2024-05-09" },
    },
  },
  customPropertyId: null,
  propertyName: null,
  propertyType: "number",
  filterOperator: "is at least",
  filterValue: 1,
};

async function found(parameters: Parameters): Promise<string> {
  const answer = await server.query(parameters);
  if (answer.status !== 200) throw new Error(answer.text);
  expect(answer.json.total).toBe(answer.json.results.length);
  return idsOf(answer).join(" ");
}

describe("filter_by_cohort", () => {
  it.each([
    ["an id", () => ({ id: pro })],
    ["an id as text", () => ({ id: String(pro) })],
    ["JSON as text", () => JSON.stringify({ id: pro })],
    ["a bare number", () => pro],
    ["a bare number as text", () => String(pro)],
    ["a tree", () => ({ raw_cohort: PRO })],
    ["a tree with an empty name", () => ({ raw_cohort: { name: "", ...PRO } })],
  ])("takes %s", async (_name, filter) => {
    expect(await found({ filter_by_cohort: filter(), include_all_users: false })).toBe("ada cyd");
  });

  it.each([
    ["first seen between two days", FIRST_SEEN, "ada"],
    ["any event between two days", ANY_EVENT, "ada eve"],
  ])("takes what scripts copy from the web application: %s", async (_name, filter, expected) => {
    expect(await found({ filter_by_cohort: { raw_cohort: groupsOf(filter) } })).toBe(expected);
  });

  it("takes a cohort of a cohort", async () => {
    const filter = {
      resourceType: "cohort",
      propertyType: "list",
      filterOperator: "contains",
      filterValue: [{ cohort: { id: buyers, name: "buyers", negated: false } }],
    };
    expect(await found({ filter_by_cohort: { raw_cohort: groupsOf(filter) } })).toBe("ada eve");
  });

  it("is narrowed by a selector and by ids", async () => {
    const filter_by_cohort = { id: pro };
    expect(await found({ filter_by_cohort, where: 'properties["$distinct_id"] == "cyd"' })).toBe(
      "cyd",
    );
    expect(await found({ filter_by_cohort, distinct_ids: ["ada", "bob"] })).toBe("ada");
  });

  it("is computed as of the query's time", async () => {
    const filter_by_cohort = { id: buyers };
    const as_of_timestamp = Date.parse("2024-01-10T00:00:00Z") / 1000;
    expect(await found({ filter_by_cohort, as_of_timestamp })).toBe("bob");
  });

  it("selects groups for a cohort of them", async () => {
    expect(await found({ filter_by_cohort: { id: companies } })).toBe("acme");
    expect(await found({ filter_by_cohort: { id: companies }, data_group_id: "company" })).toBe(
      "acme",
    );
    const { status, json } = await server.query({
      filter_by_cohort: { id: pro },
      data_group_id: "company",
    });
    expect([status, json.code]).toEqual([400, "cohort.other_group"]);
  });

  it.each([
    ["an unknown id", { id: 99 }, "Invalid cohort id: 99"],
    ["no id", { name: "pro" }, "Invalid cohort id: none"],
    ["a bare text", "cohort_99", "Invalid JSON Format: filter_by_cohort"],
    ["broken JSON", '{"id":', "Invalid JSON Format: filter_by_cohort"],
    [
      "groups without a base",
      { raw_cohort: { groups: [{ filters: [] }] } },
      "Missing or invalid 'resourceType' field in filter group 0",
    ],
  ])("refuses %s", async (_name, filter_by_cohort, error) => {
    const { status, json } = await server.query({ filter_by_cohort });
    expect(status).toBe(400);
    expect(json.error).toContain(error);
  });
});

describe("include_all_users", () => {
  it("gives members without a profile, their properties empty, unless it is false", async () => {
    const answer = await server.query({ filter_by_cohort: { id: buyers } });
    expect(answer.json.results).toEqual([
      { $distinct_id: "ada", $properties: { plan: "pro", $last_seen: expect.any(String) } },
      { $distinct_id: "eve", $properties: {} },
    ]);
    expect(await found({ filter_by_cohort: { id: listed } })).toBe("cyd zoe");
  });

  it.each([
    [true, "ada eve"],
    ["true", "ada eve"],
    ["True", "ada eve"],
    [1, "ada eve"],
    ["1", "ada eve"],
    [null, "ada eve"],
    [false, "ada"],
    ["false", "ada"],
    ["False", "ada"],
    [0, "ada"],
    ["0", "ada"],
    ["", "ada"],
  ])("is read from %j", async (include_all_users, expected) => {
    expect(await found({ filter_by_cohort: { id: buyers }, include_all_users })).toBe(expected);
  });

  it("is looked at only together with a cohort", async () => {
    expect(await found({ include_all_users: true })).toBe("ada bob cyd");
    expect((await server.query({ include_all_users: "maybe" })).status).toBe(400);
  });

  it("holds for every page, also one of a session that is made again", async () => {
    const asked = { filter_by_cohort: { id: buyers }, page_size: 1 };
    const { session_id } = (await server.query(asked)).json;
    const later = await server.query({ session_id, page: 1 });
    expect(later.json.results).toEqual([{ $distinct_id: "eve", $properties: {} }]);
    const again = await server.query({ ...asked, session_id: "1714557600-GONE", page: 1 });
    expect(again.json.results).toEqual([{ $distinct_id: "eve", $properties: {} }]);
  });
});

describe("clients", () => {
  const headers = () => ({ authorization: server.secretAuthorization });

  it("tap-mixpanel sends the filter unescaped in the query string", async () => {
    const url = `/api/2.0/engage?page_size=250&filter_by_cohort={"id": ${buyers}}`;
    expect(idsOf(await server.send({ url, headers: headers() }))).toEqual(["ada", "eve"]);
  });

  it.each([
    [
      "an application sends a form that is not escaped",
      () => `filter_by_cohort={"id": ${buyers}}&include_all_users=false`,
    ],
    [
      "the Sheets add-on sends JSON that is labelled a form, the filter as a text in it",
      () => {
        const filter_by_cohort = JSON.stringify({ id: buyers });
        return JSON.stringify({ filter_by_cohort, page: 0, include_all_users: false });
      },
    ],
  ])("%s", async (_, body) => {
    const answer = await server.send({
      method: "POST",
      url: "/api/2.0/engage",
      headers: { ...headers(), "content-type": "application/x-www-form-urlencoded" },
      body: body(),
    });
    expect(idsOf(answer)).toEqual(["ada"]);
  });

  it("mixpanel-import streams with all users, through the fallback path", async () => {
    const answer = await server.send({
      method: "POST",
      url: "/api/2.0/engage/query?page=0&session_id=",
      headers: headers(),
      body: `filter_by_cohort={"id":${buyers}}&include_all_users=true`,
    });
    expect(idsOf(answer)).toEqual(["ada", "eve"]);
  });
});
