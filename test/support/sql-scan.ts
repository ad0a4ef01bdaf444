/**
 * Where sources make SQL of anything but fixed words: calls of `raw`, `new Fragment` and the engine's own functions.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

/** Ways for text to become SQL that are not a `sql` template. */
const CALL =
  /(?<![\w.])raw\(|\bnew Fragment\(|\.(?:run|runAndReadAll|runAndRead|runUntil|stream|streamAndReadAll|streamAndRead|start|startStream|prepare|extractStatements|createAppender)\(/g;
const COMMENT = /^\s*(?:\/?\*|\/\/).*$/gm;
const FIXED = /^"[^"]*"$/;

/** What stands in SQL beside fixed words, as `file: expression`, each once. */
export function sqlHoles(folders: readonly string[]): readonly string[] {
  const holes = folders.flatMap((folder) =>
    readdirSync(`src/${folder}`, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) => {
        const source = readFileSync(`src/${folder}/${path}`, "utf8");
        return holesOf(source).map((hole) => `${folder}/${path}: ${hole}`);
      }),
  );
  return [...new Set(holes)].toSorted();
}

/** The expressions of one source that become SQL. */
export function holesOf(source: string): readonly string[] {
  const code = source.replaceAll(COMMENT, "");
  return [...code.matchAll(CALL)].flatMap((call) => {
    const first = firstArgument(code, call.index + call[0].length);
    // Functions of ours are called so, too; what they are given is no SQL.
    if (first === "" || /^(?:async )?(?:function\b|\()/.test(first) || FIXED.test(first)) return [];
    return first.startsWith("`") && first.endsWith("`") ? inTemplate(first) : [first];
  });
}

/** The first argument of a call, from after its parenthesis; spaces are made one. */
function firstArgument(code: string, start: number): string {
  const end = endOf(code, start, /[,)]/);
  return code.slice(start, end).trim().replaceAll(/\s+/g, " ");
}

function inTemplate(template: string): readonly string[] {
  const holes: string[] = [];
  for (let at = template.indexOf("${"); at !== -1; at = template.indexOf("${", at)) {
    const end = endOf(template, at + 2, /\}/);
    holes.push(template.slice(at + 2, end));
    at = end;
  }
  return holes;
}

/** Where an expression ends: the first of some characters that is in no bracket, text or template. */
function endOf(code: string, start: number, stop: RegExp): number {
  let depth = 0;
  for (let at = start; at < code.length; at++) {
    const character = code[at] ?? "";
    if (depth === 0 && stop.test(character)) return at;
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (`"'\``.includes(character)) at = endOfText(code, at);
  }
  return code.length;
}

function endOfText(code: string, start: number): number {
  const quote = code[start];
  for (let at = start + 1; at < code.length; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === quote) return at;
    else if (quote === "`" && code.startsWith("${", at)) at = endOf(code, at + 2, /\}/);
  }
  return code.length;
}
