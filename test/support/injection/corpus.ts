/**
 * Hostile texts: known payloads for every interpreter that might be in reach, and random mutations of them.
 *
 * Each holds a marker, so that it is recognised wherever it turns up.
 *
 * @module
 */

/** Is in every text that can carry it, in either case. Nothing else in the project says so. */
const MARKER = "qzqz";

/** The marker, or a name that only a hostile text gives to anything. */
const HOSTILE = /qzqz|__proto__|constructor|hasownproperty|tostring/i;

/** Whether a text holds one of the corpus. */
export function isTainted(text: string): boolean {
  return HOSTILE.test(text);
}

/** Payloads by what they are for; `~` is where the marker goes. */
const PAYLOADS: readonly string[] = [
  // SQL: ends of literals and identifiers, comments, statements, parameters, what DuckDB alone reads.
  "~'; drop table whom.properties; --",
  "~' or '1'='1",
  '~" or ""="',
  '~"; select 1; --',
  "~') union all select current_setting('memory_limit') --",
  "~$$; checkpoint; $$",
  "~$tag$ or true $tag$",
  "~/*",
  "*/ or true /* ~",
  "~ -- ",
  "~\\'; select 1; --",
  "$1 ~ $2 ?1 :name",
  "~'||(select sum(1) from range(10))||'",
  "'); copy (select 1) to '/tmp/~'; --",
  "read_csv('/etc/passwd') ~",
  "getenv('HOME') ~",
  "E'\\x27~",
  "~;",
  "`~`",
  "[~]",
  'U&"\\0022~',
  // JSON paths, which DuckDB reads in texts that begin so.
  "$.~",
  "$[0].~",
  "/~/0",
  "$**.~",
  // Wildcards and patterns.
  "%~%",
  "~_",
  "_~%\\_",
  "*~?[a-z]{1,2}",
  ".*~.*",
  "(?i)~|.*",
  "[^~]$",
  "~(",
  "\\E~\\Q.*",
  // Selectors.
  '~"] == properties["~',
  '~" or true or "',
  "~') or (true",
  "properties[~]",
  // Objects of JavaScript.
  "__proto__",
  "constructor",
  "prototype~",
  "toString",
  "hasOwnProperty",
  "__defineGetter__~",
  "length",
  "then",
  "__proto__.~",
  "constructor[prototype][~]",
  // Terminals: titles, cursor, colours that hide, C1 forms, links, and what turns the text around.
  "\u001b]0;~\u0007",
  "\u001b]8;;http://~\u001b\\x\u001b]8;;\u001b\\",
  "\u001b[2J\u001b[H~",
  "\u001b[8m~\u001b[0m",
  "\u001b[6n~",
  "\u001bP~\u001b\\",
  "\u009b2J~\u009b8m",
  "\u009d0;~\u009c",
  "~\b\b\b\b",
  "~\u007f",
  "~\u202egnp.exe\u2066",
  "{bar}~{percentage}{value}",
  // Lines: of logs, of headers, of CSV, of NDJSON.
  '~\n{"level":60,"msg":"forged"}',
  "~\r\nSet-Cookie: a=b\r\n\r\n<html>",
  "~\r\nX-Forged: 1",
  "~%0d%0aX-Forged: 1",
  "~\u0085X-Forged: 1\u2028\u2029",
  // Spreadsheets.
  "=cmd|' /C calc'!A0~",
  '=HYPERLINK("http://~","x")',
  "+1+~",
  "-2+3+cmd|~",
  "@SUM(~)",
  "\t=1+~",
  "\r=1+~",
  "\n=1+~",
  "\uff1d1+~",
  '","=1+~',
  "';~",
  // Pages.
  "<script>alert('~')</script>",
  '"><img src=x onerror=alert(~)>',
  "javascript:alert(~)",
  "</script><svg onload=~>",
  "{{constructor.constructor('~')()}}",
  // Metrics, formats, templates, shells.
  '~"} 1\nforged_total{a="b"} 1',
  "~\\n# TYPE forged counter",
  "%s%n%d~",
  `\${~}#{~}{{~}}`,
  "`id`~$(id)",
  "|id;~&",
  "-~",
  "--~=1",
  // Paths.
  "../../../../etc/~",
  "..%2f..%2f~",
  "..\\..\\~",
  "/etc/passwd~",
  "C:\\~",
  "file:///~",
  "CON~",
  ".~",
  // Encodings.
  "~\u0000",
  "\u0000~'",
  "~\ud800",
  "\udfff~\ud800'",
  "\ufeff~",
  "~e\u0301\u212b\u1e9e\u0130",
  "\uff07 or 1=1 ~",
  "\u02bc~\u2019",
  "~\u{1f916}",
  "\u00a0~\u3000",
  "",
  "~".repeat(64),
];

/** A source of random numbers that a seed repeats: `randomFrom` of the paging check, for instance. */
export type Random = () => number;

/** A text of the payload as it is. */
function marked(payload: string): string {
  return payload.replaceAll("~", MARKER);
}

/** What is put into payloads at random. */
const SPLINTERS: readonly string[] = [
  "'",
  '"',
  "''",
  "\\",
  ";",
  "--",
  "/*",
  "$1",
  "?",
  "%",
  "_",
  "\u0000",
  "\n",
  "\r",
  "\t",
  "\u001b[",
  "\u009b",
  "\ud800",
  "\udc00",
  "]",
  ")",
  "`",
  "{",
  "<",
  "\u202e",
  "\uff1d",
  " ",
];

/** The corpus of one round: every payload, and as many mutations. */
export function corpusOf(random: Random, mutationCount: number): readonly string[] {
  const texts = PAYLOADS.map(marked);
  for (let count = 0; count < mutationCount; count++) texts.push(mutation(random));
  return [...new Set(texts)];
}

/** Two payloads joined, splinters in between, sometimes in upper case or long. The marker is put in whole at the end. */
function mutation(random: Random): string {
  const at = (length: number): number => Math.floor(random() * length);
  let text = pick(PAYLOADS, random);
  if (random() < 0.5) {
    const other = pick(PAYLOADS, random);
    text = text.slice(0, at(text.length + 1)) + other.slice(at(other.length + 1));
  }
  for (let count = at(4); count > 0; count--) {
    const place = at(text.length + 1);
    text = text.slice(0, place) + pick(SPLINTERS, random) + text.slice(place);
  }
  if (random() < 0.1) text = text.toUpperCase();
  if (random() < 0.03) text = text.repeat(1 + at(8));
  const place = at(text.length + 1);
  return marked(`${text.slice(0, place)}~${text.slice(place)}`);
}

/** One of a list. */
function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}
