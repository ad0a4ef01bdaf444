import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../support/clock.ts";
import { event, events } from "../support/events.ts";
import {
  type Answer,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;

const at = (text: string) => ({ timeMs: Date.parse(text), insertId: `i-${text}` });

beforeAll(async () => {
  server = await startTestServer({
    clock: testClock(Date.parse("2024-05-10T12:00:00Z")),
    project: { timeZone: "Europe/Berlin" },
  });
  const list = [
    event("View", "$device:d", { $device_id: "d" }, at("2024-04-30T21:59:59.999Z")),
    event("Sign up", "ada", { $device_id: "d", $user_id: "ada" }, at("2024-04-30T22:00:00.500Z")),
    event("X", "ada", { page: "/" }, at("2024-05-01T10:00:00Z")),
    event("Y", "bob", {}, at("2024-05-02T10:00:00Z")),
    event("Z", "cyd", {}, at("2024-05-02T10:00:00Z")),
  ];
  await server.store.apply([events(list, "simplified", server.project.id)]);
});

afterAll(() => server.stop());

function stream(parameters: Parameters): Promise<Answer> {
  return server.get(parameters, "/api/query/stream/query");
}

async function namesOf(parameters: Parameters): Promise<string> {
  const { status, json, text } = await stream(parameters);
  if (status !== 200) throw new Error(text);
  return json.results.events.map(({ event }: { event: string }) => event).join(" ");
}

describe("/stream/query", () => {
  it("answers with the members of the wire", async () => {
    const { status, headers, json } = await stream({
      distinct_ids: ["ada"],
      from_date: "2024-05-01",
      to_date: "2024-05-01",
    });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(json).toEqual({
      status: "ok",
      results: {
        events: [
          {
            event: "X",
            properties: {
              time: 1_714_557_600,
              distinct_id: "ada",
              $insert_id: "i-2024-05-01T10:00:00Z",
              mp_processing_time_ms: 1_714_600_000_123,
              page: "/",
            },
          },
          {
            event: "Sign up",
            properties: {
              time: 1_714_514_400,
              distinct_id: "ada",
              $insert_id: "i-2024-04-30T22:00:00.500Z",
              mp_processing_time_ms: 1_714_600_000_123,
              $device_id: "d",
              $user_id: "ada",
            },
          },
        ],
      },
    });
  });

  it("has the events of every id of a person, of all time without days, the latest first", async () => {
    expect(await namesOf({ distinct_ids: ["ada"] })).toBe("X Sign up View");
    expect(await namesOf({ distinct_ids: ["$device:d"] })).toBe("X Sign up View");
    const { json } = await stream({ distinct_id: "ada" });
    expect(json.results.events.at(-1).properties).toMatchObject({
      distinct_id: "ada",
      $distinct_id_before_identity: "$device:d",
    });
  });

  it("has those of several people", async () => {
    expect(await namesOf({ distinct_ids: ["ada", "bob"], from_date: "2024-05-01" })).toBe(
      "Y X Sign up",
    );
    expect(await namesOf({ distinct_ids: [] })).toBe("");
    expect(await namesOf({ distinct_ids: ["nobody"] })).toBe("");
  });

  it("says when older ones are left out", async () => {
    const { json } = await stream({ distinct_ids: ["ada"], limit: 2 });
    expect(json.results).toMatchObject({ truncated: true });
    expect(json.results.events).toHaveLength(2);
    expect(await namesOf({ distinct_ids: ["ada"], limit: 2 })).toBe("X Sign up");
    expect(await namesOf({ distinct_ids: ["ada"], limit: 0 })).toBe("");
    const whole = await stream({ distinct_ids: ["ada"], limit: 3 });
    expect(whole.json.results).not.toHaveProperty("truncated");
  });

  it("is bounded", async () => {
    const many = await startTestServer();
    const list = Array.from({ length: 10_001 }, (_, n) => event(`e${n}`, "ada", {}, { timeMs: n }));
    await many.store.apply([events(list, "simplified", many.project.id)]);
    const { json } = await many.get(
      { distinct_ids: ["ada"], limit: 20_000 },
      "/api/2.0/stream/query",
    );
    expect(json.results.truncated).toBe(true);
    expect(json.results.events).toHaveLength(10_000);
    expect(json.results.events[0].event).toBe("e10000");
    await many.stop();
  });

  it.each([
    ["no ids", {}, "query.parameter_required"],
    ["a bare id", { distinct_ids: "12a34" }, "query.invalid_json"],
    ["a day to come", { distinct_ids: ["a"], to_date: "2024-05-11" }, "query.invalid_dates"],
    ["a day that is none", { distinct_ids: ["a"], from_date: "x" }, "query.invalid_parameter"],
  ])("refuses %s", async (_name, parameters, code) => {
    const { status, json } = await stream(parameters);
    expect([status, json.code]).toEqual([400, code]);
  });
});
