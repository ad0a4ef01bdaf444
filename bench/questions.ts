/**
 * The eleven questions: each as a request to Whom and as the best SQL over a hand-typed table.
 *
 * @module
 */
import { sampleId } from "./dataset.ts";

/** An answer, for seeing that two are the same. */
export type Answer =
  | { readonly kind: "total"; readonly total: number }
  | { readonly kind: "ids"; readonly ids: readonly string[] };

/** One question. */
export interface Question {
  readonly name: string;
  /** Parameters of `POST /api/query/engage`. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly answer: Answer["kind"];
  /** A page other than the first; the session it needs is opened beforehand. */
  readonly page?: number;
  /** Statements over the hand-typed table `hand`; the last gives the answer. */
  readonly sql: string;
  /** A second statement that reads the documents of the ids the first gave. */
  readonly documents?: string;
}

/** The hand-typed table: the columns the questions need, and the document. */
export const HAND_TABLE = `create table hand as
  select cast(row_number() over () as uinteger) as key, p.distinct_id, p.properties,
    p.properties->>'plan' as plan,
    try_cast(p.properties->>'ltv' as double) as ltv,
    p.properties->>'$."$country_code"' as country,
    p.properties->>'$."$email"' as email,
    from_json(p.properties->'tags', '["VARCHAR"]') as tags,
    p.properties->>'company' as company,
    p.properties->>'trial_ends' as trial_ends,
    case when json_type(p.properties, '$.age') <> 'VARCHAR' then try_cast(p.properties->>'age' as double) end as age
  from (select line->>'$."$distinct_id"' as distinct_id, cast(line->'$."$properties"' as varchar) as properties
        from (select cast(column0 as json) as line from lines)) p`;

/** The questions, for a data set of so many profiles. */
export function questions(count: number): readonly Question[] {
  const ids = Array.from({ length: 1_000 }, (_, index) =>
    sampleId(Math.floor((index * count) / 1_000)),
  );
  const one = sampleId(Math.floor(count / 3));
  const quoted = ids.map((id) => `'${id}'`).join(",");
  const deepPage = Math.floor(count / 5_000);
  const total = { page_size: 1, output_properties: ["plan"] };
  return [
    {
      name: "count plan == premium",
      request: { ...total, where: 'properties["plan"] == "premium"' },
      answer: "total",
      sql: "select count(*) from hand where plan = 'premium'",
    },
    {
      name: "count plan, ltv and country",
      request: {
        ...total,
        where:
          'properties["plan"] == "premium" and properties["ltv"] > 500 and properties["$country_code"] in ["US", "GB"]',
      },
      answer: "total",
      sql: "select count(*) from hand where plan = 'premium' and ltv > 500 and country in ('US', 'GB')",
    },
    {
      name: "count substring of $email",
      request: { ...total, where: '"er77" in properties["$email"]' },
      answer: "total",
      sql: "select count(*) from hand where contains(email, 'er77')",
    },
    {
      name: "count tag7 in tags",
      request: { ...total, where: '"tag7" in properties["tags"]' },
      answer: "total",
      sql: "select count(*) from hand where list_contains(tags, 'tag7')",
    },
    {
      name: "count company set, no trial",
      request: {
        ...total,
        where: 'defined(properties["company"]) and not defined(properties["trial_ends"])',
      },
      answer: "total",
      sql: "select count(*) from hand where company is not null and trial_ends is null",
    },
    {
      name: "first 1,000 documents, filtered",
      request: { page_size: 1_000, where: 'properties["plan"] == "premium"' },
      answer: "ids",
      sql: "select distinct_id from hand where plan = 'premium' order by distinct_id limit 1000",
      documents: "select distinct_id, properties from hand where distinct_id in ($ids)",
    },
    {
      name: "3 properties, a page a fifth in",
      request: { page_size: 1_000, output_properties: ["$email", "plan", "ltv"] },
      page: deepPage,
      answer: "ids",
      sql: `select distinct_id from hand order by distinct_id limit 1000 offset ${deepPage * 1_000}`,
      documents: "select distinct_id, email, plan, ltv from hand where distinct_id in ($ids)",
    },
    {
      name: "one document by id",
      request: { distinct_id: one },
      answer: "ids",
      sql: `select distinct_id, properties from hand where distinct_id = '${one}'`,
    },
    {
      name: "1,000 documents by id",
      request: { distinct_ids: ids, page_size: 1_000 },
      answer: "ids",
      sql: `select distinct_id, properties from hand where distinct_id in (${quoted}) order by distinct_id`,
    },
    {
      name: "count age > 40, numbers only",
      request: { ...total, where: 'properties["age"] > 40' },
      answer: "total",
      sql: "select count(*) from hand where age > 40",
    },
    {
      name: "top 50 by ltv",
      request: {
        page_size: 50,
        limit: 50,
        sort_key: 'properties["ltv"]',
        sort_order: "descending",
      },
      answer: "ids",
      sql: "select distinct_id from hand order by ltv desc nulls last, distinct_id limit 50",
      documents: "select distinct_id, properties from hand where distinct_id in ($ids)",
    },
  ];
}
