/**
 * The text of a selector as a tree, by precedence climbing over the operator table.
 *
 * Chains of operators are parsed in a loop; only what nests recurses, and that at most `DEPTH_MAX` levels, so
 * no text can exhaust the call stack.
 *
 * @module
 */
import { fail, type Span } from "../errors/error.ts";
import { CALLEES } from "./functions.ts";
import { describeToken, nextToken, type Sign, type Token } from "./lexer.ts";
import { DEPTH_MAX, LIST_ITEMS_MAX } from "./limits.ts";
import { ACCESSOR_NAMES, COHORT_NAME, LITERALS, RESERVED_NAMES } from "./names.ts";
import { OPERATORS, PRECEDENCE, SPELLINGS, type Spelling } from "./operators.ts";
import { suggest } from "./suggestion.ts";
import type { AccessorScope, BindingFunction, Expression } from "./syntax.ts";

/**
 * Parses a selector.
 *
 * @throws `selector.*` with a span: too deep, unreadable, or calling a function that is not there
 */
export function parse(source: string): Expression {
  const parser: Parser = { source, token: nextToken(source, 0), end: 0, depth: 0, deepest: 0 };
  const expression = parseExpression(parser, 0);
  if (parser.token.kind !== "end") {
    const isChained = infixOf(parser.token) !== undefined;
    throw unexpected(parser, isChained ? "`and`, `or` or the end" : "an operator or the end");
  }
  return expression;
}

/** Where parsing stands. */
interface Parser {
  readonly source: string;
  /** The token to be read next. */
  token: Token;
  /** Where the token before it ended. */
  end: number;
  /** How many levels are open. */
  depth: number;
  /** The most levels that were open since the present operand began. */
  deepest: number;
}

/** Parses operators that bind at least as tightly as `loosest`, and their operands. */
function parseExpression(parser: Parser, loosest: number): Expression {
  const outerDeepest = parser.deepest;
  parser.deepest = parser.depth;
  // After `not` and after an operator that cannot be chained only looser ones may follow.
  let tightest: number = isWord(parser.token, "not") ? PRECEDENCE.not : PRECEDENCE.primary;
  let left = parseOperand(parser, loosest);
  for (;;) {
    const spelling = infixOf(parser.token);
    if (spelling === undefined) break;
    const precedence = infixPrecedence(spelling);
    if (precedence < loosest || precedence > tightest) break;
    left = parseInfix(parser, left, spelling, precedence);
    tightest = OPERATORS[spelling.operator].associativity === "none" ? precedence - 1 : precedence;
  }
  parser.deepest = Math.max(outerDeepest, parser.deepest);
  return left;
}

/** The operator a token is between two operands; `not` there begins `not in`. */
function infixOf(token: Token): Spelling | undefined {
  if (token.kind === "sign") return SPELLINGS.get(token.value);
  if (token.kind !== "name") return undefined;
  const word = token.value.toLowerCase();
  return SPELLINGS.get(word === "not" ? "not in" : word);
}

/** `a not in b` stands where a comparison does, although it is printed as `not a in b`. */
function infixPrecedence({ operator }: Spelling): number {
  return operator === "not in" ? PRECEDENCE.comparison : OPERATORS[operator].precedence;
}

function parseInfix(
  parser: Parser,
  left: Expression,
  { operator, swapped }: Spelling,
  precedence: number,
): Expression {
  advance(parser);
  if (operator === "not in") {
    if (!isWord(parser.token, "in")) throw unexpected(parser, "`in`");
    advance(parser);
    // Its canonical form, `not a in b`, opens a level around the left operand, too.
    if (parser.deepest >= DEPTH_MAX) throw tooDeep(parser);
    parser.deepest++;
    open(parser);
    const right = parseExpression(parser, precedence + 1);
    close(parser);
    return { kind: "binary", operator, left, right, span: between(left.span, right.span) };
  }
  const right = parseExpression(parser, precedence + 1);
  const span = between(left.span, right.span);
  const [first, second] = swapped ? [right, left] : [left, right];
  return { kind: "binary", operator, left: first, right: second, span };
}

/** Parses `not x` where an operator that loose may stand, else something tighter. */
function parseOperand(parser: Parser, loosest: number): Expression {
  if (loosest > PRECEDENCE.not || !isWord(parser.token, "not")) return parseSigned(parser);
  const { start } = parser.token.span;
  advance(parser);
  open(parser);
  const operand = parseExpression(parser, PRECEDENCE.not);
  close(parser);
  const span = { start, end: parser.end };
  if (operand.kind === "binary" && operand.operator === "in") {
    return { ...operand, operator: "not in", span };
  }
  return { kind: "unary", operator: "not", operand, span };
}

function parseSigned(parser: Parser): Expression {
  if (!isSign(parser.token, "-")) return parsePostfix(parser);
  const { start } = parser.token.span;
  advance(parser);
  open(parser);
  const operand = parseSigned(parser);
  close(parser);
  return { kind: "unary", operator: "-", operand, span: { start, end: parser.end } };
}

function parsePostfix(parser: Parser): Expression {
  let object = parsePrimary(parser);
  const outerDepth = parser.depth;
  while (isSign(parser.token, "[")) {
    const { start } = object.span;
    // Each index wraps the ones before it, so that a chain of them nests.
    openBracket(parser);
    const index = parseExpression(parser, 0);
    expectSign(parser, "]");
    object = { kind: "index", object, index, span: { start, end: parser.end } };
  }
  parser.depth = outerDepth;
  return object;
}

function parsePrimary(parser: Parser): Expression {
  const { token } = parser;
  const { span } = token;
  switch (token.kind) {
    case "number":
    case "text":
      advance(parser);
      return { kind: "literal", value: token.value, span };
    case "name":
      return parseName(parser, token.value, span);
    case "sign":
      if (token.value === "(") return parseParentheses(parser);
      if (token.value === "[") return parseList(parser);
      throw unexpected(parser, "a value");
    case "end":
      throw unexpected(parser, "a value");
  }
}

/** The expression inside has the span of the parentheses, too: an error marks what was written. */
function parseParentheses(parser: Parser): Expression {
  const { start } = parser.token.span;
  openBracket(parser);
  const inner = parseExpression(parser, 0);
  closeBracket(parser, ")");
  return { ...inner, span: { start, end: parser.end } };
}

function parseList(parser: Parser): Expression {
  const { start } = parser.token.span;
  openBracket(parser);
  const items = parseItems(parser, "]", LIST_ITEMS_MAX);
  closeBracket(parser, "]");
  return { kind: "list", items, span: { start, end: parser.end } };
}

function parseItems(parser: Parser, bracket: Sign, itemCountMax: number): readonly Expression[] {
  const items: Expression[] = [];
  if (isSign(parser.token, bracket)) return items;
  for (;;) {
    if (items.length === itemCountMax) {
      throw fail("selector.list_too_long", { itemCountMax }, parser.token.span);
    }
    items.push(parseExpression(parser, 0));
    if (!isSign(parser.token, ",")) return items;
    advance(parser);
  }
}

function parseName(parser: Parser, name: string, span: Span): Expression {
  const word = name.toLowerCase();
  if (LITERALS.has(word)) {
    advance(parser);
    return { kind: "literal", value: LITERALS.get(word), span };
  }
  if (RESERVED_NAMES.has(word) && word !== "now") throw unexpected(parser, "a value");
  advance(parser);
  if (word === "now") return { kind: "now", span };
  if (ACCESSOR_NAMES.has(name)) return parseAccessor(parser, name as AccessorScope, span);
  if (isSign(parser.token, "(")) return parseCall(parser, name, span);
  return { kind: "variable", name, span };
}

function parseAccessor(parser: Parser, scope: AccessorScope, { start }: Span): Expression {
  expectSign(parser, "[");
  const { token } = parser;
  if (token.kind !== "text") throw unexpected(parser, "a name in quotes");
  advance(parser);
  expectSign(parser, "]");
  return { kind: "accessor", scope, name: token.value, span: { start, end: parser.end } };
}

function parseCall(parser: Parser, name: string, nameSpan: Span): Expression {
  if (name.toLowerCase() === COHORT_NAME) return parseCohortTest(parser, nameSpan);
  const callee = CALLEES.get(name.toLowerCase());
  if (callee === undefined) {
    const suggestion = suggest(name, [...CALLEES.keys(), COHORT_NAME]);
    throw fail("selector.unknown_function", { name, suggestion }, nameSpan);
  }
  if (callee.kind === "binding") return parseBinding(parser, callee.name, nameSpan);
  openBracket(parser);
  const items = parseItems(parser, ")", Number.POSITIVE_INFINITY);
  closeBracket(parser, ")");
  const span = { start: nameSpan.start, end: parser.end };
  return { kind: "call", name: callee.name, arguments: items, span };
}

/** `cohort(12345)` or `cohort("Name")`: which one is known before any profile is. */
function parseCohortTest(parser: Parser, { start }: Span): Expression {
  openBracket(parser);
  const { token } = parser;
  const isId = token.kind === "number" && Number.isSafeInteger(token.value);
  if (!isId && token.kind !== "text")
    throw unexpected(parser, "a cohort's id or its name in quotes");
  advance(parser);
  closeBracket(parser, ")");
  return { kind: "cohort", cohort: token.value, span: { start, end: parser.end } };
}

/** `any(name, source, body)`: its first argument is a name, not an expression. */
function parseBinding(parser: Parser, name: BindingFunction, { start }: Span): Expression {
  openBracket(parser);
  const variable = parseVariableName(parser);
  expectSign(parser, ",");
  const source = parseExpression(parser, 0);
  expectSign(parser, ",");
  const body = parseExpression(parser, 0);
  closeBracket(parser, ")");
  return {
    kind: "binding",
    function: name,
    variable,
    source,
    body,
    span: { start, end: parser.end },
  };
}

function parseVariableName(parser: Parser): string {
  const { token } = parser;
  const isName = token.kind === "name" && !ACCESSOR_NAMES.has(token.value);
  if (!isName || RESERVED_NAMES.has(token.value.toLowerCase())) {
    throw unexpected(parser, "a name, such as X");
  }
  advance(parser);
  return token.value;
}

/** Reads the bracket that is the next token, and goes a level deeper. */
function openBracket(parser: Parser): void {
  open(parser);
  advance(parser);
}

function closeBracket(parser: Parser, bracket: Sign): void {
  expectSign(parser, bracket);
  close(parser);
}

function open(parser: Parser): void {
  if (parser.depth >= DEPTH_MAX) throw tooDeep(parser);
  parser.depth++;
  parser.deepest = Math.max(parser.deepest, parser.depth);
}

function close(parser: Parser): void {
  parser.depth--;
}

function advance(parser: Parser): void {
  parser.end = parser.token.span.end;
  parser.token = nextToken(parser.source, parser.end);
}

function expectSign(parser: Parser, sign: Sign): void {
  if (!isSign(parser.token, sign)) throw unexpected(parser, `\`${sign}\``);
  advance(parser);
}

function isSign(token: Token, sign: Sign): boolean {
  return token.kind === "sign" && token.value === sign;
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "name" && token.value.toLowerCase() === word;
}

function between(left: Span, right: Span): Span {
  return { start: left.start, end: right.end };
}

function unexpected(parser: Parser, expected: string): Error {
  const found = describeToken(parser.token, parser.source);
  return fail("selector.unexpected_token", { expected, found }, parser.token.span);
}

function tooDeep(parser: Parser): Error {
  return fail("selector.too_deep", { depthMax: DEPTH_MAX }, parser.token.span);
}
