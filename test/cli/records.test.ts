import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inferred } from "../../src/cli/import/csv-records.ts";
import { lines, PIECE_BYTES_MAX, values } from "../../src/cli/import/json-values.ts";
import { type Item, openRecords, type ReadOptions, START } from "../../src/cli/import/records.ts";
import { temporaryFolder } from "./support.ts";

const OPTIONS: ReadOptions = {
  format: undefined,
  csv: { delimiter: ",", infer: true, textColumns: new Set() },
  idNames: new Set(["id"]),
  idLevels: [1],
  header: { anyOf: new Set(["id"]), hint: "" },
  from: START,
};

/** The text in chunks of so many bytes, as a slow stream would give it. */
async function* chunked(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function texts(pieces: ReturnType<typeof lines>): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for await (const part of pieces) {
    for (const { bytes } of part) all.push(bytes?.toString().trim());
  }
  return all;
}

async function readAll(
  input: string | Buffer,
  options: Partial<ReadOptions> = {},
  file = "-",
): Promise<Item[]> {
  const source = await openRecords(file, Readable.from([Buffer.from(input)]), {
    ...OPTIONS,
    ...options,
  });
  const items: Item[] = [];
  for await (const part of source.items) items.push(...part);
  return items;
}

const found = (items: readonly Item[]): unknown[] =>
  items.map((item) =>
    item.kind === "record" ? item.value : `${item.position.line} ${item.reason}`,
  );

describe("pieces of JSON", () => {
  it.each([1, 2, 3, 7, 64])("are the same in chunks of %i bytes", async (size) => {
    const elements = ['{"a":"]}\\"{["}', "[1,[2]]", '"x,y"', "3", '{"b":{"c":[]}}'];
    expect(await texts(values(chunked(`[${elements.join(" , ")}\n]`, size)))).toEqual(elements);
    expect(await texts(values(chunked(`{"a":1}\n\n{"b":2}{"c":3} 4`, size)))).toEqual([
      '{"a":1}',
      '{"b":2}',
      '{"c":3}',
      "4",
    ]);
    expect(await texts(lines(chunked("a\nb\r\n\nc", size), { position: 0, endByte: 0 }))).toEqual([
      "a",
      "b",
      "",
      "c",
    ]);
  });

  it("are the elements of any array", async () => {
    const array = fc.array(fc.jsonValue(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(array, fc.integer({ min: 1, max: 40 }), async (elements, size) => {
        const pieces = await texts(values(chunked(JSON.stringify(elements, null, 1), size)));
        expect(pieces.map((piece) => JSON.parse(piece ?? ""))).toEqual(
          JSON.parse(JSON.stringify(elements)),
        );
      }),
    );
  });

  it("know the byte where a line ends", async () => {
    const ends: number[] = [];
    for await (const part of lines(chunked("é\nbc\nd", 2), { position: 4, endByte: 100 })) {
      for (const piece of part) ends.push(piece.position, piece.endByte);
    }
    expect(ends).toEqual([5, 103, 6, 106, 7, 107]);
  });

  it("let go of a piece that is too long, and go on after it", async () => {
    const text = `${"x".repeat(PIECE_BYTES_MAX + 1)}\n${"y".repeat(10)}`;
    const start = { position: 0, endByte: 0 };
    expect(await texts(lines(chunked(text, 1 << 20), start))).toEqual([undefined, "yyyyyyyyyy"]);
  });
});

describe("records", () => {
  it.each([
    ["NDJSON", '{"id":1}\n{"id":2}\n'],
    ["NDJSON with a byte order mark", '\ufeff{"id":1}\r\n{"id":2}'],
    ["a JSON array", '[{"id":1},{"id":2}]'],
    ["JSON over several lines", '{\n "id": 1\n}\n{\n "id": 2\n}'],
    ["a saved answer", '{"page":0,"session_id":"1-A","results":[{"id":1},{"id":2}],"status":"ok"}'],
  ])("are told by their first bytes: %s", async (_name, text) => {
    const expected = [{ id: 1 }, { id: 2 }];
    expect(found(await readAll(text)).map((value) => ({ ...(value as object) }))).toEqual(expected);
    const zipped = found(await readAll(gzipSync(text)));
    expect(zipped.map((value) => ({ ...(value as object) }))).toEqual(expected);
  });

  it("are told by their first bytes: CSV", async () => {
    const text = "id,n\na,1\nb,2\n";
    const expected = [
      { id: "a", n: 1 },
      { id: "b", n: 2 },
    ];
    for (const input of [text, gzipSync(text)]) {
      const rows = found(await readAll(input));
      expect(rows.map((value) => ({ ...(value as object) }))).toEqual(expected);
    }
  });

  it("name the line of what cannot be read, and go on", async () => {
    const text = '{"id":1}\n{"id":\n\n{"id":3}\n';
    expect(found(await readAll(text))).toEqual([
      { id: 1 },
      expect.stringMatching(/^2 not JSON: /),
      { id: 3 },
    ]);
    const latin = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xe9]), Buffer.from('"}')]);
    expect(found(await readAll(latin))).toEqual(["1 not UTF-8 text"]);
    expect(found(await readAll('[{"id":1}, {"id":2', { format: "json" }))).toEqual([
      { id: 1 },
      expect.stringMatching(/^2 not JSON: /),
    ]);
  });

  it("keep every digit of an id that is a number", async () => {
    const record = '{"id":1234567890123456789,"properties":{"id":1.5}}';
    const read = { id: "1234567890123456789", properties: { id: 1.5 } };
    expect(found(await readAll(`${record}\n`))).toEqual([read]);
    expect(found(await readAll(`[${record}]`))).toEqual([read]);
  });

  it("begin after a position, in every format", async () => {
    const folder = await temporaryFolder();
    const rows = ['{"id":1}', '{"id":2}', '{"id":3}'];
    const cases = [
      ["a.ndjson", rows.join("\n"), { line: 2, endByte: 18 }],
      ["b.ndjson", `\ufeff${rows.join("\n")}`, { line: 2, endByte: 21 }],
      ["a.ndjson.gz", gzipSync(rows.join("\n")), { line: 2, endByte: 18 }],
      ["a.json", `[${rows.join(",")}]`, { line: 2, endByte: 18 }],
      ["a.csv", "id,n\nx,1\nx,2\nx,3", { line: 3, endByte: 0 }],
    ] as const;
    for (const [name, content, from] of cases) {
      const file = join(folder, name);
      await writeFile(file, content);
      const [only, ...more] = found(await readAll("", { from }, file));
      const expected = name === "a.csv" ? { id: "x", n: 3 } : { id: 3 };
      expect({ ...(only as object) }, name).toEqual(expected);
      expect(more).toEqual([]);
    }
  });

  it("of a gzipped file that is cut off fail with its name", async () => {
    const file = join(await temporaryFolder(), "cut.ndjson.gz");
    await writeFile(file, gzipSync('{"id":1}\n'.repeat(1000)).subarray(0, -20));
    await expect(readAll("", {}, file)).rejects.toThrow(
      `cannot read ${file}: unexpected end of file`,
    );
    await expect(readAll("", {}, "/nowhere.json")).rejects.toThrow(
      "cannot read /nowhere.json: no such file",
    );
  });
});

it("says of each record where it ends, so that reading can begin there", async () => {
  const file = join(await temporaryFolder(), "a.ndjson");
  await writeFile(file, '\ufeff{"id":1}\r\n\n{"id":"é"}\nbad\n{"id":4}');
  const all = await readAll("", {}, file);
  expect(all).toHaveLength(4);
  for (const [index, { position }] of all.entries()) {
    expect(await readAll("", { from: position }, file)).toEqual(all.slice(index + 1));
  }
});

describe("rows of CSV", () => {
  it("become values where nothing is lost", async () => {
    const text = 'id,n,b,l,o,zip,empty\n007,-1.50,TRUE,"[1,""a""]","{""x"":null}",00123,\n';
    const [row] = await readAll(text, { format: "csv" });
    expect(row).toMatchObject({
      kind: "record",
      position: { line: 2 },
      value: { id: "007", n: -1.5, b: true, l: [1, "a"], o: { x: null }, zip: "00123" },
    });
    expect(Object.keys((row as { value: object }).value)).not.toContain("empty");
  });

  it("keep ids as they are written", async () => {
    const rows = found(await readAll("id,n\n1e5,1e5\n1.0,1.0\n", { format: "csv" }));
    expect(rows).toMatchObject([
      { id: "1e5", n: 100_000 },
      { id: "1.0", n: 1 },
    ]);
  });

  it("stay text where that is asked for", async () => {
    const text = "id,a,b\n1,2,3\n";
    const one = { ...OPTIONS.csv, textColumns: new Set(["a"]) };
    expect(found(await readAll(text, { format: "csv", csv: one }))).toMatchObject([
      { id: "1", a: "2", b: 3 },
    ]);
    const none = { ...OPTIONS.csv, infer: false };
    expect(found(await readAll(text, { format: "csv", csv: none }))).toMatchObject([
      { id: "1", a: "2", b: "3" },
    ]);
  });

  it("with another number of cells are unreadable, at their line", async () => {
    const text = 'id,a\n1,"x\ny"\n2\n3,z\n4,u,v\n';
    expect(found(await readAll(text, { format: "csv" }))).toMatchObject([
      { id: "1", a: "x\ny" },
      "4 1 cells, but the header has 2",
      { id: "3", a: "z" },
      "6 3 cells, but the header has 2",
    ]);
  });

  it("are counted as an editor counts lines, with line ends of two characters too", async () => {
    const text = 'id,a\r\n1,"x\r\ny\r\nz"\r\n2,b,c\r\n3,"open\r\n4,d\r\n5,e';
    expect(found(await readAll(text, { format: "csv" }))).toMatchObject([
      { id: "1", a: "x\r\ny\r\nz" },
      "5 3 cells, but the header has 2",
      "6 not CSV: a quote that opens here is never closed, so the rest was not read",
    ]);
  });

  it("keep stray quotes as text, and lose no row to them", async () => {
    const text = 'id,a\n1,5" pipe\n2,"x"y\n3,z\n';
    expect(found(await readAll(text, { format: "csv" }))).toMatchObject([
      { id: "1", a: '5" pipe' },
      { id: "2", a: '"x"y' },
      { id: "3", a: "z" },
    ]);
  });

  it("may name properties as objects name their own members", async () => {
    const [row] = found(await readAll("id,__proto__,constructor\n1,2,3\n", { format: "csv" }));
    expect(Object.entries(row as object)).toEqual([
      ["id", "1"],
      ["__proto__", 2],
      ["constructor", 3],
    ]);
  });

  it.each([
    ["id,\n1,2", "a column of the CSV has no name"],
    ["id,a,a\n1,2,3", "two columns of the CSV are named a"],
    ["id;a\n1;2", "no column is named id, the first line has: id;a"],
  ])("need a header: %j", async (text, message) => {
    await expect(readAll(text, { format: "csv" })).rejects.toThrow(message);
  });

  it.each([
    ["12", 12],
    ["-0.5e3", -500],
    ["1e999", "1e999"],
    ["+49", "+49"],
    ["01", "01"],
    ["1.", "1."],
    ["1234567890123456", "1234567890123456"],
    ["True", true],
    ["tRUE", "tRUE"],
    ["[not json", "[not json"],
    ["NaN", "NaN"],
    ["null", "null"],
  ])("have a cell %j that stands for %j", (cell, value) => {
    expect(inferred(cell)).toEqual(value);
  });
});
