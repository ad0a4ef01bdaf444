/**
 * Questions about what people did: each counted and as a first page, beside the best SQL over hand-typed tables.
 *
 * @module
 */
import { LAST_EVENT_SECONDS } from "../data/events.ts";
import type { Question } from "./question.ts";

interface Behavior {
  readonly name: string;
  readonly event: string;
  readonly days: number;
  readonly selector?: string;
  /** The same condition over `events`. */
  readonly condition?: string;
}

interface BehaviorQuestion {
  readonly name: string;
  readonly behaviors: readonly Behavior[];
  readonly where: string;
  /** The condition over `profiles`, in which a behavior's name stands for a table of keys and counts `n`. */
  readonly sql: string;
}

const QUESTIONS: readonly BehaviorQuestion[] = [
  {
    name: "Purchase 3 times in 30 days, premium",
    behaviors: [{ name: "bought", event: "Purchase", days: 30 }],
    where: 'behaviors["bought"] >= 3 and properties["plan"] == "premium"',
    sql: "plan = 'premium' and key in (select key from bought where n >= 3)",
  },
  {
    name: "no Page View in 90 days, ltv > 500",
    behaviors: [{ name: "viewed", event: "Page View", days: 90 }],
    where: 'behaviors["viewed"] == 0 and properties["ltv"] > 500',
    sql: "ltv > 500 and key not in (select key from viewed)",
  },
  {
    name: "Purchase over 150 twice in 60 days",
    behaviors: [
      {
        name: "large",
        event: "Purchase",
        days: 60,
        selector: 'event["amount"] > 150',
        condition: "amount > 150",
      },
    ],
    where: 'behaviors["large"] >= 2',
    sql: "key in (select key from large where n >= 2)",
  },
  {
    name: "carts left: 2 more than purchases in 30 days, US or GB",
    behaviors: [
      { name: "carts", event: "Add To Cart", days: 30 },
      { name: "bought", event: "Purchase", days: 30 },
    ],
    where:
      'behaviors["carts"] - behaviors["bought"] >= 2 and properties["$country_code"] in ["US", "GB"]',
    sql: "country in ('US', 'GB') and key in (select c.key from carts c left join bought b using (key) where c.n - coalesce(b.n, 0) >= 2)",
  },
];

/** Every question twice: how many, and the first thousand documents. */
export function behaviorQuestions(): readonly Question[] {
  return QUESTIONS.flatMap(({ name, behaviors, where, sql }) => {
    const request = {
      where,
      behaviors: behaviors.map(({ name: behavior, event, days, selector }) => ({
        name: behavior,
        window: `${days}d`,
        event_selectors: [{ event, selector: selector ?? null }],
      })),
      as_of_timestamp: LAST_EVENT_SECONDS,
    };
    const tables = behaviors.map(tableOf).join(", ");
    const whole = { ...request, page_size: 1_000, limit: 1_000 };
    return [
      {
        name: `count ${name}`,
        request: { ...request, page_size: 1, output_properties: ["plan"] },
        answer: "total" as const,
        peers: { hand: { answer: `with ${tables} select count(*) from profiles where ${sql}` } },
      },
      {
        name: `first 1,000: ${name}`,
        request: whole,
        answer: "ids" as const,
        peers: {
          hand: {
            answer: `with ${tables} select distinct_id from profiles where ${sql} order by distinct_id limit 1000`,
            documents: "select distinct_id, properties from profiles where distinct_id in ($ids)",
          },
        },
      },
    ];
  });
}

function tableOf({ name, event, days, condition }: Behavior): string {
  const from = LAST_EVENT_SECONDS - days * 86_400;
  const and = condition === undefined ? "" : ` and ${condition}`;
  return `${name} as (select key, count(*) as n from events where day between ${Math.floor(from / 86_400)} and ${Math.floor(LAST_EVENT_SECONDS / 86_400)} and time between ${from} and ${LAST_EVENT_SECONDS} and name = '${event}'${and} group by key)`;
}
