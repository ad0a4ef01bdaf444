/**
 * Values that requests carry: right ones, nearly right ones, and nasty ones.
 *
 * @module
 */

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** One of some. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** Whether something happens that does so once in so many times. */
export function once(random: Random, times: number): boolean {
  return random() * times < 1;
}

const TEXTS: readonly string[] = [
  "",
  " ",
  "a",
  "null",
  "None",
  "undefined",
  "true",
  "__proto__",
  "constructor",
  "toString",
  "p00001",
  "é̂\u{1f600}",
  "\0",
  "\uffff",
  "\u{10000}",
  "\ufeffbom",
  "../../etc/passwd",
  "'; drop table profiles_1; --",
  '"><script>alert(1)</script>',
  "%00%ff%",
  "\r\nX-Injected: 1",
  "\u001b[31m",
  "x".repeat(5_000),
  "2024-02-30",
  "2024-01-31T10:00:00",
  "9999-12-31",
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  1.5,
  1e21,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1_700_000_000,
  1e12,
];

const SELECTORS: readonly string[] = [
  "true",
  'properties["plan"] == "pro"',
  'not properties["n"] > 10 and "a" in properties["tags"]',
  'any(x, properties["tags"], x == "a")',
  'regex_match(properties["plan"], "(a+)+$")',
  'properties["plan"',
  'properties["plan"] == ',
  "(".repeat(300),
  "not ".repeat(300),
  `"${"é".repeat(200)}"`,
  'behaviors["none"] > 1',
  'cohort(1) or user["a"] == 1',
  '1 / 0 > number("x")',
  "\u{1f600}",
];

const DEEP = `${"[".repeat(2_000)}${"]".repeat(2_000)}`;

/** JSON texts, some of which are none. */
const JSON_TEXTS: readonly string[] = [
  "{}",
  "[]",
  "[[]]",
  "null",
  "0",
  "-0",
  "1e999",
  '"a"',
  '["a","b"]',
  '["$email","plan"]',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  '[{"$distinct_id":"x","$set":{"n":1}}]',
  '[{"event":"buy","properties":{"distinct_id":"p1","time":1700000000}}]',
  '{"id":1}',
  '[{"window":"30d","name":"b","event_selectors":[{"event":"buy"}]}]',
  '{"raw_cohort":{"selector":"true"}}',
  "{",
  "[1,",
  "NaN",
  "\ufeff{}",
  '"\\ud800"',
  DEEP,
];

/** A value as a client may think of it for a parameter. */
export function valueFor(random: Random, name: string): unknown {
  if (once(random, 3)) return anything(random);
  switch (name) {
    case "where":
    case "selector":
      return pick(random, SELECTORS);
    case "sort_key":
      return pick(random, ["n", 'properties["n"]', "$distinct_id", "a ==", ""]);
    case "sort_order":
      return pick(random, ["ascending", "descending", "up"]);
    case "page":
    case "limit":
    case "offset":
      return pick(random, [0, 1, 2, 1e9, "1", "-1", "1e3"]);
    case "page_size":
      return pick(random, [1, 2, 100, 1000, 0, 1e6, "10"]);
    case "format":
      return pick(random, ["ndjson", "csv", "parquet", "json", "xml"]);
    case "verbose":
    case "strict":
    case "ip":
    case "img":
    case "footer":
    case "include_all_users":
      return pick(random, [0, 1, "0", "1", "true", false, true, 2]);
    case "from_date":
    case "to_date":
      return pick(random, ["2024-01-01", "2024-12-31", "2024-02-30", "today", "1"]);
    case "action":
      return pick(random, ["count()", 'sum(properties["n"])', "max(", "percentile(1)"]);
    case "callback":
      return pick(random, ["cb", "a.b", "alert(1)//", "<x>"]);
    case "data":
      return encoded(random, pick(random, JSON_TEXTS));
    default:
      return once(random, 2) ? pick(random, JSON_TEXTS) : anything(random);
  }
}

function anything(random: Random): unknown {
  const kind = Math.floor(random() * 5);
  if (kind === 0) return pick(random, NUMBERS);
  if (kind === 1) return pick(random, JSON_TEXTS);
  if (kind === 2)
    return pick(random, [null, true, false, [], {}, [1, "a", null], { a: { b: [] } }]);
  return pick(random, TEXTS);
}

/** As the tracking endpoints take it, or nearly. */
function encoded(random: Random, json: string): string {
  if (once(random, 2)) return json;
  const base64 = Buffer.from(json).toString("base64");
  return once(random, 8) ? base64.slice(0, -1) : base64;
}

/** A text of JSON for a whole body. */
export function bodyText(random: Random, members: Readonly<Record<string, unknown>>): string {
  return once(random, 4) ? pick(random, JSON_TEXTS) : JSON.stringify(members);
}
