import { describe, expect, it } from "vitest";
import { holesOf, sqlHoles } from "./support/sql-scan.ts";

/**
 * What stands in SQL beside fixed words, and why it may. A value in a `sql` template is a parameter and not among them.
 *
 * Whoever adds a row has looked at where the expression comes from: nothing of it may be a text of a user.
 */
const HOLES: Readonly<Record<string, readonly string[]>> = {
  "a number": [
    "duckdb/breakdown.ts: String(Math.trunc(topMax))",
    "duckdb/breakdown.ts: String(TIED_NUMBERS_MAX + 1)",
    'duckdb/compact.ts: rare.map((property) => property.id).join(", ")',
    "duckdb/dialect.ts: String(position)",
    "duckdb/dialect.ts: String(start)",
    "duckdb/export-lines.ts: index",
    "duckdb/export-lines.ts: to",
    "duckdb/export-parquet.ts: ROWS_PER_GROUP",
    "duckdb/export-plan.ts: GROUP_SHIFT",
    "duckdb/export-plan.ts: range.first",
    "duckdb/export-range.ts: String(from)",
    "duckdb/export-range.ts: String(to)",
    "duckdb/export-range.ts: this.first",
    "duckdb/export-sql.ts: String(code)",
    "duckdb/export-sql.ts: index + 1",
    "duckdb/promote.ts: from",
    "duckdb/promote.ts: from + ROWS_PER_STEP - 1",
    "duckdb/promote.ts: to",
    "duckdb/residual.ts: from",
    "duckdb/residual.ts: from + KEYS_PER_SCAN",
    "duckdb/write-events.ts: String(dayMax)",
    "duckdb/write-events.ts: String(dayMin)",
    "sql/behavior.ts: String(offsetSeconds)",
    "sql/event-columns.ts: KEY_COUNT",
    "sql/event-columns.ts: TIME_TURN_MS",
    "sql/event-statement.ts: offset",
    "sql/event-statement.ts: rowCount",
    "sql/event-statement.ts: stretchSeconds",
    "sql/statement.ts: Math.trunc(query.limit)",
    "sql/statement.ts: String(rank)",
  ],
  "the name of a table or column, made of a number": [
    "duckdb/append.ts: table",
    "duckdb/backup.ts: database",
    "duckdb/backup.ts: table",
    "duckdb/catalog-table.ts: catalogTable",
    "duckdb/catalog-table.ts: name",
    "duckdb/catalog-table.ts: table.name",
    "duckdb/compact.ts: catalogTable",
    "duckdb/compact.ts: column",
    "duckdb/compact.ts: name",
    "duckdb/dialect.ts: name",
    "duckdb/erase.ts: column",
    "duckdb/erase.ts: events.name",
    "duckdb/erase.ts: people.name",
    "duckdb/erase.ts: table",
    'duckdb/promote.ts: columnName(property, "list")',
    "duckdb/promote.ts: columnName(property, reading)",
    "duckdb/records.ts: people.name",
    "duckdb/schema.ts: events.name",
    "duckdb/schema.ts: name",
    "duckdb/schema.ts: people",
    "duckdb/schema.ts: people.name",
    "duckdb/schema.ts: table.name",
    "duckdb/sort-events.ts: table.name",
    "duckdb/summary.ts: columnName(property, reading)",
    "sql/binding.ts: name",
    "sql/profile-names.ts: known.name",
    "sql/profile-names.ts: name",
    "sql/property.ts: prefix",
    "sql/property.ts: qualifier + name",
  ],
  "one of some fixed words": [
    "duckdb/catalog-table.ts: type",
    'duckdb/export-lines.ts: isOne ? "" : " group by part order by part"',
    "duckdb/export-lines.ts: order",
    "duckdb/export-parquet.ts: GROUP_BYTES",
    "duckdb/export-sql.ts: FORMULA_CODES",
    "duckdb/sort-events.ts: EVENT_ORDER",
    "duckdb/sort-events.ts: within",
    "duckdb/survey.ts: sampled",
    "sql/arithmetic.ts: operator",
    "sql/behavior.ts: kind",
    "sql/comparison.ts: operator",
    "sql/event-names.ts: days",
    'sql/event-names.ts: hasAliases ? "coalesce(a.canonical, e.key)" : "e.key"',
    "sql/functions.ts: kind",
    "sql/profile-names.ts: sqlOperator",
    'sql/statement.ts: branches.length === 1 ? "p.distinct_id" : "distinct_id"',
    'sql/statement.ts: descending ? " desc nulls last" : " asc nulls last"',
  ],
  "a path or size of the operator, in quotes": [
    "duckdb/backup.ts: quoted(path)",
    'duckdb/connection.ts: attachStatement(fresh, "fresh")',
    'duckdb/engine-file.ts: attachStatement(path, "whom")',
    "duckdb/engine-file.ts: quoted(limit)",
  ],
  "the name of an exported file's column, in quotes": [
    'duckdb/export-parquet.ts: title.replaceAll("\\0", "").replaceAll(\'"\', \'""\')',
  ],
  "a statement made of the above": [
    'duckdb/apply.ts: ["begin", ...deletions].join(";")',
    "duckdb/erase.ts: made",
    "duckdb/erase.ts: selectAll(table, copy)",
    "duckdb/schema.ts: createPeople(id)",
    "duckdb/schema.ts: statement",
  ],
  "a statement's own text, whose parameters stay apart": [
    "duckdb/prepared.ts: text",
    "duckdb/run.ts: text",
    "sql/fragment.ts: [text]",
    "sql/fragment.ts: text: string",
    "sql/fragment.ts: this.#texts",
  ],
  "no SQL": ["duckdb/write.ts: connection"],
};

describe("SQL text", () => {
  it("holds nothing but fixed words and what the table lists", () => {
    expect(sqlHoles(["sql", "duckdb"])).toEqual(Object.values(HOLES).flat().toSorted());
  });

  it("is found wherever it is made of something else", () => {
    const source = [
      "raw(name)",
      "raw(`a @{b} c @{`d @{e}`}`)",
      'raw("fixed")',
      "raw(`fixed`)",
      "new Fragment([text], [])",
      "connection.run(`select @{f(`)`)}`, values)",
      "statement.run()",
      'connection.prepare("a" + b)',
      "database.stream(async function* (connection) {})",
      "// raw(comment)",
    ].join("\n");
    const holes = holesOf(source.replaceAll("@", "$")).map((hole) => hole.replaceAll("$", "@"));
    expect(holes).toEqual(["name", "b", "`d @{e}`", "[text]", "f(`)`)", '"a" + b']);
  });
});
