import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import {
  type Answer,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clock: testClock(Date.parse("2024-05-10T12:00:00Z")) });
  const charge = ($distinct_id: string, $amount: number, $time: string) => ({
    $distinct_id,
    $append: { $transactions: { $amount, $time } },
  });
  await server.write([
    charge("ada", 10, "2024-05-01T10:00:00"),
    charge("ada", 5, "2024-05-02T10:00:00"),
    charge("bob", 2.5, "2024-05-02T11:00:00"),
    { $distinct_id: "cyd", $set: { plan: "free" } },
    { $distinct_id: "bob", $set: { plan: "pro" } },
  ]);
});

afterAll(() => server.stop());

function revenue(parameters: Parameters): Promise<Answer> {
  return server.get(parameters, "/api/2.0/engage/revenue");
}

const DAYS = { from_date: "2024-05-01", to_date: "2024-05-02" };

describe("/engage/revenue", () => {
  it("answers with the members of the wire, all days and each day", async () => {
    const { status, json, text } = await revenue(DAYS);
    expect(status).toBe(200);
    expect(json).toEqual({
      computed_at: "2024-05-10T12:00:00",
      results: {
        $overall: { amount: 17.5, count: 3, paid_count: 2 },
        "2024-05-01": { amount: 10, count: 3, paid_count: 1 },
        "2024-05-02": { amount: 7.5, count: 3, paid_count: 2 },
      },
      session_id: expect.stringMatching(/^\d+-[A-Z0-9]+$/),
      status: "ok",
    });
    expect(text.indexOf("$overall")).toBeLessThan(text.indexOf("2024-05-01"));
  });

  it("gathers by unit", async () => {
    const { json } = await revenue({ ...DAYS, unit: "month" });
    expect(Object.keys(json.results)).toEqual(["$overall", "2024-05-01"]);
    expect(json.results["2024-05-01"].amount).toBe(17.5);
  });

  it("looks at the profiles that are selected", async () => {
    const { json } = await revenue({ ...DAYS, where: 'properties["plan"] == "pro"' });
    expect(json.results.$overall).toEqual({ amount: 2.5, count: 1, paid_count: 1 });
  });

  it.each([
    ["to_date cannot be later than today", { ...DAYS, to_date: "2024-05-11" }],
    ["from_date cannot be later than to_date", { ...DAYS, from_date: "2024-05-03" }],
    ["Missing required parameter: from_date", { to_date: "2024-05-01" }],
    ["Missing required parameter: to_date", { from_date: "2024-05-01" }],
    ["Invalid parameter unit", { ...DAYS, unit: "year" }],
    ["Invalid parameter from_date", { ...DAYS, from_date: "May" }],
  ])("refuses with %s", async (error, parameters) => {
    const { status, json } = await revenue(parameters);
    expect(status).toBe(400);
    expect(json.error).toContain(error);
  });
});
