import { describe, expect, it } from "vitest";
import { Datetime, type Value } from "../../src/values/value.ts";
import { answerOf } from "../support/selector.ts";
import { checkTable, type Example } from "../support/truth-table.ts";

const EQUAL: Readonly<Record<string, readonly Example[]>> = {
  "ci=": [
    ["Berlin", "bERLIN", true],
    ["Berlin", "Bern", false],
  ],
  "str dt": [
    ["2023-11-14T22:13:20", 1_700_000_000, true],
    ["2023-11-14T22:13:20.9", 1_700_000_000, true],
    ["2023-11-14T22:13:21", 1_700_000_000, false],
    ["Berlin", 1_700_000_000, false],
  ],
  "dt str": [
    [1_700_000_000, "2023-11-14T23:13:20+01:00", true],
    [1_700_000_000, "2023-11-14", false],
    [1_700_000_000, "", false],
  ],
  "=": [
    [7, 7, true],
    [7, 8, false],
    [0, -0, true],
    [true, true, true],
    [true, false, false],
  ],
  "s=": [
    [1_700_000_000, 1_700_000_000.9, true],
    [1_700_000_000, 1_700_000_001, false],
  ],
  deep: [
    [["a", [1]], ["A", [1]], true],
    [["a", 1], [1, "a"], false],
    [{ a: 1, b: "x" }, { b: "X", a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
  ],
};

const ORDER: readonly (readonly [Value, Value, -1 | 0 | 1])[] = [
  ["a", "B", -1],
  ["b", "B", 0],
  ["c", "B", 1],
  ["a", "ab", -1],
];
const NUMBER_ORDER: readonly (readonly [Value, Value, -1 | 0 | 1])[] = [
  [1, 2, -1],
  [2, 2, 0],
  [3, 2, 1],
];
const INSTANT_ORDER: readonly (readonly [Value, Value, -1 | 0 | 1])[] = [
  [1_699_999_999, "2023-11-14T22:13:20", -1],
  [1_700_000_000.5, "2023-11-14T22:13:20.9Z", 0],
  [1_700_000_001, "2023-11-14T22:13:20", 1],
];

/** The examples of one ordering operator. */
function orderExamples(
  holds: (order: number) => boolean,
): Readonly<Record<string, readonly Example[]>> {
  const answer = ([a, b, order]: readonly [Value, Value, number]): Example => [a, b, holds(order)];
  const swap = ([a, b, order]: readonly [Value, Value, number]): Example => [b, a, holds(-order)];
  return {
    "ci<": ORDER.map(answer),
    "<": NUMBER_ORDER.map(answer),
    "s<": NUMBER_ORDER.map(answer),
    "dt str": [...INSTANT_ORDER.map(answer), [1_700_000_000, "Berlin", undefined]],
    "str dt": [...INSTANT_ORDER.map(swap), ["Berlin", 1_700_000_000, undefined]],
  };
}

describe("comparison", () => {
  it("has the table of ==", () => {
    checkTable(
      ["==", "="],
      `str   ci=   F F inst? F    F    F F
       num   F     = F F     F    F    F F
       bool  F     F = F     F    F    F F
       dt    inst? F F s=    F    F    F F
       list  F     F F F     deep F    F F
       obj   F     F F F     F    deep F F
       null  F     F F F     F    F    T F
       undef F     F F F     F    F    F T`,
      { "==": EQUAL, "=": EQUAL },
    );
  });

  it("has the table of !=", () => {
    const negated = Object.fromEntries(
      Object.entries(EQUAL).map(([cell, examples]) => [
        cell,
        examples.map(([left, right, answer]): Example => [left, right, answer === false]),
      ]),
    );
    checkTable(
      ["!="],
      `str   ci=   T T inst? T    T    T T
       num   T     = T T     T    T    T T
       bool  T     T = T     T    T    T T
       dt    inst? T T s=    T    T    T T
       list  T     T T T     deep T    T T
       obj   T     T T T     T    deep T T
       null  T     T T T     T    T    F T
       undef T     T T T     T    T    T F`,
      { "!=": negated },
    );
  });

  it("has the table of the orderings", () => {
    checkTable(
      ["<", "<=", ">", ">="],
      `str   ci<   U U inst? U U U U
       num   U     < U U     U U U U
       bool  U     U U U     U U U U
       dt    inst? U U s<    U U U U
       list  U     U U U     U U U U
       obj   U     U U U     U U U U
       null  U     U U U     U U U U
       undef U     U U U     U U U U`,
      {
        "<": orderExamples((order) => order < 0),
        "<=": orderExamples((order) => order <= 0),
        ">": orderExamples((order) => order > 0),
        ">=": orderExamples((order) => order >= 0),
      },
    );
  });
});

describe("in", () => {
  it("has its table", () => {
    checkTable(
      ["in"],
      `str   substr U U U memb U U U
       num   U      U U U memb U U U
       bool  U      U U U memb U U U
       dt    U      U U U memb U U U
       list  U      U U U any  U U U
       obj   U      U U U memb U U U
       null  U      U U U memb U U U
       undef U      U U U F    U U U`,
      {
        in: {
          substr: [
            ["GMAIL", "a@gmail.com", true],
            ["", "a", true],
            ["ab", "a", false],
          ],
          "str list": [
            ["berlin", ["Berlin"], true],
            ["erl", ["Berlin"], false],
          ],
          "num list": [
            [7, [1, 7], true],
            [7, ["7"], false],
          ],
          "bool list": [
            [true, [true], true],
            [true, ["true", 1], false],
          ],
          "dt list": [
            [1_700_000_000, ["2023-11-14T22:13:20"], true],
            [1_700_000_000, [1_700_000_000], false],
          ],
          "obj list": [
            [{ a: 1 }, [{ a: 1 }], true],
            [{ a: 1 }, [{ a: 2 }], false],
          ],
          "null list": [
            [null, [1, null], true],
            [null, [], false],
          ],
          any: [
            [["a", "x"], ["X"], true],
            [["a"], ["b"], false],
            [["a"], [["a"]], false],
            [[], [], false],
          ],
        },
      },
    );
  });

  it.each([
    ['"a" not in properties["undef"]', true],
    ['"x" not in "xyz"', false],
    ['5 not in "a5"', true],
  ])("has %s as the negation", (source, answer) => {
    expect(answerOf(source)).toBe(answer);
    expect(answerOf(source.replace(/(\S+) not in/, "not $1 in"))).toBe(answer);
  });
});

describe("arithmetic", () => {
  const undefinedRows = ["list", "obj", "null", "undef"].map((kind) => `${kind} U U U U U U U U`);

  it("has the table of +", () => {
    checkTable(
      ["+"],
      [
        "str  concat U   U U  U U U U",
        "num  U      num U dt U U U U",
        "bool U      U   U U  U U U U",
        "dt   U      dt  U U  U U U U",
        ...undefinedRows,
      ].join("\n"),
      {
        "+": {
          concat: [
            ["a", "B", "aB"],
            ["", "", ""],
          ],
          num: [
            [0.5, 2, 2.5],
            [1e308, 1e308, undefined],
          ],
          "num dt": [
            [7, 1_700_000_000, new Datetime(1_700_000_007)],
            [1e13, 1_700_000_000, undefined],
          ],
          "dt num": [
            [1_700_000_000, 0.9, new Datetime(1_700_000_000)],
            [1, -0.1, new Datetime(0)],
            [1_700_000_000, 8.64e12, undefined],
          ],
        },
      },
    );
  });

  it("has the table of -", () => {
    checkTable(
      ["-"],
      [
        "str  U U   U U   U U U U",
        "num  U num U U   U U U U",
        "bool U U   U U   U U U U",
        "dt   U dt  U dtdt U U U U",
        ...undefinedRows,
      ].join("\n"),
      {
        "-": {
          num: [
            [1, 2.5, -1.5],
            [-1e308, 1e308, undefined],
          ],
          dt: [
            [1_700_000_000, 7, new Datetime(1_699_999_993)],
            [1, 0.5, new Datetime(0)],
          ],
          dtdt: [
            [1_700_000_000, 1_699_999_999, 1],
            [1, 2, -1],
          ],
        },
      },
    );
  });

  it.each<[string, readonly Example[]]>([
    [
      "*",
      [
        [2, -3, -6],
        [1e200, 1e200, undefined],
      ],
    ],
    [
      "/",
      [
        [7, 2, 3.5],
        [7, 0, undefined],
        [0, 0, undefined],
        [7, -0, undefined],
        [1e308, 1e-10, undefined],
      ],
    ],
    [
      "%",
      [
        [7, 3, 1],
        [-7, 3, -1],
        [7, -3, 1],
        [7.5, 2, 1.5],
        [7, 0, undefined],
      ],
    ],
  ])("has the table of %s", (operator, examples) => {
    checkTable(
      [operator],
      [
        "str  U U   U U U U U U",
        "num  U num U U U U U U",
        "bool U U   U U U U U U",
        "dt   U U   U U U U U U",
        ...undefinedRows,
      ].join("\n"),
      { [operator]: { num: examples } },
    );
  });
});
