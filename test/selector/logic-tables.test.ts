import { describe, expect, it } from "vitest";
import { type Computed, Datetime, type Value } from "../../src/values/value.ts";
import { answerOf, failureOf } from "../support/selector.ts";
import { CONSTANTS, KINDS, type KindName, SAMPLES } from "../support/truth-table.ts";

describe("and, or", () => {
  const columns = ["true", "false", "undefined", "null", '"other"'];
  const other: readonly Value[] = ["x", 1, [true], { a: 1 }];

  /** Operands of each column read from data, so that nothing is known before the profile is. */
  const data: Readonly<Record<string, readonly (Value | undefined)[]>> = {
    true: [true],
    false: [false],
    undefined: [undefined],
    null: [null],
    '"other"': other,
  };

  it.each([
    ["and", ["T F F F E", "F F F F F", "F F F F F", "F F F F F", "E E E E E"]],
    ["or", ["T T T T T", "T F F F E", "T F F F E", "T F F F E", "E E E E E"]],
  ])(
    "has the table of %s, where a wrong literal is refused and wrong data is false",
    (operator, rows) => {
      for (const [row, left] of columns.entries()) {
        for (const [column, right] of columns.entries()) {
          const cell = rows[row]?.split(" ")[column];
          const source = `${left} ${operator} ${right}`;
          if (cell === "E") {
            expect(failureOf(source)).toEqual(["selector.wrong_type", '"other"']);
          } else {
            expect([source, answerOf(source)]).toEqual([source, cell === "T"]);
          }
          checkData(operator, data[left] ?? [], data[right] ?? []);
        }
      }
    },
  );

  function checkData(
    operator: string,
    lefts: readonly (Value | undefined)[],
    rights: readonly (Value | undefined)[],
  ): void {
    for (const l of lefts) {
      for (const r of rights) {
        const properties = Object.fromEntries(
          [["l", l] as const, ["r", r] as const].filter(([, value]) => value !== undefined),
        ) as Record<string, Value>;
        const answer = operator === "and" ? l === true && r === true : l === true || r === true;
        expect(answerOf(`properties["l"] ${operator} properties["r"]`, properties)).toBe(answer);
      }
    }
  }
});

describe("one operand", () => {
  const columns = {
    "not x": ["U", "U", "negation", "U", "U", "U", "U", "T"],
    "-x": ["U", "-x", "U", "U", "U", "U", "U", "U"],
    "floor(x)": ["U", "floor", "U", "U", "U", "U", "U", "U"],
    "ceil(x)": ["U", "ceil", "U", "U", "U", "U", "U", "U"],
    "round(x)": ["U", "round", "U", "U", "U", "U", "U", "U"],
    "defined(x)": ["T", "T", "T", "T", "T", "T", "F", "F"],
    "string(x)": ["same", "text", "truth", "iso", "U", "U", "null", "U"],
    "number(x)": ["parsed", "same", "bit", "unix", "U", "U", "U", "U"],
    "boolean(x)": ["filled", "nonzero", "same", "T", "T", "T", "F", "F"],
    "datetime(x)": ["date", "instant", "U", "same", "U", "U", "U", "U"],
    "list(x)": ["[x]", "[x]", "[x]", "[x]", "same", "[x]", "U", "U"],
    "typeof(x)": KINDS.map((kind) => `name ${kind}`),
  } as const;

  const names: Readonly<Record<KindName, string>> = {
    str: "string",
    num: "number",
    bool: "boolean",
    dt: "datetime",
    list: "list",
    obj: "object",
    null: "null",
    undef: "undefined",
  };

  const examples: Readonly<Record<string, readonly (readonly [Value, Computed])[]>> = {
    negation: [
      [true, false],
      [false, true],
    ],
    "-x": [
      [7, -7],
      [-2.5, 2.5],
    ],
    floor: [
      [2.5, 2],
      [-2.5, -3],
    ],
    ceil: [
      [2.5, 3],
      [-2.5, -2],
    ],
    round: [
      [2.5, 3],
      [-2.5, -3],
      [0.4, 0],
    ],
    text: [
      [7, "7"],
      [-2.5, "-2.5"],
    ],
    truth: [
      [true, "true"],
      [false, "false"],
    ],
    parsed: [
      ["-12.5e1", -125],
      ["Berlin", undefined],
      ["", undefined],
    ],
    bit: [
      [true, 1],
      [false, 0],
    ],
    filled: [
      ["", false],
      ["FALSE", false],
      ["0", true],
      ["Berlin", true],
    ],
    nonzero: [
      [0, false],
      [-0, false],
      [-1, true],
    ],
    date: [
      ["2023-11-14T22:13:20", new Datetime(1_700_000_000)],
      ["Berlin", undefined],
    ],
    instant: [
      [1_700_000_000, new Datetime(1_700_000_000)],
      [1_700_000_000_123, new Datetime(1_700_000_000)],
      [1, new Datetime(1)],
      [4_294_967_295, new Datetime(4_294_967_295)],
      [4_294_967_296, new Datetime(4_294_967)],
      [8.64e15, new Datetime(8.64e12)],
      [8.65e15, undefined],
      [0.5, undefined],
      [0, undefined],
      [-1, undefined],
    ],
  };

  /** What a cell says of a sample, by itself. */
  function statedAnswer(cell: string, kind: KindName, value: Value | undefined): Computed {
    const operand: Computed = kind === "dt" ? new Datetime(value as number) : value;
    if (cell === `name ${kind}`) return names[kind];
    if (cell === "same") return operand;
    if (cell === "[x]") return [operand];
    if (cell === "null") return null;
    if (cell === "unix") return value;
    if (cell === "iso") return new Date((value as number) * 1000).toISOString().slice(0, 19);
    return CONSTANTS.get(cell);
  }

  it.each(Object.entries(columns))("has the column of %s", (form, cells) => {
    for (const [index, cell] of cells.entries()) {
      const kind = KINDS[index] ?? "undef";
      const stated =
        examples[cell] ?? SAMPLES[kind].map((x) => [x, statedAnswer(cell, kind, x)] as const);
      for (const [value, answer] of stated) {
        const operand = kind === "dt" ? 'datetime(properties["x"])' : 'properties["x"]';
        const source = form.replace(/\bx\b/, operand);
        const result = answerOf(source, value === undefined ? {} : { x: value });
        expect([source, value, result]).toEqual([source, value, answer]);
      }
    }
  });

  it.each([
    ['string(properties["x"], "none")', {}, "none"],
    ['string(properties["x"], "none")', { x: null }, "none"],
    ['string(properties["x"], "none")', { x: "" }, ""],
    ['string(properties["x"], 5)', {}, 5],
    ['number(properties["x"], 5)', { x: null }, 5],
    ['number(properties["x"], 5)', { x: "a" }, undefined],
    ['boolean(properties["x"], true)', {}, true],
    ['boolean(properties["x"], true)', { x: 0 }, false],
  ])("has %s for %j as %j", (source, properties, value) => {
    expect(answerOf(source, properties)).toEqual(value);
  });
});

describe("three-valued logic", () => {
  it.each([
    ['properties["p"] == "x"', false, false],
    ['properties["p"] != "x"', true, true],
    ['properties["p"] > 1', undefined, undefined],
    ['not properties["p"] > 1', true, true],
    ['"x" in properties["p"]', undefined, undefined],
    ['not "x" in properties["p"]', true, true],
    ['defined(properties["p"])', false, false],
    ['not defined(properties["p"])', true, true],
    ['boolean(properties["p"]) == false', true, true],
    ['properties["p"] == properties["q"]', true, false],
    ['not properties["p"]', true, undefined],
  ])("has %s as %s where p is missing and %s where it is null", (source, missing, isNull) => {
    expect(answerOf(source)).toBe(missing);
    expect(answerOf(source, { p: null })).toBe(isNull);
  });
});
