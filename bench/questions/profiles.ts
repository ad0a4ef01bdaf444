/**
 * The eleven classes of question about profiles, as a request to Whom and as the best SQL of each peer.
 *
 * @module
 */
import { type SampleSize, sampleId, USUAL_PROPERTIES } from "../data/profiles.ts";
import { type PeerName, type Question, quoteIds, type Statements } from "./question.ts";

/** What a question says in the words of one peer. */
interface Words {
  readonly where?: string;
  readonly order?: string;
  readonly columns?: string;
}

type Forms = Readonly<Record<PeerName, Words>>;

/** A question before the words of the peers are made statements. */
interface Outline extends Omit<Question, "peers"> {
  readonly forms: Forms;
  readonly limit?: number;
  readonly offset?: number;
}

/** The column that holds the whole profile. */
const DOCUMENT: Readonly<Record<PeerName, string>> = {
  hand: "properties",
  json: "properties",
  postgres: "properties",
  clickhouse: "document",
};

/** Peers that sort ids first and read the documents of those that are left in a second statement. */
const TWO_STEPS: ReadonlySet<PeerName> = new Set<PeerName>(["hand", "json"]);

const PLAN: Forms = {
  hand: { where: "plan = 'premium'" },
  json: { where: "(properties->>'plan') = 'premium'" },
  postgres: { where: `properties @> '{"plan":"premium"}'` },
  clickhouse: { where: "properties.plan.:String = 'premium'" },
};
const LTV_OF_CLICKHOUSE = "coalesce(properties.ltv.:Float64, toFloat64(properties.ltv.:Int64))";

/** Counting reads `total`; the one profile that comes with it has one property. */
const TOTAL = { page_size: 1, output_properties: ["plan"] };

/** The questions, for a sample. */
export function profileQuestions({ profiles, properties }: SampleSize): readonly Question[] {
  const rare = properties > USUAL_PROPERTIES ? RARE : [];
  return [...COUNTS, ...rare, ...pageQuestions(profiles)].map(
    ({ forms, limit, offset, ...question }) => ({
      ...question,
      peers: Object.fromEntries(
        Object.entries(forms).map(([peer, words]) => [
          peer,
          statementsOf(peer as PeerName, words, { ...question, limit, offset }),
        ]),
      ),
    }),
  );
}

function statementsOf(
  peer: PeerName,
  { where, order, columns }: Words,
  {
    answer,
    limit,
    offset,
  }: Pick<Question, "answer"> & { limit: number | undefined; offset: number | undefined },
): Statements {
  const condition = where === undefined ? "" : ` where ${where}`;
  if (answer === "total") return { answer: `select count(*) from profiles${condition}` };
  const document = columns ?? DOCUMENT[peer];
  const slice = `${limit === undefined ? "" : ` limit ${limit}`}${offset === undefined ? "" : ` offset ${offset}`}`;
  const tail = `${condition} order by ${order === undefined ? "" : `${order}, `}distinct_id${slice}`;
  if (limit === undefined || !TWO_STEPS.has(peer)) {
    return { answer: `select distinct_id, ${document} from profiles${tail}` };
  }
  return {
    answer: `select distinct_id from profiles${tail}`,
    documents: `select distinct_id, ${document} from profiles where distinct_id in ($ids)`,
  };
}

const COUNTS: readonly Outline[] = [
  {
    name: "count plan == premium",
    request: { ...TOTAL, where: 'properties["plan"] == "premium"' },
    answer: "total",
    forms: PLAN,
  },
  {
    name: "count plan, ltv and country",
    request: {
      ...TOTAL,
      where:
        'properties["plan"] == "premium" and properties["ltv"] > 500 and properties["$country_code"] in ["US", "GB"]',
    },
    answer: "total",
    forms: {
      hand: { where: "plan = 'premium' and ltv > 500 and country in ('US', 'GB')" },
      json: {
        where: `(properties->>'plan') = 'premium' and try_cast(properties->>'ltv' as double) > 500 and (properties->>'$."$country_code"') in ('US', 'GB')`,
      },
      postgres: {
        where: `properties @> '{"plan":"premium"}' and (properties->>'ltv')::float8 > 500 and properties->>'$country_code' in ('US', 'GB')`,
      },
      clickhouse: {
        where: `properties.plan.:String = 'premium' and ${LTV_OF_CLICKHOUSE} > 500 and properties.\`$country_code\`.:String in ('US', 'GB')`,
      },
    },
  },
  {
    name: "count substring of $email",
    request: { ...TOTAL, where: '"er77" in properties["$email"]' },
    answer: "total",
    forms: {
      hand: { where: "contains(email, 'er77')" },
      json: { where: `contains(properties->>'$."$email"', 'er77')` },
      postgres: { where: "properties->>'$email' like '%er77%'" },
      clickhouse: { where: "position(properties.`$email`.:String, 'er77') > 0" },
    },
  },
  {
    name: "count tag7 in tags",
    request: { ...TOTAL, where: '"tag7" in properties["tags"]' },
    answer: "total",
    forms: {
      hand: { where: "list_contains(tags, 'tag7')" },
      json: { where: `json_contains(properties->'tags', '"tag7"')` },
      postgres: { where: `properties @> '{"tags":["tag7"]}'` },
      clickhouse: { where: "has(properties.tags.:`Array(Nullable(String))`, 'tag7')" },
    },
  },
  {
    name: "count company set, no trial",
    request: {
      ...TOTAL,
      where: 'defined(properties["company"]) and not defined(properties["trial_ends"])',
    },
    answer: "total",
    forms: {
      hand: { where: "company is not null and trial_ends is null" },
      json: {
        where:
          "json_exists(properties, '$.company') and not json_exists(properties, '$.trial_ends')",
      },
      postgres: { where: "properties ? 'company' and not properties ? 'trial_ends'" },
      clickhouse: { where: "properties.company is not null and properties.trial_ends is null" },
    },
  },
  {
    name: "count age > 40, numbers only",
    request: { ...TOTAL, where: 'properties["age"] > 40' },
    answer: "total",
    forms: {
      hand: { where: "age > 40" },
      json: {
        where:
          "case when json_type(properties, '$.age') <> 'VARCHAR' then try_cast(properties->>'age' as double) end > 40",
      },
      postgres: {
        where:
          "case jsonb_typeof(properties->'age') when 'number' then (properties->'age')::float8 end > 40",
      },
      clickhouse: { where: "properties.age.:Int64 > 40" },
    },
  },
];

/** Asked where a sample has more properties than usual: about one that only few profiles have. */
const RARE: readonly Outline[] = [
  {
    name: "count a rare property set",
    request: { ...TOTAL, where: 'defined(properties["custom_7"])' },
    answer: "total",
    forms: {
      hand: { where: "custom_7 is not null" },
      json: { where: "json_exists(properties, '$.custom_7')" },
      postgres: { where: "properties ? 'custom_7'" },
      clickhouse: { where: "properties.custom_7 is not null" },
    },
  },
  {
    name: "count a rare property == v5",
    request: { ...TOTAL, where: 'properties["custom_7"] == "v5"' },
    answer: "total",
    forms: {
      hand: { where: "custom_7 = 'v5'" },
      json: { where: "(properties->>'custom_7') = 'v5'" },
      postgres: { where: `properties @> '{"custom_7":"v5"}'` },
      clickhouse: { where: "properties.custom_7.:String = 'v5'" },
    },
  },
];

function pageQuestions(profiles: number): readonly Outline[] {
  const ids = Array.from({ length: 1_000 }, (_, index) =>
    sampleId(Math.floor((index * profiles) / 1_000)),
  );
  const one = sampleId(Math.floor(profiles / 3));
  const deepPage = Math.floor(profiles / 5_000);
  return [
    {
      name: "first 1,000 documents, filtered",
      request: { page_size: 1_000, where: 'properties["plan"] == "premium"' },
      answer: "ids",
      limit: 1_000,
      forms: PLAN,
    },
    {
      name: "3 properties, a page a fifth in",
      request: { page_size: 1_000, output_properties: ["$email", "plan", "ltv"] },
      page: deepPage,
      answer: "ids",
      limit: 1_000,
      offset: deepPage * 1_000,
      forms: {
        hand: { columns: "email, plan, ltv" },
        json: { columns: `properties->>'$."$email"', properties->>'plan', properties->>'ltv'` },
        postgres: { columns: "properties->>'$email', properties->>'plan', properties->>'ltv'" },
        clickhouse: {
          columns: `properties.\`$email\`.:String, properties.plan.:String, ${LTV_OF_CLICKHOUSE}`,
        },
      },
    },
    {
      name: "one document by id",
      request: { distinct_id: one },
      answer: "ids",
      forms: all({ where: `distinct_id = '${one}'` }),
    },
    {
      name: "1,000 documents by id",
      request: { distinct_ids: ids, page_size: 1_000 },
      answer: "ids",
      forms: all({ where: `distinct_id in (${quoteIds(ids)})` }),
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
      limit: 50,
      forms: {
        hand: { order: "ltv desc nulls last" },
        json: { order: "try_cast(properties->>'ltv' as double) desc nulls last" },
        postgres: { order: "(properties->>'ltv')::float8 desc nulls last" },
        clickhouse: { order: `${LTV_OF_CLICKHOUSE} desc nulls last` },
      },
    },
  ];
}

function all(words: Words): Forms {
  return { hand: words, json: words, postgres: words, clickhouse: words };
}
