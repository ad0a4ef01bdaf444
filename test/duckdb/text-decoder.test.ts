import { join } from "node:path";
import { expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { orderText } from "../../src/values/text.ts";
import { temporaryFolder } from "../cli/support.ts";
import { encodeQuery, idsOf, startTestServer, type TestServer } from "../support/server.ts";

/** Is a byte order mark at the start of a file, and at the start of a text a character like any other. */
const MARK = "\ufeff";

it("keeps ids, names and values apart that differ in U+FEFF at their start, also after a restart", async () => {
  const file = join(await temporaryFolder(), "whom.duckdb");
  const ids = [`${MARK}ada`, "ada"];
  const first = await startTestServer({ store: await DuckdbStore.open(file) });
  for (const id of ids) await first.set(id, { [`${MARK}plan`]: `${MARK}pro`, plan: id });
  // Written again: each finds the row it has written.
  for (const id of ids) await first.set(id, { n: 1 });
  const event = (name: string, id: string) => ({
    event: name,
    properties: { time: first.clock.now() / 1000, distinct_id: id, $insert_id: "i" },
  });
  const events = JSON.stringify(ids.flatMap((id) => ids.map((name) => event(name, id))));
  const url = `/import?strict=1&project_id=${first.project.id}`;
  const headers = {
    authorization: await first.authorization(),
    "content-type": "application/json",
  };
  expect((await first.send({ method: "POST", url, headers, body: events })).status).toBe(200);
  expect((await first.send({ method: "POST", url, headers, body: events })).status).toBe(200);
  await expectApart(first, ids);
  const { directory, clock } = first;
  await first.stop();

  const again = await startTestServer({ directory, clock, store: await DuckdbStore.open(file) });
  await expectApart(again, ids);
  await again.stop();
});

async function expectApart(server: TestServer, ids: readonly string[]): Promise<void> {
  expect(idsOf(await server.query()).toSorted(orderText)).toEqual(ids.toSorted(orderText));
  expect(idsOf(await server.query({ sort_key: "plan" })).toSorted(orderText)).toEqual(
    ids.toSorted(orderText),
  );
  for (const id of ids) {
    const where = `properties["plan"] == ${JSON.stringify(id)} and properties["${MARK}plan"] == "${MARK}pro"`;
    expect(idsOf(await server.query({ where }))).toEqual([id]);
    const { results } = (await server.query({ distinct_id: id })).json;
    expect(results[0].$properties).toMatchObject({ n: 1, plan: id, [`${MARK}plan`]: `${MARK}pro` });
    const day = new Date(server.clock.now()).toISOString().slice(0, 10);
    const days = { from_date: day, to_date: day, event: [id] };
    const { text } = await server.get(days, "/api/2.0/export");
    const found = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(found.map((event) => event.event)).toEqual([id, id]);
    expect(found.map((event) => event.properties.distinct_id).toSorted(orderText)).toEqual(
      ids.toSorted(orderText),
    );
  }
  const listed = await server.get({}, `/api/query/engage/properties?${encodeQuery({})}`);
  expect(JSON.stringify(listed.json)).toContain(`"${MARK}plan"`);
}
