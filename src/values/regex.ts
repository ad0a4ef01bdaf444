/**
 * Regular expressions that take time linear in the text: RE2 syntax, ignoring case unless `(?-i)` says otherwise.
 *
 * Compiled patterns are kept in a bounded cache, because one pattern meets many profiles.
 *
 * @module
 */
import { RE2JS } from "re2js";
import { createCache } from "./cache.ts";

/** The longest pattern, in UTF-16 units. */
export const PATTERN_LENGTH_MAX = 10_000;

/**
 * The most matches of `replacePattern`, times the length of its text.
 *
 * A match takes time linear in what it looks at, which may be all that is left, so that all matches together take
 * the square, and one profile keeps the process busy for a second. A text of 8,192 units may match everywhere.
 */
export const REPLACE_WORK_MAX = 67_108_864;

const CACHE_LENGTH_MAX = 1_000_000;
/** What an entry of the cache weighs besides its text. */
const ENTRY_WEIGHT = 1000;

/** A compiled pattern, or why it is none. */
type Compiled =
  | { readonly kind: "pattern"; readonly regex: RE2JS }
  | { readonly kind: "invalid"; readonly reason: string };

const cache = createCache<Compiled>(CACHE_LENGTH_MAX);

/** Why a text is not a pattern; undefined when it is one. */
export function patternProblem(pattern: string): string | undefined {
  const compiled = compilePattern(pattern);
  return compiled.kind === "invalid" ? compiled.reason : undefined;
}

/** Whether a pattern matches anywhere in a text; undefined for an invalid pattern. */
export function matchPattern(text: string, pattern: string): boolean | undefined {
  const compiled = compilePattern(pattern);
  return compiled.kind === "invalid" ? undefined : compiled.regex.matcher(text).find();
}

/**
 * The first match of a pattern, or a group of it counted from 1.
 *
 * @param group 0 is the whole match
 * @returns undefined without a match, for a group that took no part in it or is not there, and for an invalid
 *   pattern
 */
export function extractPattern(text: string, pattern: string, group: number): string | undefined {
  const compiled = compilePattern(pattern);
  if (compiled.kind === "invalid") return undefined;
  const matcher = compiled.regex.matcher(text);
  if (!Number.isInteger(group) || group < 0 || group > matcher.groupCount()) return undefined;
  return matcher.find() ? (matcher.group(group) ?? undefined) : undefined;
}

/**
 * The text with every match replaced; `$1` or `${1}` in the replacement is a group, `$0` the match, `$$` a dollar.
 *
 * @param lengthMax undefined is returned for a longer result
 * @returns undefined for an invalid pattern and for too many matches, too
 */
export function replacePattern(
  text: string,
  pattern: string,
  replacement: string,
  lengthMax: number,
): string | undefined {
  const compiled = compilePattern(pattern);
  if (compiled.kind === "invalid") return undefined;
  const matcher = compiled.regex.matcher(text);
  const parts = parseReplacement(replacement, matcher.groupCount());
  let result = "";
  let end = 0;
  let matchesLeft = Math.floor(REPLACE_WORK_MAX / Math.max(1, text.length));
  while (matcher.find()) {
    if (matchesLeft === 0) return undefined;
    matchesLeft--;
    result += text.slice(end, matcher.start());
    end = matcher.end();
    for (const part of parts) {
      result += typeof part === "string" ? part : (matcher.group(part) ?? "");
      if (result.length > lengthMax) return undefined;
    }
  }
  result += text.slice(end);
  return result.length > lengthMax ? undefined : result;
}

/** A replacement as texts and numbers of groups; a `$` before anything else is itself. */
function parseReplacement(replacement: string, groupCount: number): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  let end = 0;
  for (const match of replacement.matchAll(/\$(?:(\$)|(\d{1,4})|\{(\d{1,4})\})/g)) {
    const group = Number(match[2] ?? match[3]);
    if (match[1] === undefined && group > groupCount) continue;
    parts.push(replacement.slice(end, match.index), match[1] ?? group);
    end = match.index + match[0].length;
  }
  parts.push(replacement.slice(end));
  return parts.filter((part) => part !== "");
}

function compilePattern(pattern: string): Compiled {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = makePattern(pattern);
  cache.set(pattern, compiled, pattern.length + ENTRY_WEIGHT);
  return compiled;
}

function makePattern(pattern: string): Compiled {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    return { kind: "invalid", reason: `it is longer than ${PATTERN_LENGTH_MAX} characters` };
  }
  try {
    return { kind: "pattern", regex: RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The engine shows the pattern with the flag it put before it.
    const reason = message.replace(/^error parsing regexp: /, "").replace("`(?i)", "`");
    return { kind: "invalid", reason };
  }
}
