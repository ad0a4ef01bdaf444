import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DuckdbStore } from "../../src/duckdb/store.ts";
import { EXPORT_COLUMNS_MAX } from "../../src/http/export/form.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { cellsOf, linesOf, normal } from "../support/documents.ts";
import {
  type Answer,
  type Parameters,
  startTestServer,
  type TestServer,
} from "../support/server.ts";
import { HOSTILE_NAMES } from "../support/value-arbitraries.ts";

const PATH = "/api/query/engage/export";

let server: TestServer;

afterEach(() => server.stop());

async function start(store: Store = new MemoryStore()): Promise<void> {
  server = await startTestServer({ store });
}

function exported(parameters: Parameters = {}): Promise<Answer> {
  return server.get(parameters, PATH);
}

describe("CSV", () => {
  beforeEach(() => start());

  it("has a header, and is safe to open in a spreadsheet unless that is switched off", async () => {
    await server.set("=id", { "@name": "=1+1", n: -5, 'a,"b"': "two\nlines", list: [1, "x"] });
    const form = { format: "csv", output_properties: ["@name", "n", 'a,"b"', "list", "none", "n"] };
    expect((await exported(form)).text).toBe(
      `$distinct_id,'@name,n,"a,""b""",list,none\r\n'=id,'=1+1,-5,"two\nlines","[1,""x""]",\r\n`,
    );
    expect((await exported({ ...form, spreadsheet_safe: false })).text).toBe(
      `$distinct_id,@name,n,"a,""b""",list,none\r\n=id,=1+1,-5,"two\nlines","[1,""x""]",\r\n`,
    );
  });

  it("has the columns that the selected profiles need, and its header without any", async () => {
    await server.set("a", { x: 1 });
    await server.set("b", { y: 1 });
    const some = await exported({ format: "csv", where: 'defined(properties["x"])' });
    expect(some.text.split("\r\n")[0]).toBe("$distinct_id,$last_seen,x");
    const none = await exported({ format: "csv", where: "false", output_properties: ["x"] });
    expect(none.text).toBe("$distinct_id,x\r\n");
  });

  it("shows the key and id of groups", async () => {
    await server.write([{ $group_key: "company", $group_id: "acme", $set: { n: 1 } }], "groups");
    const { text } = await exported({ format: "csv", data_group_id: "company" });
    expect(text).toMatch(
      /^\$distinct_id,\$group_key,\$group_id,\$last_seen,n\r\nacme,company,acme,[^,]*,1\r\n$/,
    );
  });

  it("is refused where it would have too many columns, and not where they are named", async () => {
    const entries = Array.from({ length: EXPORT_COLUMNS_MAX }, (_, n) => [`p${n}`, n] as const);
    await server.set("a", Object.fromEntries(entries));
    const { status, json } = await exported({ format: "csv" });
    expect([status, json.code]).toEqual([400, "query.too_many_columns"]);
    const body = { format: "csv", output_properties: entries.map(([name]) => name) };
    const named = await server.send({
      method: "POST",
      url: PATH,
      headers: { authorization: server.secretAuthorization },
      body: JSON.stringify(body),
    });
    expect(named.text.split("\r\n")[0]?.split(",")).toHaveLength(EXPORT_COLUMNS_MAX + 1);
  });
});

/** What HTTP takes in, and what would break somewhere on the way out. */
const NASTY: readonly string[] = [
  `{"n":[0,-0,1e21,-1.5e300,5e-324,1e-7,123456789012345680000,9007199254740993,0.1]}`,
  `{"-0":-0,"1e21":1e21,"big":12345678901234567890,"tiny":5e-324}`,
  `{"lone":"\\ud800 \\udfff","nul":"a\\u0000b","controls":"\\u001f\\u000b\\u007f\\u2028"}`,
  `{"deep":${"[".repeat(25)}1e21,{"__proto__":{"constructor":1},"":null}${"]".repeat(25)}}`,
  `{${HOSTILE_NAMES.map((name, index) => `${JSON.stringify(name)}:"v${index}"`).join(",")}}`,
  `{"a/b":1,"~":2,"~1":3,"$.a":4,"*":5,"[0]":6,"0":7,"#":8,"é":"\\"\\\\/","list":[]}`,
  `{"formula":"=1+1","quote":"say \\"hi\\", you","lines":"a\\r\\nb","null":null,"text":"null"}`,
];

const NASTY_NAMES = [
  ...new Set(NASTY.flatMap((text) => Object.keys(JSON.parse(text)))),
  ..."a b \ud800 $distinct_id".split(" "),
];

describe.each([
  ["the store in memory", async (): Promise<Store> => new MemoryStore()],
  ["DuckDB", async (): Promise<Store> => DuckdbStore.open(":memory:")],
])("over %s", (_name, open) => {
  beforeEach(async () => {
    await start(await open());
    for (const [index, text] of NASTY.entries()) {
      const id = JSON.stringify(["=id", 'a"b', "c\\d", "\u000b", "e,f", "\u{1f600}", "0"][index]);
      const written = await server.send({
        method: "POST",
        url: "/engage?verbose=1&strict=1",
        body: `[{"$token":"${server.project.token}","$distinct_id":${id},"$set":${text}}]`,
      });
      expect(written.json.status).toBe(1);
    }
  });

  it.each([[undefined], [NASTY_NAMES], [["1e21", "n", "", "__proto__"]]])(
    "lines have the values that pages have, with %j",
    async (names) => {
      const some = names === undefined ? {} : { output_properties: names };
      const page = await server.query(some);
      expect(page.json.results).toHaveLength(NASTY.length);
      const texts = /"results":\[(.*)\],"session_id"/s.exec(page.text)?.[1] ?? "";
      for (const order of [{}, { sort_key: "n" }, { session_id: page.json.session_id }]) {
        const { text } = await exported({ ...some, ...order });
        const lines = linesOf({ bytes: Buffer.from(text) });
        for (const line of lines) expect(normal(`[${texts}]`)).toContain(line);
        expect(new Set(lines).size).toBe(NASTY.length);
      }
    },
  );

  it("CSV has the values that pages have", async () => {
    const names = [...new Set(NASTY_NAMES.map((name) => name.toWellFormed()))];
    const { json } = await server.query({ sort_key: "n" });
    for (const order of [{ sort_key: "n" }, { session_id: json.session_id }]) {
      const { text } = await exported({
        format: "csv",
        spreadsheet_safe: false,
        output_properties: NASTY_NAMES,
        ...order,
      });
      const shown = json.results.map(({ $distinct_id: id, $properties: properties }: Result) => {
        const cells = names.map((name) => {
          const value: unknown = Object.hasOwn(properties, name) ? properties[name] : "";
          return typeof value === "string" ? value : JSON.stringify(value);
        });
        return normalRow([id, ...cells]);
      });
      expect(cellsOf({ bytes: Buffer.from(text) })).toEqual([
        normalRow(["$distinct_id", ...names]),
        ...shown,
      ]);
    }
  });
});

interface Result {
  readonly $distinct_id: string;
  readonly $properties: Readonly<Record<string, unknown>>;
}

/** Cells as they are compared. */
function normalRow(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => {
    const bytes = Buffer.from(`"${cell.replaceAll('"', '""')}"`);
    return cellsOf({ bytes })[0]?.[0] ?? "";
  });
}
