import { describe, expect, it } from "vitest";
import { FUNCTIONS } from "../../src/selector/functions.ts";
import { kinds } from "../../src/selector/kinds.ts";
import { parse } from "../../src/selector/parser.ts";
import { evaluate, type Subject } from "../../src/selector/selector.ts";
import { type Computed, Datetime, kindOf, type Value } from "../../src/values/value.ts";
import { answerOf, CONTEXT } from "../support/selector.ts";

const P = 'properties["p"]';

describe("texts", () => {
  it.each<[string, Computed]>([
    ["has_prefix('United States', 'united')", true],
    ["has_prefix('Unite', 'united')", false],
    ["has_prefix(5, '5')", undefined],
    ["has_suffix('United States', 'STATES')", true],
    ["has_suffix('a', 5)", undefined],
    ["upper('hello')", "HELLO"],
    ["upper('stra\u00dfe')", "STRA\u00dfE"],
    ["upper('\u{10428}')", "\u{10400}"],
    ["lower('FacEBook')", "facebook"],
    ["lower('\u0130\u03a3')", "\u0130\u03c3"],
    ["upper(5)", undefined],
    ["len('Canada')", 6],
    ["len('a\u{1f600}b')", 3],
    ["len('')", 0],
    ["len([1, [2, 3]])", 2],
    ["len(5)", undefined],
    ["left('Canada', 3)", "Can"],
    ["left('a\u{1f600}b', 2)", "a\u{1f600}"],
    ["left('ab', 5)", "ab"],
    ["left('ab', 0)", ""],
    ["left('ab', 1.9)", "a"],
    ["left('ab', -1)", undefined],
    ["left('ab', '1')", undefined],
    ["left(5, 1)", undefined],
    ["right('Canada', 3)", "ada"],
    ["right('a\u{1f600}b', 2)", "\u{1f600}b"],
    ["right('ab', 5)", "ab"],
    ["right('ab', 0)", ""],
    ["mid('Canada', 1, 4)", "Cana"],
    ["mid('a\u{1f600}b', 2, 1)", "\u{1f600}"],
    ["mid('abc', 3, 5)", "c"],
    ["mid('abc', 4, 1)", ""],
    ["mid('abc', 0, 1)", undefined],
    ["mid('abc', 1, -1)", undefined],
    ["mid('abc', 1e300, 1e300)", ""],
  ])("has %s as %j", (source, value) => {
    expect(answerOf(source)).toEqual(value);
  });

  it.each<[string, Computed]>([
    ["split('dwight@dm.com', '@')", ["dwight", "dm.com"]],
    ["split('a//b', '/')", ["a", "", "b"]],
    ["split('a/b', '-')", ["a/b"]],
    ["split('', '/')", [""]],
    ["split('dwight@dm.com', '@', 2)", "dm.com"],
    ["split('dwight@dm.com', '@', 4)", undefined],
    ["split('dwight@dm.com', '/', 2)", "dwight@dm.com"],
    ["split('empty//string/', '/', 2)", ""],
    ["split('a/b', '/', 0)", undefined],
    ["split('a/b', '/', 1.5)", undefined],
    ["split('a/b', '/', '1')", undefined],
    [`split('a/b', '/', ${P})`, undefined],
    [`split('a/b', ${P})`, undefined],
    ["split(5, '/')", undefined],
  ])("has %s as %j", (source, value) => {
    expect(answerOf(source)).toEqual(value);
  });

  it.each<[string, Computed]>([
    ["regex_match('zzhaystackzz', 'HA(..)TACK')", true],
    ["regex_match('HAYSTACK', '(?-i)haystack')", false],
    ["regex_match(5, '5')", undefined],
    [`regex_match('a', ${P})`, undefined],
    ["regex_extract('iPhone5.1', 'iPhone(...)', 1)", "5.1"],
    ["regex_extract('iPhone5.1', '[0-9]')", "5"],
    ["regex_extract('iPhone', '[0-9]')", undefined],
    ["regex_extract('a', 'a', 1)", undefined],
    ["regex_extract('a', 'a', 'x')", undefined],
    ["regex_replace('$1,234,567', '[^.0-9]*', '')", "1234567"],
    ["regex_replace('ab', '(a)(b)', '$2$1')", "ba"],
    ["regex_replace('ab', 'a', 5)", undefined],
  ])("has %s as %j", (source, value) => {
    expect(answerOf(source)).toEqual(value);
  });

  it("has an invalid pattern from data as undefined", () => {
    expect(answerOf(`regex_match('a', ${P})`, { p: "(" })).toBeUndefined();
    expect(answerOf(`regex_replace('a', ${P}, '')`, { p: "(?=a)" })).toBeUndefined();
  });

  it.each<[string, string | undefined, string | undefined]>([
    ["https://www.google.co.uk/search?q=1", "google", "google.co.uk"],
    ["http://mixpanel.com", "mixpanel", "mixpanel.com"],
    ["https://docs.mixpanel.com:8080/a#b", "mixpanel", "mixpanel.com"],
    ["HTTPS://User:Secret@Example.COM./", "example", "example.com"],
    ["//example.com/a", "example", "example.com"],
    ["example.com/a?b=http://c.d", "example", "example.com"],
    ["shop.com.br", "shop", "shop.com.br"],
    ["co.uk", "co", "co.uk"],
    ["http://localhost:3000/", "localhost", "localhost"],
    ["http://192.168.0.1/", "192.168.0.1", "192.168.0.1"],
    ["https://m\u00fcnchen.de", "m\u00fcnchen", "m\u00fcnchen.de"],
    ["localhost", undefined, undefined],
    ["not a url", undefined, undefined],
    ["", undefined, undefined],
    ["http://", undefined, undefined],
    ["http://a..b", undefined, undefined],
    ["/path/only", undefined, undefined],
  ])("has the site of %s as %s of %s", (url, domain, fullDomain) => {
    expect(answerOf(`parse_url(${P}, "domain")`, { p: url })).toBe(domain);
    expect(answerOf(`parse_url(${P}, "FULL_DOMAIN")`, { p: url })).toBe(fullDomain);
  });
});

describe("choices, numbers and lists", () => {
  it.each<[string, Computed]>([
    ["if(1 == 1, 'a', 'b')", "a"],
    [`if(${P}, 'a', 'b')`, "b"],
    ["if('x', 'a', 'b')", "b"],
    ["ifs(false, 1, true, 2, true, 3)", 2],
    ["ifs(false, 1)", undefined],
    ["min(2, 1)", 1],
    ["max(2, 1)", 2],
    ["max(2, '3')", undefined],
    ["round(2.5)", 3],
    ["round(0 - 2.5)", -3],
    ["floor('2')", undefined],
    ["sum([1, '2', 3, true])", 4],
    ["sum([])", 0],
    ["sum([1e308, 1e308])", undefined],
    ["sum(5)", undefined],
    ["any(X, [5, 205], X > 300)", false],
    ["any(X, [5, 205], X >= 5 and X < 300)", true],
    ["any(X, [], true)", false],
    ["any(X, 5, X == 5)", true],
    ["any(X, 'ab', X == 'ab')", true],
    ["any(X, null, true)", undefined],
    [`any(X, ${P}, true)`, undefined],
    ["any(X, [1], 'yes')", false],
    ["all(X, [5, 205], X > 5)", false],
    ["all(X, [5, 205], X >= 5)", true],
    ["all(X, [], false)", true],
    ["all(X, [1], 'yes')", false],
    [`all(X, ${P}, true)`, undefined],
    ["filter(X, [5, 205, 178], X > 100)", [205, 178]],
    ["filter(X, 5, true)", [5]],
    ["map(X, ['Georgia', 1], lower(X))", ["georgia", undefined]],
    ["map(X, [1, 2], map(Y, [10], X * Y))", [[10], [20]]],
    ["sum(filter(X, [5, 205, 178], X > 100))", 383],
    ["let(x, 2, let(y, x * x, x + y))", 6],
    ["let(x, 1, let(x, x + 1, x) + x)", 3],
    ["any(X, [1], let(X, 5, X == 5) and X == 1)", true],
  ])("has %s as %j", (source, value) => {
    expect(answerOf(source)).toEqual(value);
  });

  it.each([
    ['if(true, properties["a"], properties["b"])', ["a"]],
    ['if(properties["a"], properties["b"], properties["c"])', ["a", "c"]],
    ['ifs(properties["a"], properties["b"], true, properties["c"], true, 1)', ["a", "c"]],
    ['properties["a"] and properties["b"]', ["a", "b"]],
    ['properties["a"] == 1 and properties["b"]', ["a"]],
    ['not properties["a"] or properties["b"]', ["a"]],
    ['any(X, [true, properties["a"]], X or properties["b"])', ["a"]],
  ])("reads for %s the properties %j", (source, names) => {
    const read: string[] = [];
    const subject: Subject = {
      property(name) {
        read.push(name);
        return undefined;
      },
      behavior: () => 0,
    };
    evaluate(parse(source), subject, CONTEXT);
    expect(read).toEqual(names);
  });

  it("reads members and elements", () => {
    const p: Value = { list: [1, { k: "v" }], "": 0, __proto__: null };
    expect(answerOf(`${P}["list"][1]["k"]`, { p })).toBe("v");
    expect(answerOf(`${P}[""]`, { p })).toBe(0);
    expect(answerOf(`${P}["toString"]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["constructor"]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["list"]["length"]`, { p })).toBeUndefined();
    expect(answerOf(`${P}[0]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["list"][2]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["list"][0 - 1]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["list"][0.5]`, { p })).toBeUndefined();
    expect(answerOf(`${P}["list"]["0"]`, { p })).toBeUndefined();
    expect(answerOf("'abc'[0]")).toBeUndefined();
    expect(answerOf(`${P}["own"]`, { p: JSON.parse('{"__proto__": {"own": 1}}') })).toBeUndefined();
    expect(
      answerOf(`${P}["__proto__"]["own"]`, { p: JSON.parse('{"__proto__": {"own": 1}}') }),
    ).toBe(1);
  });
});

describe("dates", () => {
  it.each<[string, string, Computed]>([
    ['datetime("2024-01-01T00:00:00")', "Europe/Berlin", new Datetime(1_704_063_600)],
    ['datetime("2024-01-01T00:00:00Z")', "Europe/Berlin", new Datetime(1_704_067_200)],
    ['datetime("2024-01-01" + "")', "Europe/Berlin", new Datetime(1_704_067_200)],
    ["datetime(2024, 1, 1)", "Europe/Berlin", new Datetime(1_704_063_600)],
    ["datetime(2024, 1, 1, 2, 3, 4)", "UTC", new Datetime(1_704_074_584)],
    ["datetime(2024, 2, 30)", "UTC", undefined],
    ["datetime(2024, 1, 1.5)", "UTC", undefined],
    ["datetime(2024, '1', 1)", "UTC", undefined],
    ["string(datetime(0 + 1))", "Europe/Berlin", "1970-01-01T01:00:01"],
    ["today()", "UTC", new Datetime(1_699_920_000)],
    ["today()", "Asia/Tokyo", new Datetime(1_699_974_000)],
    ["NOW", "Asia/Tokyo", 1_700_000_000],
    ['datedif("2023-10-01", today(), "D")', "UTC", 44],
    ['datedif("2023-10-01", today(), "m")', "UTC", 1],
    ['datedif(today(), "2023-10-01", "D")', "UTC", undefined],
    ['datedif("soon", today(), "D")', "UTC", undefined],
    ['datedif(1, today(), "D")', "UTC", undefined],
    [`datedif("2023-10-01", today(), ${P})`, "UTC", undefined],
  ])("has %s in %s as %j", (source, zone, value) => {
    expect(answerOf(source, {}, zone)).toEqual(value);
  });

  it("reads a stored text in UTC, whatever the zone of the project", () => {
    const p = "2024-01-01T00:00:00";
    expect(answerOf(`datetime(${P})`, { p }, "Europe/Berlin")).toEqual(new Datetime(1_704_067_200));
    expect(answerOf(`${P} == datetime(1704067200)`, { p }, "Europe/Berlin")).toBe(true);
  });
});

describe("the table", () => {
  it("gives only kinds it says it gives, for arguments of every kind", () => {
    const operands = ['"a"', "1", "true", 'datetime("2024-01-01")', "[1]", P, "null", "undefined"];
    for (const [name, { count, result }] of Object.entries(FUNCTIONS)) {
      if (typeof result !== "number") continue;
      for (const operand of operands) {
        const given = [operand, '"a"', '"D"', "1", "1", "1"].slice(0, Math.max(count.min, 1));
        const source = `${name}(${count.max === 0 ? "" : given.join(", ")})`;
        const kind = kindOf(answerOf(safe(source), { p: { a: 1 } }));
        expect([source, kind, (result & kinds(kind)) !== 0]).toEqual([source, kind, true]);
      }
    }
  });

  /** The text with literals that the checker would look at put into a place where it does not. */
  function safe(source: string): string {
    return source.replace(/^(parse_url|datedif)\((.*), ("[^"]*")\)$/, "$1($2, if(true, $3, 0))");
  }
});
