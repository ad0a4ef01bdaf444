import { describe, expect, it } from "vitest";
import { compile } from "../../src/selector/selector.ts";
import { errorOf, failureOf } from "../support/selector.ts";

describe("conditions", () => {
  it.each([
    ['"abc" and true', '"abc"', "and needs a condition, found string"],
    ["true or 5", "", ""],
    ["false or 5", "5", "or needs a condition, found number"],
    ["true and -5", "-5", "and needs a condition, found number"],
    ["NOW and true", "NOW", "and needs a condition, found number"],
    ["[true] or false", "[true]", "or needs a condition, found list"],
    ["(true and (1)) or false", "(1)", "and needs a condition, found number"],
    ["true and true and 'x'", "'x'", "and needs a condition, found string"],
    ["typeof(1) and true", "typeof(1)", "and needs a condition, found string"],
    ["today() and true", "today()", "and needs a condition, found datetime"],
    ['if(properties["a"], 1, "b") and true', 'if(properties["a"], 1, "b")', "string or number"],
    ["any(x, [1], 'y' or true)", "'y'", "or needs a condition, found string"],
    ["[true and 1]", "1", "and needs a condition, found number"],
    ['not "x" and (1 == 2 or "y")', '"y"', "or needs a condition, found string"],
  ])("of %s marks %s", (source, marked, message) => {
    if (marked === "") {
      expect(compile(source)).toBeDefined();
      return;
    }
    expect(failureOf(source)).toEqual(["selector.wrong_type", marked]);
    expect(errorOf(source).message).toContain(message);
  });

  it.each([
    'properties["a"] and true',
    "null or undefined",
    'false and "unread"',
    'undefined and "unread"',
    "true or 'unread'",
    '"a" + "b" and true',
    'if(properties["a"], 1, properties["b"]) and true',
    "ifs(true, 1) and true",
    'let(x, "a", x) and true',
    '"abc"',
    'not "abc"',
  ])("takes %s", (source) => {
    expect(compile(source)).toBeDefined();
  });
});

describe("names", () => {
  it.each([
    ["country == 1", "unknown name country", 'write properties["country"] for a property'],
    ["propertes['a']", "unknown name propertes", 'did you mean properties["…"]?'],
    ["Properties['a']", "unknown name Properties", 'did you mean properties["…"]?'],
    ["behaviours['a']", "unknown name behaviours", 'did you mean behaviors["…"]?'],
    ["tru", "unknown name tru", "did you mean true?"],
    ["none == 1", "unknown name none", "did you mean"],
    ["defined", "unknown name defined", "did you mean defined(…)?"],
    ["any(item, [1], itm == 1)", "unknown name itm", "did you mean item?"],
    ["any(X, [1], x == 1)", "unknown name x", "did you mean X?"],
    ["any(X, [1], true) and X", "unknown name X", ""],
    ["let(x, x, 1)", "unknown name x", ""],
    ["has_prefx('a', 'b')", "unknown function has_prefx()", "did you mean has_prefix()?"],
    ["flor(1)", "unknown function flor()", "did you mean floor()?"],
    ["frobnicate(1)", "unknown function frobnicate()", "the selector reference lists"],
    ["__proto__(1)", "unknown function __proto__()", ""],
    ["constructor", "unknown name constructor", ""],
  ])("of %s says %s", (source, message, hint) => {
    const error = errorOf(source);
    expect(error.message).toBe(message);
    expect(error.hint).toContain(hint);
  });

  it.each([
    "any(X, [1], X == 1)",
    "any(X, [[1]], any(Y, X, Y == 1 and X != 2))",
    "let(x, 1, let(x, x + 1, x))",
    "filter(_a1, [1], all(b, [2], _a1 < b))",
  ])("takes %s", (source) => {
    expect(compile(source)).toBeDefined();
  });
});

describe("scopes", () => {
  const behaviors = { behaviors: new Set(["signed up"]), event: false };
  const event = { behaviors: new Set<string>(), event: true };

  it("refuses events in a profile selector", () => {
    expect(failureOf('true and event["$time"] == 1')).toEqual([
      "selector.not_available_here",
      'event["$time"]',
    ]);
    expect(compile('event["$time"] == 1', event)).toBeDefined();
  });

  it("knows the behaviors of its query", () => {
    expect(compile('behaviors["signed up"] > 0', behaviors)).toBeDefined();
    expect(failureOf('behaviors["Signed up"] > 0', behaviors)[0]).toBe("selector.unknown_behavior");
    expect(failureOf('behaviors["signed up"] > 0')[0]).toBe("selector.unknown_behavior");
    expect(failureOf('behaviors["signed up"] > 0', event)[0]).toBe("selector.not_available_here");
  });
});

describe("arguments", () => {
  it.each([
    ["defined()", "defined() takes 1 argument, found 0"],
    ["defined(1, 2)", "defined() takes 1 argument, found 2"],
    ["string()", "string() takes 1 or 2 arguments, found 0"],
    ["datetime()", "datetime() takes 1 or 3 to 6 arguments, found 0"],
    ["datetime(1, 2)", "datetime() takes 1 or 3 to 6 arguments, found 2"],
    ["datetime(1, 2, 3, 4, 5, 6, 7)", "datetime() takes 1 or 3 to 6 arguments, found 7"],
    ["today(1)", "today() takes no arguments, found 1"],
    ["if(true, 1)", "if() takes 3 arguments, found 2"],
    ["ifs()", "ifs() takes pairs of a condition and a value, found 0"],
    ["ifs(true, 1, false)", "ifs() takes pairs of a condition and a value, found 3"],
    ["split('a')", "split() takes 2 or 3 arguments, found 1"],
  ])("of %s: %s", (source, message) => {
    expect(errorOf(source).message).toBe(message);
    expect(failureOf(`true and ${source}`)).toEqual(["selector.wrong_argument_count", source]);
  });

  it.each([
    ["regex_match('a', '(')", "selector.invalid_regex", "'('"],
    ["regex_extract('a', '(?<=b)a', 0)", "selector.invalid_regex", "'(?<=b)a'"],
    ["regex_replace('a', 'b++', '')", "selector.invalid_regex", "'b++'"],
    ["split('a', '')", "selector.invalid_argument", "''"],
    ["split('a', 'ab', 1)", "selector.invalid_argument", "'ab'"],
    ["split('a', '\u00e9')", "selector.invalid_argument", "'\u00e9'"],
    ["parse_url('a', 'path')", "selector.invalid_argument", "'path'"],
    ["datedif(today(), today(), 'W')", "selector.invalid_argument", "'W'"],
  ])("of %s: %s", (source, code, marked) => {
    expect(failureOf(source)).toEqual([code, marked]);
  });

  it("leaves to the data what only data knows", () => {
    expect(compile("regex_match('a', properties[\"pattern\"])")).toBeDefined();
    expect(compile('datedif(today(), today(), properties["unit"])')).toBeDefined();
  });
});
