import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataGroupId } from "../../src/query/data-group.ts";
import { type ListeningServer, startListening } from "../clients/duckdb-server.ts";
import { type AppClient, appClient } from "../support/app.ts";
import { testClock } from "../support/clock.ts";
import { importEvents } from "../support/reference.ts";
import type { Answer } from "../support/server.ts";

const NOW_MS = Date.parse("2024-05-10T12:00:00Z");
const COMPANY = dataGroupId("company_id");

let server: ListeningServer;
let authorization: string;
let app: AppClient;

beforeAll(async () => {
  server = await startListening({ clock: testClock(NOW_MS) });
  authorization = await server.authorization();
  app = appClient(server, authorization);
  await server.set("ada", { plan: "premium" });
  await server.set("bob", { plan: "free" });
  await importEvents(server, [
    ["Purchase", "ada", "2024-05-09T10:00:00Z"],
    ["Purchase", "bob", "2024-05-09T10:00:00Z"],
  ]);
});

afterAll(() => server.end());

/** What `CohortDefinition.to_dict()` of mixpanel-headless gives. */
const DEFINITION = {
  selector: {
    operator: "and",
    children: [
      { property: "behaviors", value: "bhvr_0", operator: ">=", operand: 1 },
      { property: "user", value: "plan", operator: "==", operand: "premium", type: "string" },
    ],
  },
  behaviors: {
    bhvr_0: {
      count: { event_selector: { event: "Purchase", selector: null }, type: "absolute" },
      window: { unit: "day", value: 30 },
    },
  },
};

describe("a saved cohort", () => {
  it("lives as mixpanel-headless and Terraform ask for it", async () => {
    const made = await app.post("/cohorts", {
      name: "Premium buyers",
      description: "Who pays",
      data_group_id: null,
      is_locked: false,
      is_visible: true,
      deleted: false,
      ...DEFINITION,
    });
    const { id } = made.json.results;
    const object = {
      id,
      name: "Premium buyers",
      description: "Who pays",
      count: 1,
      is_visible: true,
      is_locked: false,
      is_static: false,
      data_group_id: null,
      created: "2024-05-10T12:00:00",
      last_edited: "2024-05-10T12:00:00",
      created_by: { id: expect.any(Number), name: expect.any(String), email: null },
      referenced_by: [],
      referenced_directly_by: [],
      active_integrations: [],
      verified: false,
      last_queried: "2024-05-10T12:00:00",
      ...DEFINITION,
    };
    expect([made.status, made.json]).toEqual([200, { status: "ok", results: object }]);
    expect((await app.get(`/cohorts/${id}`)).json).toEqual({ status: "ok", results: object });
    for (const query of ["", "/", `?ids=${id},77`, `/?ids=${id}`]) {
      expect((await app.get(`/cohorts${query}`)).json).toEqual({ status: "ok", results: [object] });
    }
    expect((await app.get(`/cohorts?ids=77`)).json).toEqual({ status: "ok", results: [] });

    const twice = await app.post("/cohorts", { name: "Premium buyers", ...DEFINITION });
    expect(twice.status).toBe(409);
    expect(twice.json).toMatchObject({ status: "error", error: expect.any(String) });

    const renamed = await app.patch(`/cohorts/${id}`, { name: "Renamed" });
    expect(renamed.json.results).toEqual({ ...object, name: "Renamed" });
    const many = await app.post("/cohorts/bulk-update", { cohorts: [{ id, is_visible: false }] });
    expect([many.status, many.text]).toEqual([204, ""]);
    expect((await app.get(`/cohorts/${id}`)).json.results.is_visible).toBe(false);

    const deleted = await app.delete(`/cohorts/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    const gone = await app.get(`/cohorts/${id}`);
    expect(gone.status).toBe(404);
    expect(gone.json).toMatchObject({ status: "error", error: `Cohort ${id} not found` });
  });

  it("is deleted with others, and listed below the workspace as below the project", async () => {
    const made = await Promise.all(["a", "b"].map((name) => app.post("/cohorts", { name })));
    const ids = made.map(({ json }) => json.results.id);
    const [workspace] = server.project.workspaces;
    const below = appClient(server, authorization, `/api/app/workspaces/${workspace?.id}`);
    expect((await below.get("/cohorts")).json.results).toHaveLength(2);
    const { status } = await below.post("/cohorts/bulk-delete", { cohort_ids: ids });
    expect(status).toBe(204);
    expect((await app.get("/cohorts")).json).toEqual({ status: "ok", results: [] });
  });

  it.each<[object, object]>([
    [
      { name: 5 },
      {
        path: ["name"],
        schema: { type: "string", minLength: 1, maxLength: 255 },
        data: 5,
      },
    ],
    [
      { name: "x", groups: {} },
      { path: ["groups"], schema: expect.any(Object), data: {} },
    ],
  ])("that breaks the schema, %j, is told where and why", async (body, details) => {
    const { status, json } = await app.post("/cohorts", body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: "error", error: expect.any(String), details });
  });

  it("has no PUT", async () => {
    const path = `/api/app/projects/${server.project.id}/cohorts/1`;
    const { status } = await server.send({ method: "PUT", url: path, headers: { authorization } });
    expect(status).toBe(405);
  });
});

describe("a data group", () => {
  it("lives as Terraform asks for it, and is queried by its id and its key", async () => {
    const made = await app.post("/data-groups", {
      property_name: "company_id",
      display_name: "Company",
    });
    expect(made.json).toEqual({
      status: "ok",
      results: {
        data_group_id: COMPANY,
        property_name: "company_id",
        display_name: "Company",
        metadata: null,
        type: expect.any(Number),
        is_ready: true,
        created_at: NOW_MS / 1000,
        ready_at: NOW_MS / 1000,
      },
    });
    const renamed = await app.post(`/data-groups/${COMPANY}`, { display_name: "Companies" });
    expect(renamed.json.results.display_name).toBe("Companies");
    expect((await app.get("/data-groups/")).json.results).toEqual([
      expect.objectContaining({ property_name: "company_id", data_group_id: COMPANY }),
    ]);
    await server.write(
      [{ $group_key: "company_id", $group_id: "acme", $set: { seats: 3 } }],
      "groups",
    );
    for (const data_group_id of [COMPANY, "company_id"]) {
      expect((await server.query({ data_group_id })).json.results).toEqual([
        {
          $distinct_id: "acme",
          $properties: {
            $group_id: "acme",
            $group_key: "company_id",
            $last_seen: "2024-05-10T12:00:00",
            seats: 3,
          },
        },
      ]);
    }
    expect((await app.delete(`/data-groups/${COMPANY}`)).status).toBe(204);
  });
});

describe("a deletion of data", () => {
  const erase = (ids: readonly string[]): Promise<Answer> =>
    server.send({
      method: "POST",
      url: `/api/app/data-deletions/v3.0/?token=${server.project.token}`,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ distinct_ids: ids, compliance_type: "GDPR" }),
    });

  it("takes away the profile and its events, of up to 1999 ids", async () => {
    const { status, json } = await erase(["bob"]);
    expect([status, json]).toEqual([201, { status: "ok", results: { task_id: "1" } }]);
    expect((await server.query()).json.results).toMatchObject([{ $distinct_id: "ada" }]);
    const days = { from_date: "2024-05-01", to_date: "2024-05-10" };
    const { text } = await server.get(days, "/api/2.0/export");
    expect(text).toContain('"distinct_id":"ada"');
    expect(text).not.toContain("bob");
    const ids = Array.from({ length: 2000 }, (_, n) => `id${n}`);
    expect((await erase(ids)).status).toBe(400);
    expect((await erase(ids.slice(1))).status).toBe(201);
  });
});
