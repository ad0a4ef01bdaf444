/**
 * How DuckDB writes what engines write differently.
 *
 * @module
 */
import type { Dialect, JsonMemberKind } from "../sql/dialect.ts";
import { type Fragment, raw, sql } from "../sql/fragment.ts";

/** Decimal text as `number()` reads it; DuckDB's own cast also takes `inf`, `1_000` and spaces. */
const DECIMAL = "[+-]?([0-9]+(\\.[0-9]+)?|\\.[0-9]+)([eE][+-]?[0-9]+)?";

/** The dialect of DuckDB. */
export const DUCKDB: Dialect = {
  contains: (text, part) => sql`contains(${text}, ${part})`,
  startsWith: (text, prefix) => sql`starts_with(${text}, ${prefix})`,
  endsWith: (text, suffix) => sql`ends_with(${text}, ${suffix})`,
  textLength: (text) => sql`length(${text})`,
  substring: (text, start, count) => sql`substring(${text}, ${start}, ${count})`,
  textFrom: (text, start) => sql`substring(${text}, ${raw(String(start))})`,
  split: (text, separator) => sql`string_split(${text}, ${separator})`,
  matches: (text, pattern) => sql`regexp_matches(${text}, ${pattern}, 'i')`,
  textToNumber: (text) => {
    const number = sql`try_cast(${text} as double)`;
    return sql`case when regexp_full_match(${text}, ${DECIMAL}) and isfinite(${number}) then ${number} end`;
  },
  decimal: (text) => sql`try_cast(${text} as double)`,
  finite: (number) => sql`case when isfinite(${number}) then ${number} end`,
  floor: (number) => sql`floor(${number})`,
  ceil: (number) => sql`ceil(${number})`,
  round: (number) => sql`round(${number})`,
  least: (left, right) => sql`least(${left}, ${right})`,
  greatest: (left, right) => sql`greatest(${left}, ${right})`,
  remainder: (left, right) => sql`(${left} % ${right})`,
  toSeconds: (number) => sql`try_cast(${number} as bigint)`,
  toNumber: (integer) => sql`cast(${integer} as double)`,
  listContains: (list, text) => sql`list_contains(${list}, ${text})`,
  listsOverlap: (left, right) => sql`list_has_any(${left}, ${right})`,
  listElement: (list, position) => sql`list_extract(${list}, ${raw(String(position))})`,
  jsonTexts: (json) => sql`from_json(${json}, '["VARCHAR"]')`,
  listLength: (list) => sql`len(${list})`,
  listFilter: (list, name, condition) =>
    sql`list_filter(${list}, lambda ${raw(name)}: ${condition})`,
  jsonText: (json, name) => sql`json_extract_string(${json}, ${jsonPointer(name)})`,
  jsonMember,
  jsonIds,
  eachElement: (list) => sql`unnest(${list})`,
  secondsOfMs: (milliseconds) => sql`cast(floor(${milliseconds} / 1000.0) as bigint)`,
  instantText: (seconds) =>
    sql`strftime(make_timestamp(${seconds} * 1000000), '%Y-%m-%dT%H:%M:%S')`,
  lowerMedian: (number) => sql`quantile_disc(${number}, 0.5)`,
  distinctText: (value) => sql`cast(to_json(${value}) as varchar)`,
  keyedNumbers: (keys, numbers) =>
    sql`(select unnest(${{ kind: "keys", value: keys }}) as key, unnest(${{ kind: "numbers", value: numbers }}) as value)`,
};

/** Whole numbers only: another number is written differently by different programs. */
function jsonIds(json: Fragment, name: string): Fragment {
  const pointer = jsonPointer(name);
  const isId = (element: Fragment): Fragment =>
    sql`(json_type(${element}) in ('VARCHAR', 'BOOLEAN') or (json_type(${element}) in ('BIGINT', 'UBIGINT') and abs(try_cast(${element} as hugeint)) < 9007199254740992))`;
  const member = sql`json_extract(${json}, ${pointer})`;
  const elements = sql`case json_type(${json}, ${pointer}) when 'ARRAY' then from_json(${member}, '["JSON"]') else [${member}] end`;
  const ids = sql`list_filter(${elements}, lambda g: g is not null and ${isId(raw("g"))})`;
  return sql`list_distinct(list_transform(${ids}, lambda g: json_extract_string(g, '$')))`;
}

/** A name as a JSON pointer, in which `~` and `/` are the only special characters. */
function jsonPointer(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function jsonMember(json: Fragment, name: string, as: JsonMemberKind): Fragment {
  const pointer = jsonPointer(name);
  const type = sql`json_type(${json}, ${pointer})`;
  const member = sql`json_extract(${json}, ${pointer})`;
  switch (as) {
    case "string":
      return sql`case when ${type} = 'VARCHAR' then json_extract_string(${json}, ${pointer}) end`;
    case "number":
      return sql`case when ${type} in ('DOUBLE', 'BIGINT', 'UBIGINT') then try_cast(${member} as double) end`;
    case "boolean":
      return sql`case when ${type} = 'BOOLEAN' then try_cast(${member} as boolean) end`;
    case "object":
      return sql`case when ${type} = 'OBJECT' then cast(${member} as varchar) end`;
    case "null":
      return sql`coalesce(${type} = 'NULL', false)`;
    case "defined":
      return sql`coalesce(${type} <> 'NULL', false)`;
  }
}
