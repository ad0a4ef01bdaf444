import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it.each([
  "limit",
  "distinct_ids",
  "behaviors",
  "filter_by_cohort",
  "segment_by_cohorts",
  "include_all_users",
])("a %s that nests deeper than any text is refused like any other", async (name) => {
  const list = "[".repeat(100_000) + "]".repeat(100_000);
  const object = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
  const values = [list, object, `[${object}]`, `{"id":${list}}`, `{"raw_cohort":${object}}`];
  for (const value of [...values, `[{"name":${list}}]`, `{"raw_cohort":{"groups":${list}}}`]) {
    const { status, json } = await server.send({
      method: "POST",
      url: "/api/query/engage/stats",
      headers: { authorization: server.secretAuthorization },
      body: `{"${name}":${value}}`,
    });
    expect([status, json.error?.length < 200]).toEqual([400, true]);
  }
});
