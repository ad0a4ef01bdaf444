import { describe, expect, it } from "vitest";
import { parse } from "../../src/selector/parser.ts";
import { print } from "../../src/selector/selector.ts";
import { errorOf, failureOf } from "../support/selector.ts";

describe("reading and printing", () => {
  it.each([
    // Precedence and associativity.
    ["not true and false", "not true and false"],
    ["(not true) and false", "not true and false"],
    ["not (true and false)", "not (true and false)"],
    ["(true or false) and true", "(true or false) and true"],
    ["true or (false and true)", "true or false and true"],
    ["true or (false or true)", "true or (false or true)"],
    ["(true or false) or true", "true or false or true"],
    ["not not true", "not not true"],
    ["not 1 == 2", "not 1 == 2"],
    ["(not 1) == 2", "(not 1) == 2"],
    ["1 == (2 == 3)", "1 == (2 == 3)"],
    ["(1 == 2) == 3", "(1 == 2) == 3"],
    ["1 + 2 * 3", "1 + 2 * 3"],
    ["(1 + 2) * 3", "(1 + 2) * 3"],
    ["1 - 2 - 3", "1 - 2 - 3"],
    ["1 - (2 - 3)", "1 - (2 - 3)"],
    ["1 - (2 + 3)", "1 - (2 + 3)"],
    ["8 / 4 / 2 % 3", "8 / 4 / 2 % 3"],
    ["8 / (4 / 2)", "8 / (4 / 2)"],
    ["1 + 2 < 3 + 4", "1 + 2 < 3 + 4"],
    ["-1 + 2", "-1 + 2"],
    ["-(1 + 2)", "-(1 + 2)"],
    ["--1", "--1"],
    ["1 - -1", "1 - -1"],
    ["2 * -3", "2 * -3"],
    ['-properties["a"]["b"]', '-properties["a"]["b"]'],
    ['(-properties["a"])["b"]', '(-properties["a"])["b"]'],
    ['("a" + "b")[0]', '("a" + "b")[0]'],
    ["[1, 2][0]", "[1, 2][0]"],
    // Spellings.
    ["1 = 2", "1 == 2"],
    ["TRUE AND False oR NULL", "true and false or null"],
    ["Undefined", "undefined"],
    ["now", "NOW"],
    ["NOW -604800", "NOW - 604800"],
    ["NOW-604800", "NOW - 604800"],
    ["1 in[1,2]", "1 in [1, 2]"],
    ["1 NOT IN [1]", "not 1 in [1]"],
    ["not 1 in [1]", "not 1 in [1]"],
    ["not (1 in [1])", "not 1 in [1]"],
    ["not(1 in [1])", "not 1 in [1]"],
    ["(1 not in [1]) == true", "(not 1 in [1]) == true"],
    ["true and 1 not in [1] or false", "true and not 1 in [1] or false"],
    ["not 1 not in [1]", "not not 1 in [1]"],
    ["1 + 1 not in [2]", "not 1 + 1 in [2]"],
    ['properties["tags"] contains "a"', '"a" in properties["tags"]'],
    ['not properties["tags"] CONTAINS "a"', 'not "a" in properties["tags"]'],
    ["DEFINED (user['x'])", 'defined(user["x"])'],
    ["Any(X, [1], X = 1)", "any(X, [1], X == 1)"],
    ["let(len, 1, len + len)", "let(len, 1, len + len)"],
    ["datetime(2024,1,1)", "datetime(2024, 1, 1)"],
    ["today( )", "today()"],
    ["[ ]", "[]"],
    // Literals.
    [".5", "0.5"],
    ["1e3", "1000"],
    ["1.50E-2", "0.015"],
    ["1e21", "1e+21"],
    ["00012", "12"],
    ["'single'", '"single"'],
    ["'it\\'s \"so\"'", '"it\'s \\"so\\""'],
    ['"\\n\\t\\r\\b\\f\\/\\\\\\""', '"\\n\\t\\r\\b\\f/\\\\\\""'],
    ['"\\u0041\\u00e9\\ud83d\\ude00"', '"A\u00e9\u{1f600}"'],
    ['"\\q\\u12"', '"qu12"'],
    ['"line\nbreak"', '"line\\nbreak"'],
    ['"\u{1f600}\0"', '"\u{1f600}\\u0000"'],
    // Half a character is stored as U+FFFD.
    ['"\\ud800"', '"\ufffd"'],
    // White space.
    ['  properties [ "a" ]\t==\n1\u00a0', 'properties["a"] == 1'],
    ['properties["$time"]>=datetime(1)', 'properties["$time"] >= datetime(1)'],
    ['properties["say \\"hi\\""]', 'properties["say \\"hi\\""]'],
    ['properties["__proto__"]', 'properties["__proto__"]'],
  ])("reads %s as %s", (source, printed) => {
    expect(print(parse(source))).toBe(printed);
    expect(print(parse(printed))).toBe(printed);
  });
});

describe("spans", () => {
  it("mark what each part was written as, its parentheses included", () => {
    const source = '  (1 + 2) * properties["a"]["b"] ';
    const tree = parse(source);
    if (tree.kind !== "binary" || tree.right.kind !== "index") throw new Error(tree.kind);
    const marked = [tree, tree.left, tree.right, tree.right.object].map(({ span }) => {
      return source.slice(span.start, span.end);
    });
    expect(marked).toEqual([source.trim(), "(1 + 2)", 'properties["a"]["b"]', 'properties["a"]']);
  });
});

describe("syntax errors", () => {
  it.each([
    ['properties["seats"] >', "expected a value, found the end", ""],
    ["(1 == 2", "expected `)`, found the end", ""],
    ["1 == 2)", "expected an operator or the end, found `)`", ")"],
    ["1 2", "expected an operator or the end, found `2`", "2"],
    ["1 == 2 == 3", "expected `and`, `or` or the end, found `==`", "=="],
    ["1 < 2 in [3]", "expected `and`, `or` or the end, found `in`", "in"],
    ["not 1 == 2 == 3", "expected `and`, `or` or the end, found `==`", "=="],
    ["not 1 in [2] + 3 in [4]", "expected `and`, `or` or the end, found `in`", "in"],
    ["(1 < 2 < 3)", "expected `)`, found `<`", "<"],
    ["1 == not true", "expected a value, found `not`", "not"],
    ["1 + not true", "expected a value, found `not`", "not"],
    ["1 not 2", "expected `in`, found `2`", "2"],
    ["and true", "expected a value, found `and`", "and"],
    ["true and", "expected a value, found the end", ""],
    ["[1, 2", "expected `]`, found the end", ""],
    ["[1 2]", "expected `]`, found `2`", "2"],
    ["[1,]", "expected a value, found `]`", "]"],
    ["[,]", "expected a value, found `,`", ","],
    ["if(true, 1, )", "expected a value, found `)`", ")"],
    ["properties", "expected `[`, found the end", ""],
    ["properties.a", "unexpected character .", "."],
    ["properties[a]", "expected a name in quotes, found `a`", "a"],
    ["properties[1]", "expected a name in quotes, found `1`", "1"],
    ['properties["a" == 1', "expected `]`, found `==`", "=="],
    ['any("x", [1], true)', 'expected a name, such as X, found `"x"`', '"x"'],
    ["any(x [1], true)", "expected `,`, found `[`", "["],
    ["any(x, [1])", "expected `,`, found `)`", ")"],
    ["any(and, [1], true)", "expected a name, such as X, found `and`", "and"],
    ["let(user, 1, true)", "expected a name, such as X, found `user`", "user"],
    ["let(Now, 1, true)", "expected a name, such as X, found `Now`", "Now"],
    ["1e999", "expected a number up to 1.80e+308, found `1e999`", "1e999"],
    ["1.", "unexpected character .", "."],
    ["1 ! 2", "unexpected character !", "!"],
    ["1 & 2", "unexpected character &", "&"],
    ["\u{1f600}", "unexpected character \u{1f600}", "\u{1f600}"],
    ['"abc', "this text has no closing quote", '"abc'],
    ["1 == 'abc\\'", "this text has no closing quote", "'abc\\'"],
    ['"abc\\', "this text has no closing quote", '"abc\\'],
  ])("says of %s: %s", (source, message, marked) => {
    const error = errorOf(source);
    expect([error.message, source.slice(error.span?.start, error.span?.end)]).toEqual([
      message,
      marked,
    ]);
    expect(error.source).toBe(source);
  });

  it("marks the end where something is missing", () => {
    expect(errorOf('properties["seats"] >').span).toEqual({ start: 21, end: 21 });
  });

  it("reports the first of several", () => {
    expect(failureOf('1 == == 2 and "open')).toEqual(["selector.unexpected_token", "=="]);
  });

  it("shortens a long token", () => {
    const { message } = errorOf(`1 ${"x".repeat(1000)}`);
    expect(message).toBe(`expected an operator or the end, found \`${"x".repeat(30)}…\``);
  });
});
