import { afterEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { idsOf, startTestServer, type TestServer } from "../support/server.ts";

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

describe("half a surrogate pair, which is stored as U+FFFD", () => {
  it.each([undefined, ":memory:"])("finds what was written with it (%s)", async (file) => {
    const store = file === undefined ? {} : { store: await DuckdbStore.open(file) };
    const server = await startTestServer(store);
    servers.push(server);
    const name = "plan\ud800";
    await server.set("ada\udfff", { [name]: `pro${name}` });
    const stored = ["ada\ufffd"];
    const selectors = [
      `properties["${name}"] == "pro${name}"`,
      'properties["plan\\ud800"] == "proplan\\ud800"',
    ];
    for (const where of selectors) expect(idsOf(await server.query({ where }))).toEqual(stored);
    const picked = await server.query({ output_properties: [name] });
    expect(Object.keys(picked.json.results[0].$properties)).toContain("plan\ufffd");
    expect(idsOf(await server.query({ distinct_id: "ada\udfff" }))).toEqual(stored);
    const broken = await server.query({ where: `properties["${name}"]`, sort_key: name });
    expect(broken.status).toBe(200);
  });
});

describe("paths below /docs", () => {
  it.each([
    ["/docs/static/%00", 400, "request.malformed"],
    ["/docs/static/a%00.css", 400, "request.malformed"],
    ["/docs/static/..%5c..%5cpackage.json", 400, "request.malformed"],
    ["/docs/static/..%2f..%2fpackage.json", 404, "request.not_found"],
    ["/docs/..%2fpackage.json", 404, "request.not_found"],
  ])("%s is nobody's file and no bug", async (url, status, code) => {
    const server = await startTestServer();
    servers.push(server);
    const answer = await server.send({ url });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});
