/**
 * The tree of a selector: plain data, one shape a kind.
 *
 * @module
 */
import type { Span } from "../errors/error.ts";

/** Operators with one operand. */
export type UnaryOperator = "not" | "-";

/** Operators with two operands. */
export type BinaryOperator =
  | "or"
  | "and"
  | "=="
  | "!="
  | ">"
  | ">="
  | "<"
  | "<="
  | "in"
  | "not in"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** What an accessor reads: a property of the profile (`user` is its synonym), of an event, or a behavior. */
export type AccessorScope = "properties" | "user" | "event" | "behaviors";

/** Functions that bind a name: `any(name, list, body)` and its kin. */
export type BindingFunction = "any" | "all" | "filter" | "map" | "let";

/** Functions that take values and give one. */
export type FunctionName =
  | "defined"
  | "number"
  | "string"
  | "boolean"
  | "list"
  | "datetime"
  | "typeof"
  | "if"
  | "ifs"
  | "has_prefix"
  | "has_suffix"
  | "min"
  | "max"
  | "floor"
  | "ceil"
  | "round"
  | "upper"
  | "lower"
  | "len"
  | "left"
  | "right"
  | "mid"
  | "split"
  | "regex_match"
  | "regex_extract"
  | "regex_replace"
  | "parse_url"
  | "datedif"
  | "today"
  | "sum";

/** A constant written in the source; `undefined` is one. */
export interface Literal {
  readonly kind: "literal";
  readonly value: string | number | boolean | null | undefined;
  readonly span: Span;
}

/** The query's time in Unix seconds, as a number. */
export interface Now {
  readonly kind: "now";
  readonly span: Span;
}

/** `[a, b, …]` */
export interface ListExpression {
  readonly kind: "list";
  readonly items: readonly Expression[];
  readonly span: Span;
}

/** `properties["name"]` and its kin. */
export interface Accessor {
  readonly kind: "accessor";
  readonly scope: AccessorScope;
  readonly name: string;
  readonly span: Span;
}

/** A name bound by a binding function. */
export interface Variable {
  readonly kind: "variable";
  readonly name: string;
  readonly span: Span;
}

/** `object[index]` */
export interface Index {
  readonly kind: "index";
  readonly object: Expression;
  readonly index: Expression;
  readonly span: Span;
}

/** `not x`, `-x` */
export interface Unary {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

/** `left operator right` */
export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `name(a, b, …)` */
export interface Call {
  readonly kind: "call";
  readonly name: FunctionName;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

/** `any(name, source, body)`: the body sees each element of the source (for `let`, the source itself) by name. */
export interface Binding {
  readonly kind: "binding";
  readonly function: BindingFunction;
  readonly variable: string;
  readonly source: Expression;
  readonly body: Expression;
  readonly span: Span;
}

/**
 * `cohort(12345)`, `cohort("Name")`: whether the profile is a member.
 *
 * A plan puts what a cohort means in its place, so that an evaluation meets only static cohorts, by id.
 */
export interface CohortTest {
  readonly kind: "cohort";
  readonly cohort: number | string;
  readonly span: Span;
}

/** Any node of the tree. */
export type Expression =
  | Literal
  | Now
  | ListExpression
  | Accessor
  | Variable
  | Index
  | Unary
  | Binary
  | Call
  | Binding
  | CohortTest;
