/**
 * A question of the benchmark: a request to Whom, and what each peer is asked instead.
 *
 * @module
 */

/** Who is asked besides Whom. */
export type PeerName = "hand" | "json" | "postgres" | "clickhouse";

/** What a peer is asked. Its table is `profiles`, with the id as `distinct_id`. */
export interface Statements {
  /** Gives the answer in its first column: a number, or ids in order. */
  readonly answer: string;
  /** Reads the documents of the ids in place of `$ids`, where that is faster than reading both at once. */
  readonly documents?: string;
}

/** One question. */
export interface Question {
  readonly name: string;
  /** Parameters of `POST /api/query/engage`. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly answer: Answer["kind"];
  /** A page other than the first; the session it needs is opened beforehand. */
  readonly page?: number;
  readonly peers: Readonly<Partial<Record<PeerName, Statements>>>;
}

/** An answer, for seeing that two are the same. */
export type Answer =
  | { readonly kind: "total"; readonly total: number }
  | { readonly kind: "ids"; readonly ids: readonly string[] };

/** A page of the query API, as far as it is compared. */
export interface Page {
  readonly session_id: string;
  readonly total: number;
  readonly results: readonly {
    readonly $distinct_id: string;
    readonly $properties: Readonly<Record<string, unknown>>;
  }[];
}

/** What a page of Whom answers. */
export function answerOfPage({ answer }: Question, { total, results }: Page): Answer {
  if (answer === "total") return { kind: "total", total };
  return { kind: "ids", ids: results.map(({ $distinct_id }) => $distinct_id) };
}

/** What the first column of a peer's rows answers. */
export function answerOfRows({ answer }: Question, firsts: readonly string[]): Answer {
  return answer === "total"
    ? { kind: "total", total: Number(firsts[0]) }
    : { kind: "ids", ids: firsts };
}

/** Names the first difference of two answers; undefined when they are the same. */
export function differenceOf(left: Answer, right: Answer): string | undefined {
  if (left.kind === "total" || right.kind === "total") {
    const [one, other] = [left, right].map((answer) => ("total" in answer ? answer.total : "ids"));
    return one === other ? undefined : `${one} and ${other}`;
  }
  if (left.ids.length !== right.ids.length) {
    return `${left.ids.length} and ${right.ids.length} ids`;
  }
  const index = left.ids.findIndex((id, position) => id !== right.ids[position]);
  return index < 0 ? undefined : `id ${index}: ${left.ids[index]} and ${right.ids[index]}`;
}

/** Ids as a list in SQL. They are those of the sample, which have no quotes. */
export function quoteIds(ids: readonly string[]): string {
  return ids.map((id) => `'${id}'`).join(",");
}
