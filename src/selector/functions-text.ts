/**
 * Functions of texts. Lengths and indexes count code points.
 *
 * @module
 */
import { extractPattern, matchPattern, patternProblem, replacePattern } from "../values/regex.ts";
import { fold } from "../values/text.ts";
import { type Computed, isList } from "../values/value.ts";
import { between, exactly, type FunctionRow, type LiteralRule, strict } from "./function-row.ts";
import { kinds } from "./kinds.ts";
import { TEXT_LENGTH_MAX } from "./limits.ts";
import type { FunctionName } from "./syntax.ts";
import { hostOf, siteOf } from "./url.ts";

/** The names of these functions. */
export type TextFunction = Extract<
  FunctionName,
  | "has_prefix"
  | "has_suffix"
  | "upper"
  | "lower"
  | "len"
  | "left"
  | "right"
  | "mid"
  | "split"
  | "regex_match"
  | "regex_extract"
  | "regex_replace"
  | "parse_url"
>;

const TEXT = kinds("string", "undefined");
const TRUTH = kinds("boolean", "undefined");
const ASCII = /^[\0-\x7f]*$/;
const SURROGATE = /[\ud800-\udfff]/;

const PATTERN: LiteralRule = {
  index: 1,
  code: "selector.invalid_regex",
  problem: patternProblem,
};

/** Functions of texts; `len` counts the elements of a list, too. */
export const TEXT_FUNCTIONS: Readonly<Record<TextFunction, FunctionRow>> = {
  has_prefix: strict(exactly(2), TRUTH, ([text, prefix]) => {
    if (typeof text !== "string" || typeof prefix !== "string") return undefined;
    return fold(text).startsWith(fold(prefix));
  }),
  has_suffix: strict(exactly(2), TRUTH, ([text, suffix]) => {
    if (typeof text !== "string" || typeof suffix !== "string") return undefined;
    return fold(text).endsWith(fold(suffix));
  }),
  upper: strict(exactly(1), TEXT, ([text]) => convertCase(text, "toUpperCase")),
  lower: strict(exactly(1), TEXT, ([text]) => convertCase(text, "toLowerCase")),
  len: strict(exactly(1), kinds("number", "undefined"), ([value]) => {
    if (typeof value === "string") return countPoints(value);
    return isList(value) ? value.length : undefined;
  }),
  left: strict(exactly(2), TEXT, ([text, count]) => {
    if (typeof text !== "string" || !isCount(count)) return undefined;
    return slicePoints(text, 0, Math.floor(count));
  }),
  right: strict(exactly(2), TEXT, ([text, count]) => {
    if (typeof text !== "string" || !isCount(count)) return undefined;
    const length = countPoints(text);
    return slicePoints(text, Math.max(0, length - Math.floor(count)), length);
  }),
  mid: strict(exactly(3), TEXT, ([text, index, count]) => {
    if (typeof text !== "string" || !isCount(index) || !isCount(count) || index < 1) {
      return undefined;
    }
    const start = Math.floor(index) - 1;
    return slicePoints(text, start, start + Math.floor(count));
  }),
  split: strict(between(2, 3), kinds("string", "list", "undefined"), split, {
    index: 1,
    code: "selector.invalid_argument",
    problem: (delimiter) =>
      isDelimiter(delimiter) ? undefined : "the delimiter must be one ASCII character",
  }),
  regex_match: strict(
    exactly(2),
    TRUTH,
    ([text, pattern]) => {
      if (typeof text !== "string" || typeof pattern !== "string") return undefined;
      return matchPattern(text, pattern);
    },
    PATTERN,
  ),
  regex_extract: strict(between(2, 3), TEXT, extract, PATTERN),
  regex_replace: strict(
    exactly(3),
    TEXT,
    ([text, pattern, replacement]) => {
      if (typeof text !== "string" || typeof pattern !== "string") return undefined;
      if (typeof replacement !== "string") return undefined;
      return replacePattern(text, pattern, replacement, TEXT_LENGTH_MAX);
    },
    PATTERN,
  ),
  parse_url: strict(
    exactly(2),
    TEXT,
    ([text, part]) => {
      if (typeof text !== "string" || typeof part !== "string") return undefined;
      return urlPart(text, fold(part));
    },
    {
      index: 1,
      code: "selector.invalid_argument",
      problem: (part) =>
        isUrlPart(fold(part)) ? undefined : 'the part must be "domain" or "full_domain"',
    },
  ),
};

function isCount(value: Computed): value is number {
  return typeof value === "number" && value >= 0;
}

/** Maps each code point by itself; one whose other case is longer than a code point stays as it is. */
function convertCase(text: Computed, method: "toUpperCase" | "toLowerCase"): string | undefined {
  if (typeof text !== "string") return undefined;
  if (ASCII.test(text)) return text[method]();
  let converted = "";
  for (const point of text) {
    const mapped = point[method]();
    converted += countPoints(mapped) === 1 ? mapped : point;
  }
  return converted;
}

function countPoints(text: string): number {
  return SURROGATE.test(text) ? Array.from(text).length : text.length;
}

function slicePoints(text: string, start: number, end: number): string {
  if (!SURROGATE.test(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join("");
}

function isDelimiter(text: string): boolean {
  return text.length === 1 && ASCII.test(text);
}

/** All parts, or the n-th counted from 1; a text without the delimiter is its own n-th part for every n. */
function split(values: readonly Computed[]): Computed {
  const [text, delimiter, part] = values;
  if (typeof text !== "string" || typeof delimiter !== "string") return undefined;
  if (!isDelimiter(delimiter)) return undefined;
  if (values.length === 2) return text.split(delimiter);
  if (typeof part !== "number") return undefined;
  return text.includes(delimiter) ? text.split(delimiter)[part - 1] : text;
}

function extract(values: readonly Computed[]): string | undefined {
  const [text, pattern, group] = values;
  if (typeof text !== "string" || typeof pattern !== "string") return undefined;
  if (values.length === 2) return extractPattern(text, pattern, 0);
  return typeof group === "number" ? extractPattern(text, pattern, group) : undefined;
}

function isUrlPart(part: string): boolean {
  return part === "domain" || part === "full_domain";
}

function urlPart(text: string, part: string): string | undefined {
  if (!isUrlPart(part)) return undefined;
  const host = hostOf(text);
  if (host === undefined) return undefined;
  const site = siteOf(host);
  return part === "domain" ? site.name : site.fullName;
}
