/**
 * Random selectors for laws: valid ones, over values that are nasty.
 *
 * A selector is what the parser makes of its own canonical text: `print` and `parse` give the same tree.
 *
 * @module
 */
import fc from "fast-check";
import type {
  BinaryOperator,
  BindingFunction,
  Expression,
  FunctionName,
  Literal,
} from "../../src/selector/syntax.ts";
import { arbitraryMagnitude, arbitraryText, DATE_TEXTS } from "./value-arbitraries.ts";

export { arbitraryProperties, arbitraryValue, HOSTILE_NAMES } from "./value-arbitraries.ts";

/** How many levels of operators and functions a random selector has. */
const DEPTH = 3;

/** A valid selector that reads properties of these names; most are conditions, some give other values. */
export function arbitrarySelector(names: readonly string[]): fc.Arbitrary<Expression> {
  return arbitrarySelectorOver(arbitraryProperty(names));
}

/** A selector that reads what these accessors read; what is wrong only with their kinds is not ruled out. */
export function arbitrarySelectorOver(
  property: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  const make = selectorArbitraries(property);
  return fc.oneof(
    { weight: 8, arbitrary: make.condition(DEPTH, 0) },
    { weight: 1, arbitrary: make.value(DEPTH, 0) },
  );
}

type Make = (depth: number, boundCount: number) => fc.Arbitrary<Expression>;

interface SelectorArbitraries {
  readonly condition: Make;
  readonly value: Make;
}

const NOWHERE = { start: 0, end: 0 };

const VARIABLES: readonly string[] = ["X", "item", "_y2"];

const PATTERNS: readonly string[] = [
  "a",
  "^a+b?$",
  "(?-i)A",
  "[0-9]+",
  "(a)(b)?|c",
  "\\d{4}-\\d{2}",
  "",
  ".",
  "\u00df|x*",
];

function arbitraryProperty(names: readonly string[]): fc.Arbitrary<Expression> {
  return fc.constantFrom(...names).chain((name) =>
    fc.constantFrom("properties", "properties", "user").map(
      (scope): Expression => ({
        kind: "accessor",
        scope: scope as "properties" | "user",
        name,
        span: NOWHERE,
      }),
    ),
  );
}

/** Arbitraries by what their expressions mostly give, each made once for a depth and a number of bound names. */
function selectorArbitraries(property: fc.Arbitrary<Expression>): SelectorArbitraries {
  const made = new Map<string, fc.Arbitrary<Expression>>();
  const remember = (kind: string, make: Make): Make => {
    return (depth, boundCount) => {
      const key = `${kind} ${depth} ${boundCount}`;
      const known = made.get(key) ?? make(depth, boundCount);
      made.set(key, known);
      return known;
    };
  };

  const textLiteral = arbitraryText.map(literal);
  const numberLiteral = fc.oneof(
    { weight: 4, arbitrary: arbitraryMagnitude.map(literal) },
    { weight: 1, arbitrary: arbitraryMagnitude.map((value) => negate(literal(value))) },
    { weight: 1, arbitrary: fc.constant<Expression>({ kind: "now", span: NOWHERE }) },
  );
  const constant = fc.constantFrom(true, false, null, undefined).map(literal);

  const leaf = (boundCount: number): fc.Arbitrary<Expression> => {
    const variables = VARIABLES.slice(0, boundCount).map(
      (name): Expression => ({ kind: "variable", name, span: NOWHERE }),
    );
    return fc.oneof(
      { weight: 6, arbitrary: property },
      { weight: 2, arbitrary: textLiteral },
      { weight: 2, arbitrary: numberLiteral },
      { weight: 1, arbitrary: constant },
      ...(variables.length === 0 ? [] : [{ weight: 8, arbitrary: fc.constantFrom(...variables) }]),
    );
  };

  const value: Make = remember("value", (depth, bound) => {
    if (depth === 0) return leaf(bound);
    const inner = value(depth - 1, bound);
    return fc.oneof(
      { weight: 6, arbitrary: leaf(bound) },
      { weight: 2, arbitrary: number(depth - 1, bound) },
      { weight: 2, arbitrary: text(depth - 1, bound) },
      { weight: 2, arbitrary: list(depth - 1, bound) },
      { weight: 2, arbitrary: instant(depth - 1, bound) },
      { weight: 1, arbitrary: condition(depth - 1, bound) },
      { weight: 1, arbitrary: call("if", condition(depth - 1, bound), inner, inner) },
      { weight: 1, arbitrary: call("ifs", condition(depth - 1, bound), inner) },
      { weight: 1, arbitrary: indexed(inner, fc.oneof(textLiteral, numberLiteral, inner)) },
      { weight: 1, arbitrary: binding("let", inner, value(depth - 1, bound + 1), bound) },
    );
  });

  const number: Make = remember("number", (depth, bound) => {
    if (depth === 0) return fc.oneof(property, numberLiteral);
    const inner = value(depth - 1, bound);
    return fc.oneof(
      binary(["+", "-", "*", "/", "%"], inner, inner),
      inner.map(negate),
      call("number", inner),
      call("number", inner, inner),
      fc
        .constantFrom<FunctionName>("floor", "ceil", "round", "len", "sum")
        .chain((name) => call(name, inner)),
      fc.constantFrom<FunctionName>("min", "max").chain((name) => call(name, inner, inner)),
      call("sum", list(depth - 1, bound)),
      call(
        "datedif",
        instant(depth - 1, bound),
        inner,
        fc.constantFrom("D", "m", "Y", "MD", "YM", "yd").map(literal),
      ),
    );
  });

  const text: Make = remember("text", (depth, bound) => {
    if (depth === 0) return fc.oneof(property, textLiteral);
    const inner = value(depth - 1, bound);
    const part = fc.oneof(text(depth - 1, bound), inner);
    const pattern = fc.oneof(fc.constantFrom(...PATTERNS).map(literal), property);
    return fc.oneof(
      call("string", inner),
      call("string", inner, inner),
      fc.constantFrom<FunctionName>("upper", "lower", "typeof").chain((name) => call(name, part)),
      binary(["+"], part, part),
      fc
        .constantFrom<FunctionName>("left", "right")
        .chain((name) => call(name, part, numberLiteral)),
      call("mid", part, numberLiteral, numberLiteral),
      call("split", part, fc.constantFrom("-", "a", "@", "\0").map(literal), numberLiteral),
      call("regex_extract", part, pattern),
      call("regex_extract", part, pattern, fc.nat(3).map(literal)),
      call("regex_replace", part, pattern, fc.constantFrom("", "[$1]", "$$", "x").map(literal)),
      call("parse_url", part, fc.constantFrom("domain", "full_domain").map(literal)),
    );
  });

  const instant: Make = remember("instant", (depth, bound) => {
    const parts = fc.tuple(fc.integer({ min: 1970, max: 2030 }), fc.integer({ min: 1, max: 13 }));
    const written = parts.chain(([year, month]) =>
      call("datetime", fc.constant(literal(year)), fc.constant(literal(month)), numberLiteral),
    );
    const simple = fc.oneof(
      call("datetime", property),
      call("datetime", fc.constantFrom(...DATE_TEXTS).map(literal)),
      call("datetime", numberLiteral),
      call("today"),
      written,
    );
    if (depth === 0) return simple;
    const inner = value(depth - 1, bound);
    return fc.oneof(simple, call("datetime", inner), binary(["+", "-"], simple, inner));
  });

  const list: Make = remember("list", (depth, bound) => {
    const inner = value(Math.max(0, depth - 1), bound);
    const simple = fc.oneof(property, listOf(fc.oneof(textLiteral, numberLiteral, constant)));
    if (depth === 0) return simple;
    const source = fc.oneof(simple, list(depth - 1, bound));
    return fc.oneof(
      { weight: 3, arbitrary: simple },
      { weight: 1, arbitrary: listOf(inner) },
      { weight: 1, arbitrary: call("list", inner) },
      { weight: 1, arbitrary: call("split", inner, fc.constantFrom("-", "a").map(literal)) },
      { weight: 1, arbitrary: binding("filter", source, condition(depth - 1, bound + 1), bound) },
      { weight: 1, arbitrary: binding("map", source, value(depth - 1, bound + 1), bound) },
    );
  });

  const condition: Make = remember("condition", (depth, bound) => {
    if (depth === 0) {
      const simple = leaf(bound);
      return fc.oneof(
        binary(COMPARISONS, property, simple),
        binary(COMPARISONS, simple, simple),
        call("defined", property),
      );
    }
    const inner = value(depth - 1, bound);
    const part = condition(depth - 1, bound);
    const source = list(depth - 1, bound);
    return fc.oneof(
      { weight: 4, arbitrary: binary(COMPARISONS, inner, inner) },
      { weight: 2, arbitrary: binary(COMPARISONS, instant(depth - 1, bound), inner) },
      { weight: 3, arbitrary: binary(["in", "not in"], inner, fc.oneof(source, inner)) },
      { weight: 4, arbitrary: binary(["and", "or"], fc.oneof(part, property), part) },
      { weight: 2, arbitrary: fc.oneof(part, part, inner).map(not) },
      { weight: 1, arbitrary: call("defined", inner) },
      { weight: 1, arbitrary: call("boolean", inner) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom<FunctionName>("has_prefix", "has_suffix")
          .chain((name) => call(name, inner, inner)),
      },
      {
        weight: 1,
        arbitrary: call("regex_match", inner, fc.constantFrom(...PATTERNS).map(literal)),
      },
      { weight: 1, arbitrary: binding("any", source, condition(depth - 1, bound + 1), bound) },
      { weight: 1, arbitrary: binding("all", source, condition(depth - 1, bound + 1), bound) },
    );
  });

  return { condition, value };
}

const COMPARISONS: readonly BinaryOperator[] = ["==", "!=", "<", "<=", ">", ">="];

function literal(value: Literal["value"]): Expression {
  return { kind: "literal", value, span: NOWHERE };
}

function negate(operand: Expression): Expression {
  return { kind: "unary", operator: "-", operand, span: NOWHERE };
}

/** As the parser has it: the negation of `in` is one operator. */
function not(operand: Expression): Expression {
  if (operand.kind === "binary" && operand.operator === "in") {
    return { ...operand, operator: "not in" };
  }
  return { kind: "unary", operator: "not", operand, span: NOWHERE };
}

function binary(
  operators: readonly BinaryOperator[],
  left: fc.Arbitrary<Expression>,
  right: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  return fc
    .tuple(fc.constantFrom(...operators), left, right)
    .map(([operator, a, b]) => ({ kind: "binary", operator, left: a, right: b, span: NOWHERE }));
}

function call(
  name: FunctionName,
  ...parameters: readonly fc.Arbitrary<Expression>[]
): fc.Arbitrary<Expression> {
  return fc
    .tuple(...parameters)
    .map((expressions) => ({ kind: "call", name, arguments: expressions, span: NOWHERE }));
}

function binding(
  name: BindingFunction,
  source: fc.Arbitrary<Expression>,
  body: fc.Arbitrary<Expression>,
  boundCount: number,
): fc.Arbitrary<Expression> {
  const variable = VARIABLES[boundCount];
  if (variable === undefined) return source;
  return fc.tuple(source, body).map(([given, inner]) => ({
    kind: "binding",
    function: name,
    variable,
    source: given,
    body: inner,
    span: NOWHERE,
  }));
}

function indexed(
  object: fc.Arbitrary<Expression>,
  index: fc.Arbitrary<Expression>,
): fc.Arbitrary<Expression> {
  return fc
    .tuple(object, index)
    .map(([given, at]) => ({ kind: "index", object: given, index: at, span: NOWHERE }));
}

function listOf(item: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.array(item, { maxLength: 4 }).map((items) => ({ kind: "list", items, span: NOWHERE }));
}
