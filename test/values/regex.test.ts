import { describe, expect, it } from "vitest";
import {
  extractPattern,
  matchPattern,
  PATTERN_LENGTH_MAX,
  patternProblem,
  REPLACE_WORK_MAX,
  replacePattern,
} from "../../src/values/regex.ts";

describe("matchPattern", () => {
  it.each<[string, string, boolean | undefined]>([
    ["haystack", "ST", true],
    ["haystack", "(?-i)ST", false],
    ["haystack", "(?-i)st", true],
    ["haystack", "^st", false],
    ["a\nb", "^b", false],
    ["a\nb", "(?m)^b", true],
    ["STRA\u00dfE", "stra\u1e9ee", true],
    ["\u{1f600}", "^.$", true],
    ["", "", true],
    ["x", "(", undefined],
    ["x", "(?<=a)x", undefined],
    ["x", "(x)\\1", undefined],
    ["x", "x++", undefined],
    ["x", "(?>x)", undefined],
  ])("says of %j and %s %s", (text, pattern, answer) => {
    expect(matchPattern(text, pattern)).toBe(answer);
    expect(patternProblem(pattern) === undefined).toBe(answer !== undefined);
  });

  it("takes time linear in the text", () => {
    const start = performance.now();
    expect(matchPattern("a".repeat(60_000), "^(a+)+$|(a|aa)*b")).toBe(true);
    expect(matchPattern("a".repeat(60_000), "(a*)*b")).toBe(false);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("takes patterns up to a length", () => {
    expect(patternProblem("a".repeat(PATTERN_LENGTH_MAX))).toBeUndefined();
    expect(patternProblem("a".repeat(PATTERN_LENGTH_MAX + 1))).toContain("10000 characters");
  });

  it.each(["(".repeat(5000), "(?:a{1000}){1000}", "a{1001}", "(a".repeat(3000) + ")".repeat(3000)])(
    "refuses a pattern that explodes",
    (pattern) => {
      expect(matchPattern("a", pattern)).toBeUndefined();
      expect(patternProblem(pattern)).not.toContain("error parsing regexp");
    },
  );
});

describe("extractPattern", () => {
  it.each<[string, string, number, string | undefined]>([
    ["iPhone5.1", "iPhone(...)", 1, "5.1"],
    ["iPhone5.1", "iphone(...)", 0, "iPhone5.1"],
    ["a1b2", "[0-9]", 0, "1"],
    ["ab", "a(x)?b", 1, undefined],
    ["ab", "a()b", 1, ""],
    ["ab", "a", 1, undefined],
    ["ab", "a", -1, undefined],
    ["ab", "(a)", 0.5, undefined],
    ["ab", "c", 0, undefined],
    ["ab", "(", 0, undefined],
  ])("of %j by %s, group %d, is %j", (text, pattern, group, found) => {
    expect(extractPattern(text, pattern, group)).toBe(found);
  });
});

describe("replacePattern", () => {
  it.each<[string, string, string, string | undefined]>([
    ["$1,234,567", "[^.0-9]", "", "1234567"],
    ["a b", "(a) (b)", "$2 $1", "b a"],
    ["a b", "(a) (b)", "$\u007b2}0$0", "b0a b"],
    ["aXa", "A", "$$", "$X$"],
    ["a", "a", "$1", "$1"],
    ["a", "a", "$", "$"],
    ["a", "a", "\\0", "\\0"],
    ["ab", "(x)?b", "[$1]", "a[]"],
    ["abc", "x*", "-", "-a-b-c-"],
    ["\u{1f600}b", "x*", "-", "-\u{1f600}-b-"],
    ["abc", "x", "y", "abc"],
    ["abc", "(", "y", undefined],
  ])("of %j by %s with %s is %j", (text, pattern, replacement, result) => {
    expect(replacePattern(text, pattern, replacement, 100)).toBe(result);
  });

  it("shows a broken pattern as it was written", () => {
    expect(patternProblem("(")).toBe("missing closing ): `(`");
  });

  it("gives up on too many matches in a long text", () => {
    const length = 262_144;
    const countMax = REPLACE_WORK_MAX / length;
    const text = (count: number) => "a".repeat(count) + "b".repeat(length - count);
    expect(replacePattern(text(countMax), "a", "", length)).toBe("b".repeat(length - countMax));
    expect(replacePattern(text(countMax + 1), "a", "", length)).toBeUndefined();
  });

  it("gives up on a result that is too long", () => {
    expect(replacePattern("aaaa", "a", "bb", 8)).toBe("bbbbbbbb");
    expect(replacePattern("aaaa", "a", "bb", 7)).toBeUndefined();
    expect(replacePattern("aaaac", "a", "bb", 8)).toBeUndefined();
  });
});
