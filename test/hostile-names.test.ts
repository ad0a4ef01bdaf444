import { afterEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../src/duckdb/store.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import { appClient } from "./support/app.ts";
import { testClock } from "./support/clock.ts";
import { encodeQuery, startTestServer, type TestServer } from "./support/server.ts";

/** Texts that are no names to anybody but who sends them. */
const NAMES = [
  "a\u0000b",
  "a",
  "'; drop table events_1; --",
  "__proto__",
  "constructor",
  "\ud800x",
  "\udfff",
  "\ufffdx",
  "%_\\",
  "ß",
  "ẞ",
  "İ",
  "e\u0301",
  "é",
  "\u2028",
  "🤖",
  "$device:",
  "$device:$device:q",
  "null",
  "-0",
];

const DAYS = { from_date: "2024-05-01", to_date: "2024-05-10" };
const SECONDS = Date.parse("2024-05-09T10:00:00Z") / 1000;

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** Asks one server after the other, and expects the same of both. */
async function startBoth(): Promise<{
  ask(method: "GET" | "POST", path: string, body?: object): Promise<string>;
  members(path: string, body?: object): Promise<string>;
}> {
  const clock = testClock(Date.parse("2024-05-10T12:00:00Z"));
  const stores: Store[] = [new MemoryStore(), await DuckdbStore.open(":memory:")];
  for (const store of stores) servers.push(await startTestServer({ store, clock }));
  const both = async (send: (server: TestServer) => Promise<string>): Promise<string> => {
    const [reference = "", found] = await Promise.all(servers.map(send));
    expect(found).toBe(reference);
    return reference;
  };
  return {
    ask: (method, path, body) =>
      both(async (server) => {
        const token = server.project.token;
        const { status, text } = await server.send({
          method,
          url: path.replace("PROJECT", String(server.project.id)).replace("TOKEN", token),
          headers: {
            authorization: await server.authorization(),
            "content-type": "application/json",
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body).replaceAll("TOKEN", token) }),
        });
        const shown = text.replaceAll(/"(?:session_id|requesting_user|task_id)":"[^"]*"/g, "");
        return `${status} ${shown.replaceAll(token, "TOKEN")}`;
      }),
    members: (path, body) =>
      both(async (server) => {
        const app = appClient(server);
        const { status, text } = await (body ? app.post(path, body) : app.get(path));
        return `${status} ${text}`;
      }),
  };
}

describe("names that mean something to others", () => {
  it("are data on every road, and the same to both stores", async () => {
    const { ask, members } = await startBoth();
    const sent = NAMES.flatMap((event, i) =>
      NAMES.map((id, j) => ({
        event,
        properties: {
          time: SECONDS + (j % 3),
          distinct_id: id,
          $insert_id: `i${i % 5}-${j % 7}`,
          [event]: id,
          [`p${id}`]: { [event]: [id, null, { [id]: event }] },
        },
      })),
    );
    const links = NAMES.map((name, i) => ({
      event: "link",
      properties: {
        time: SECONDS,
        $device_id: name,
        $user_id: NAMES[(i * 7 + 3) % NAMES.length],
        $insert_id: `l${i}`,
      },
    }));
    // Events that are sent again replace themselves.
    for (const part of [sent, links, sent]) {
      expect(await ask("POST", "/import?strict=0&project_id=PROJECT", part)).toMatch(/^200/);
    }
    for (const name of NAMES) {
      const record = { $token: "TOKEN", $distinct_id: name, $set: { [name]: name, mark: 1 } };
      expect(await ask("POST", "/engage?verbose=1&strict=1", [record])).toMatch(/^200/);
    }
    const everything = `/api/2.0/export?project_id=PROJECT&${encodeQuery(DAYS)}`;
    expect((await ask("GET", everything)).split("\n").length).toBeGreaterThan(NAMES.length);

    for (const name of NAMES) {
      const text = JSON.stringify(name);
      for (const where of [
        `event[${text}] == ${text}`,
        `event["$event_name"] == ${text}`,
        `event["distinct_id"] == ${text}`,
        `user[${text}] == ${text}`,
      ]) {
        expect(await ask("GET", `${everything}&${encodeQuery({ where })}`)).toMatch(/^200/);
      }
      const named = await ask("GET", `${everything}&${encodeQuery({ event: [name] })}`);
      expect(named).toContain('"event":');
      await ask("POST", "/api/query/stream/query?project_id=PROJECT", { distinct_ids: [name] });
      const selector = `properties[${text}] == ${text}`;
      const tests = [{ event: name, selector }];
      const did = await ask("POST", "/api/query/engage?project_id=PROJECT", {
        behaviors: [{ name, window: "30d", event_selectors: tests }],
        where: `behaviors[${text}] > 0`,
        output_properties: ["mark"],
      });
      expect(did).toMatch(/^200/);
      expect(await members("/cohorts", { name, selector })).toMatch(/^200/);
      await ask("POST", "/api/query/engage?project_id=PROJECT", { where: `cohort(${text})` });
      await ask("POST", "/api/query/engage/breakdown?project_id=PROJECT", { property: name });
    }

    const list = `/cohorts/${NAMES.length + 1}`;
    expect(await members("/cohorts", { name: "list" })).toMatch(/^200/);
    expect(await members(`${list}/members`, NAMES)).toMatch(/^200/);
    expect(await members(`${list}/members`)).toMatch(/^200/);
    const deletions = "/api/app/data-deletions/v3.0";
    const distinct_ids = NAMES.slice(0, 10);
    expect(await ask("POST", `${deletions}?token=TOKEN`, { distinct_ids })).toMatch(/^201/);
    expect(await ask("GET", `${deletions}/1?token=TOKEN`)).toContain("SUCCESS");
    expect(await ask("GET", everything)).toMatch(/^200/);
    expect(await members(`${list}/members`)).toMatch(/^200/);
  }, 60_000);
});
