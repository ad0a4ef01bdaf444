/**
 * Hostile texts in the requests of the Query API.
 *
 * @module
 */
import { encodeQuery } from "../server.ts";
import { apart, type Draft, type RoadMaker } from "./road.ts";

/** Days that hold the events. */
const DAYS = { from_date: "2024-05-01", to_date: "2024-05-10" };

/** Selectors with the text as a name, as a literal, as a pattern and in lists. */
function selectorsWith(text: string): readonly string[] {
  const literal = JSON.stringify(text);
  return [
    `properties[${literal}] == ${literal}`,
    `properties["text"] == ${literal}`,
    `${literal} in properties["text"]`,
    `${literal} in properties["list"]`,
    `properties["text"] in [${literal}, "none"]`,
    `properties["text"] > ${literal}`,
    `has_prefix(properties["text"], ${literal}) or has_suffix(properties["text"], ${literal})`,
    `regex_match(properties["text"], "^\\\\Q" + ${literal})`,
    `regex_match(properties["text"], properties[${literal}])`,
    `split(properties["text"], "'", 1) == ${literal}`,
    `left(properties["text"], 4) + ${literal} == properties["text"]`,
    `any(x, properties["list"], x == ${literal})`,
    `string(properties[${literal}]) == ${literal} and defined(properties[${literal}])`,
    `properties["object"][${literal}] == ${literal}`,
    `parse_url(${literal}, "domain") == properties["text"]`,
    `datetime(${literal}) > properties[${literal}]`,
    `cohort(${literal})`,
    // Not as a literal, so mostly refused: the message holds what was found.
    text,
    `properties["text"] == ${text}`,
  ];
}

function query(path: string, parameters: object): Draft[] {
  return ["/api/query", "/api/2.0"].map((prefix, index) =>
    index === 0
      ? { method: "POST", url: `${prefix}${path}?project_id=PROJECT`, body: parameters }
      : {
          method: "GET",
          url: `${prefix}${path}?project_id=PROJECT&${encodeQuery({ ...parameters })}`,
        },
  );
}

function behaviorsWith(text: string): object {
  const literal = JSON.stringify(text);
  return {
    behaviors: [
      {
        name: text,
        window: "30d",
        event_selectors: [
          { event: text, selector: `event[${literal}] == ${literal}` },
          { event: "other", selector: `user[${literal}] == ${literal}` },
        ],
      },
    ],
    where: `behaviors[${literal}] > 0`,
  };
}

function selecting(text: string): readonly object[] {
  return [
    { distinct_id: text },
    { distinct_ids: [text, `${text}'`] },
    { data_group_id: text },
    { search: text },
    { where: `defined(properties[${JSON.stringify(text)}])`, selector: text },
    { filter_by_cohort: { id: text } },
    { filter_by_cohort: { raw_cohort: { name: text, selector: text } } },
    { as_of_timestamp: text },
    { workspace_id: text },
    { [text]: text },
  ];
}

/** By the names of the route table. */
export const QUERY_ROADS: Readonly<Record<string, RoadMaker>> = {
  engage_query: (text) => [
    ...selectorsWith(text).flatMap((where) => query("/engage", { where }).slice(0, 1)),
    ...query("/engage", behaviorsWith(text)),
    ...selecting(text).flatMap((parameters) => query("/engage", parameters)),
    ...[text, `properties[${JSON.stringify(text)}]`, `lower(${JSON.stringify(text)})`].flatMap(
      (sort_key) =>
        query("/engage", { sort_key, sort_order: "descending", output_properties: [text] }),
    ),
    ...query("/engage", { session_id: text, page: 1 }),
    ...query("/engage", { sort_order: text }),
    ...query("/engage", { page: text, limit: text, page_size: text, include_all_users: text }),
    ...query("/engage", { behaviors: text }),
    {
      method: "POST",
      url: "/api/query/engage/query?project_id=PROJECT",
      body: text,
      contentType: "application/x-www-form-urlencoded",
    },
  ],
  engage_export: (text) => [
    ...["ndjson", "csv"].flatMap((format) =>
      query("/engage/export", { format, where: `properties["text"] == ${JSON.stringify(text)}` }),
    ),
    ...query("/engage/export", {
      format: "csv",
      output_properties: [text],
      spreadsheet_safe: false,
    }),
    ...query("/engage/export", {
      format: "parquet",
      output_properties: [text, text.toUpperCase()],
      where: "false",
    })
      .slice(0, 1)
      .map(apart),
    ...query("/engage/export", { format: text }),
    ...query("/engage/export", { sort_key: text, output_properties: [text], data_group_id: text }),
  ],
  engage_properties: (text) => query("/engage/properties", { data_group_id: text, [text]: text }),
  engage_stats: (text) => [
    ...selecting(text).flatMap((parameters) => query("/engage/stats", parameters).slice(0, 1)),
    ...query("/engage/stats", { action: `sum(properties[${JSON.stringify(text)}])` }),
    ...query("/engage/stats", { action: text, segment_by_cohorts: { [text]: true } }),
    ...query("/engage/stats", { segment_by_cohorts: { cohorts: [{ id: text }] } }),
  ],
  engage_breakdown: (text) => [
    ...query("/engage/breakdown", {
      property: text,
      where: `defined(properties[${JSON.stringify(text)}])`,
    }),
    ...query("/engage/breakdown", { expression: `${JSON.stringify(text)} + properties["text"]` }),
    ...query("/engage/breakdown", { expression: text }),
  ],
  engage_revenue: (text) => [
    ...query("/engage/revenue", {
      ...DAYS,
      where: `properties[${JSON.stringify(text)}] == ${JSON.stringify(text)}`,
    }),
    ...query("/engage/revenue", { from_date: text, to_date: text, unit: text }),
  ],
  cohorts_list: (text) => query("/cohorts/list", { [text]: text }).map(apart),
  stream_query: (text) => [
    ...query("/stream/query", { ...DAYS, distinct_ids: [text] }),
    ...query("/stream/query", { from_date: text, to_date: text, distinct_ids: text }),
  ],
  export: (text) => [
    ...["event", "user"].map((scope): Draft => {
      const literal = JSON.stringify(text);
      const where = `${scope}[${literal}] == ${literal}`;
      return {
        method: "GET",
        url: `/api/2.0/export?project_id=PROJECT&${encodeQuery({ ...DAYS, where })}`,
      };
    }),
    {
      method: "GET",
      url: `/api/2.0/export?project_id=PROJECT&${encodeQuery({ ...DAYS, event: [text] })}`,
    },
    {
      method: "GET",
      url: `/api/2.0/export?project_id=PROJECT&${encodeQuery({ from_date: text, to_date: text, event: text })}`,
    },
  ],
};
