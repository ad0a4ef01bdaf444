/**
 * Lines of JSON and of CSV as SQL over the rows of a table.
 *
 * The engine writes some JSON in another way than pages have it, `1e21` for `1e+21` and `\u001F` for `\u001f`; the values are
 * the same.
 *
 * @module
 */
import { type Fragment, join, raw, sql, texts } from "../sql/fragment.ts";
import type { CsvForm, TextForm } from "../store/documents.ts";
import { FORMULA_SIGNS, PLAIN_NUMBER } from "../values/csv.ts";

/** What a row is made, over the columns `distinct_id` and `properties`. */
export interface LineColumns {
  /** The text of a line, with what ends it. */
  readonly line: Fragment;
  /** The column `found` that it reads besides; undefined for none. */
  readonly values: Fragment | undefined;
}

/** The line of a row. */
export function lineColumns(form: TextForm): LineColumns {
  return form.kind === "csv" ? csvColumns(form) : jsonColumns(form.names);
}

/** The values of properties as JSON, in a list; null for one that is missing. */
export function valuesOf(names: readonly string[]): Fragment {
  return sql`json_extract(properties, ${texts(names.map(pointer))})`;
}

/** One of the values of `valuesOf`, as the column `found`. */
export function valueAt(index: number): Fragment {
  return raw(`found[${index + 1}]`);
}

/** To escape costs more than to see that there is nothing to escape. */
const ID_JSON = raw(
  `case when regexp_matches(distinct_id, '["\\\\\\x00-\\x1f]') then cast(to_json(distinct_id) as varchar) else concat('"', distinct_id, '"') end`,
);

function jsonColumns(names: readonly string[] | undefined): LineColumns {
  if (names === undefined) {
    return {
      line: sql`concat('{"$distinct_id":', ${ID_JSON}, ',"$properties":', properties, '}', chr(10))`,
      values: undefined,
    };
  }
  if (names.length === 0) {
    return {
      line: sql`concat('{"$distinct_id":', ${ID_JSON}, ',"$properties":{}}', chr(10))`,
      values: undefined,
    };
  }
  // What is null, a property that the profile lacks, is left out.
  const members = names.map(
    (name, index) => sql`${`${JSON.stringify(name)}:`} || ${valueAt(index)}`,
  );
  return {
    line: sql`concat('{"$distinct_id":', ${ID_JSON}, ',"$properties":{', concat_ws(',', ${join(members, ", ")}), '}}', chr(10))`,
    values: valuesOf(names),
  };
}

function csvColumns(form: CsvForm): LineColumns {
  const { names, isSpreadsheetSafe } = form;
  // Each step by itself, as the engine would compute one within another again wherever it stands.
  const steps = [CELL_TEXT, ...(isSpreadsheetSafe ? [safe(CELL)] : []), quoted(CELL)];
  const id = quoted(isSpreadsheetSafe ? safe(raw("distinct_id")) : raw("distinct_id"));
  if (names.length === 0) {
    return { line: sql`concat(${id}, chr(13), chr(10))`, values: undefined };
  }
  const cells = steps.reduce(
    (list, step) => sql`list_transform(${list}, lambda cell: ${step})`,
    raw("found"),
  );
  return {
    line: sql`concat(${id}, ',', array_to_string(${cells}, ','), chr(13), chr(10))`,
    values: valuesOf(names),
  };
}

const CELL = raw("cell");

/** A text as it is, which is what stands between its quotes unless something is escaped; other values as JSON. */
const CELL_TEXT = raw(
  "case when cell is null then '' when not starts_with(cast(cell as varchar), chr(34)) then cast(cell as varchar) when contains(cast(cell as varchar), chr(92)) then cell ->> '$' else substring(cast(cell as varchar), 2, length(cast(cell as varchar)) - 2) end",
);

const FORMULA_CODES = Array.from(FORMULA_SIGNS, (sign) => sign.charCodeAt(0)).join(", ");

function safe(text: Fragment): Fragment {
  return sql`case when ascii(${text}) in (${raw(FORMULA_CODES)}) and not regexp_matches(${text}, ${PLAIN_NUMBER}) then concat(chr(39), ${text}) else ${text} end`;
}

function quoted(text: Fragment): Fragment {
  const has = (code: number): Fragment => sql`contains(${text}, chr(${raw(String(code))}))`;
  const isSpecial = join([34, 44, 10, 13].map(has), " or ");
  return sql`case when ${isSpecial} then concat(chr(34), replace(${text}, chr(34), '""'), chr(34)) else ${text} end`;
}

/** The JSON pointer of a property (RFC 6901). */
function pointer(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
