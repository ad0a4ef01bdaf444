import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventContext } from "../../src/ingest/decode-events.ts";
import {
  ANY,
  decode,
  event,
  IMPORT,
  NOW_MS,
  problem,
  refused,
  STRICT,
} from "../support/event-records.ts";

describe("an event", () => {
  it("has what its record says; the rest are its properties", () => {
    const properties = {
      ...ANY,
      plan: "pro",
      n: 1.5,
      list: [1, "a"],
      deep: { a: { b: 1 } },
      none: null,
      $user_agent: "x",
      mp_lib: "node",
    };
    expect(event(properties)).toEqual({
      name: "Signup",
      distinctId: "ada",
      timeMs: 1_700_000_000_000,
      insertId: "i-1",
      receivedAtMs: NOW_MS,
      properties: new Map<string, unknown>([
        ["plan", "pro"],
        ["n", 1.5],
        ["list", [1, "a"]],
        ["deep", { a: { b: 1 } }],
        ["none", null],
        ["$user_agent", "x"],
        ["mp_lib", "node"],
      ]),
    });
  });

  it("has names and values of whatever text", () => {
    const properties = JSON.parse(
      `{"token":"tok","__proto__":{"x":1},"constructor":2,"a\\"b\\u0000":3,"l\\ud800":"\\udfff"}`,
    );
    expect([...event(properties).properties]).toEqual([
      ["__proto__", { x: 1 }],
      ["constructor", 2],
      ['a"b\0', 3],
      ["l\ufffd", "\ufffd"],
    ]);
    expect(event(ANY, {}, "Sign\ud800up").name).toBe("Sign\ufffdup");
    expect(event(ANY, {}, 5).name).toBe("5");
    expect(event(ANY, {}, "x".repeat(300)).name).toBe("x".repeat(255));
    expect([...event({ ...ANY, ["n".repeat(300)]: 1 }).properties.keys()]).toEqual([
      "n".repeat(255),
    ]);
  });

  it.each([
    [{}, "'event' is invalid: must not be missing"],
    [{ event: "" }, "'event' is invalid: must not be missing"],
    [{ event: null, properties: ANY }, "'event' is invalid: must not be missing"],
    [{ event: ["a"], properties: ANY }, "'event' is invalid: must be a string"],
    [{ event: "a" }, "'properties' is invalid: must not be missing"],
    [{ event: "a", properties: [] }, "'properties' is invalid: must be an object"],
    [{ event: "a", properties: "x" }, "'properties' is invalid: must be an object"],
    [5, "'record' is invalid: must be an object"],
    [null, "'record' is invalid: must be an object"],
    [[], "'record' is invalid: must be an object"],
  ])("cannot be made of %j", (record, message) => {
    for (const context of [{}, IMPORT, STRICT])
      expect(problem(record, context)).toMatchObject({ message });
  });

  it("that is to be ignored is in neither list", () => {
    const properties = { ...ANY, $ignore: true };
    const { batches, failures } = decode([{ event: "a", properties }], STRICT);
    expect([batches.flatMap(({ events }) => events), failures]).toEqual([[], []]);
    expect(event({ ...ANY, $ignore: false }).properties.get("$ignore")).toBe(false);
  });

  it("is at most 1 MiB, whatever its parts are", () => {
    const texts = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, "x".repeat(60_000)]));
    expect(event({ ...ANY, ...texts(17) }).properties.size).toBe(17);
    for (const context of [{}, IMPORT, STRICT]) {
      expect(refused(texts(18), context)).toBe(
        "'record' is invalid: must be at most 1048576 bytes",
      );
    }
  });

  it("has values that can be stored", () => {
    const deep = JSON.parse("[".repeat(33) + "]".repeat(33));
    expect(refused({ deep }, {})).toBe(
      "'properties.deep' is invalid: must not nest deeper than 32 levels",
    );
    expect(refused(JSON.parse('{"n":1e999}'), {})).toBe(
      "'properties.n' is invalid: must be a number that fits 64-bit floating point",
    );
  });

  it("is taken or reported whatever JSON it holds", () => {
    const names = fc.constantFrom(
      "token",
      "distinct_id",
      "time",
      "$insert_id",
      "$user_id",
      "$device_id",
      "$ignore",
      "plan",
    );
    const record = fc.oneof(
      fc.jsonValue(),
      fc.record({
        event: fc.jsonValue(),
        properties: fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue())),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(record),
        fc.constantFrom<Partial<EventContext>>({}, IMPORT, STRICT),
        (records, context) => {
          const { batches, failures } = decode(records, context);
          const taken = batches.flatMap(({ indexes }) => indexes);
          for (const { events, indexes } of batches) expect(events).toHaveLength(indexes.length);
          const told = new Set([...taken, ...failures.map(({ index }) => index)]);
          expect(told.size).toBe(taken.length + failures.length);
          for (const [index, sent] of records.entries()) {
            const ignore = (sent as { properties?: { $ignore?: unknown } } | null)?.properties
              ?.$ignore;
            expect(told.has(index) || ignore === true || ignore === "true").toBe(true);
          }
          for (const { timeMs, insertId } of batches.flatMap(({ events }) => events)) {
            expect(Number.isInteger(timeMs)).toBe(true);
            expect(insertId).not.toBe("");
          }
        },
      ),
    );
  });
});

describe("$merge", () => {
  const record = { event: "$merge", properties: { $distinct_ids: ["a", "b"], token: "tok" } };

  it("is imported, also without a time or a distinct id", () => {
    const { batches, failures } = decode([record], IMPORT);
    expect(failures).toEqual([]);
    expect(batches[0]?.events[0]).toMatchObject({
      name: "$merge",
      distinctId: "",
      timeMs: NOW_MS,
      properties: new Map([["$distinct_ids", ["a", "b"]]]),
    });
  });

  it("is not tracked", () => {
    expect(problem(record)).toMatchObject({
      field: "event",
      message:
        "'event' is invalid: $merge needs a service account or the API secret: send it to /import with one",
    });
  });
});

describe("the records of a request", () => {
  const record = (token: unknown, insertId: string): object => ({
    event: "e",
    properties: { token, $insert_id: insertId },
  });

  it("are taken apart by their token, in order", () => {
    const asked: string[] = [];
    const projectOf: EventContext["projectOf"] = (token) => {
      asked.push(token);
      return token === "t2" ? { identity: "original", fallbackId: "x" } : undefined;
    };
    const records = [record("t1", "1"), record("t2", "2"), 5, record("t1", "3"), record(7, "4")];
    const { batches, failures } = decode(records, { projectOf });
    const shape = batches.map(({ token, events, indexes }) => [
      token,
      events.map(({ insertId, distinctId }) => [insertId, distinctId]),
      indexes,
    ]);
    expect(shape).toEqual([
      [
        "t1",
        [
          ["1", ""],
          ["3", ""],
        ],
        [0, 3],
      ],
      ["t2", [["2", "x"]], [1]],
      ["7", [["4", ""]], [4]],
    ]);
    expect(failures.map(({ index }) => index)).toEqual([2]);
    expect(asked).toEqual(["t1", "t2", "7"]);
  });

  it("may leave the token out where the project is known", () => {
    const records = [undefined, null, "", "tok", "other"].map((token) => record(token, "i"));
    expect(decode(records, IMPORT).batches.map(({ token, indexes }) => [token, indexes])).toEqual([
      ["tok", [0, 1, 2, 3]],
      ["other", [4]],
    ]);
    const messages = decode(records).failures.map(({ message }) => message);
    expect(messages).toEqual(Array(3).fill("'properties.token' is invalid: must not be missing"));
  });

  it("that are bad are reported in order, and the good ones kept", () => {
    const bad = { event: "e", properties: { token: "tok", $insert_id: "bad", time: "soon" } };
    const { batches, failures } = decode([bad, record("tok", "good"), {}]);
    expect(batches[0]?.indexes).toEqual([1]);
    expect(failures).toEqual([
      {
        index: 0,
        insertId: "bad",
        field: "properties.time",
        message: "'properties.time' is invalid: must be specified as seconds since epoch",
      },
      {
        index: 2,
        insertId: undefined,
        field: "event",
        message: "'event' is invalid: must not be missing",
      },
    ]);
  });
});
