/**
 * `whom explain`: what a selector means, how it runs, and how it came out for one profile.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import { plan, planWith } from "../../query/plan.ts";
import { ANY, describeKinds, type Kinds, PROPERTY } from "../../selector/kinds.ts";
import { compile, print as printSelector, type Selector } from "../../selector/selector.ts";
import type { Expression } from "../../selector/syntax.ts";
import { kindsOf } from "../../selector/types.ts";
import type { Explanation, Store } from "../../store/store.ts";
import type { Computed } from "../../values/value.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { printable, printJson, printLine, styled, type Terminal } from "../terminal.ts";
import { allParts, partTree, showValue, treeLines } from "./part-tree.ts";
import { planContext, queryRequest, selectorScope } from "./profile-source.ts";

/** What to explain. */
export interface ExplainRequest {
  readonly selector: string;
  readonly groupKey: string | undefined;
  /** A JSON list, as the parameter has it; undefined for none. */
  readonly behaviors: unknown;
  /** The query's time in epoch seconds; undefined for now. */
  readonly asOfSeconds: number | undefined;
  /** Explains how the selector came out for this profile. */
  readonly distinctId: string | undefined;
  readonly isJson: boolean;
}

/** Where it would run; undefined without a data folder. */
export interface ExplainPlace {
  readonly store: Store;
  readonly project: Project;
}

/** Prints what a selector means. */
export async function runExplain(
  terminal: Terminal,
  request: ExplainRequest,
  place: ExplainPlace | undefined,
): Promise<ExitCode> {
  const selector = compile(request.selector, selectorScope(request.behaviors));
  if (selector === undefined) {
    throw fail("command.invalid", {
      reason: "the selector is empty: it selects every profile",
      hint: "give a selector, for instance 'defined(properties[\"$email\"])'",
    });
  }
  const explanation = place && (await explainIn(place, request));
  const remarkOn = await remarks(request, selector, place);
  if (request.isJson) {
    await printJson(terminal, asJson(selector, explanation, remarkOn), 2);
    return EXIT.ok;
  }
  const heading = (text: string): string => styled(terminal, terminal.output, "bold", text);
  await printLine(terminal, `${heading("selector")}\n  ${canonical(selector)}`);
  const title =
    request.distinctId === undefined ? "kinds" : `came out for ${printable(request.distinctId)}`;
  await printLine(terminal, `\n${heading(title)}`);
  for (const line of treeLines(partTree(selector.expression, remarkOn))) {
    await printLine(terminal, `  ${printable(line)}`);
  }
  if (explanation !== undefined) await printExplanation(terminal, heading, explanation);
  return EXIT.ok;
}

const EVERYTHING = {
  sort: undefined,
  descending: false,
  limit: undefined,
  properties: undefined,
  cohortId: undefined,
  includesStrangers: false,
} as const;

function canonical({ expression }: Selector): string {
  return printable(printSelector(expression));
}

async function explainIn(
  { store, project }: ExplainPlace,
  request: ExplainRequest,
): Promise<Explanation> {
  const asked = queryRequest({ ...EVERYTHING, ...request });
  return store.explain(plan(asked, await planContext(store, project)));
}

/** What to say of each part: the kinds it can have, or for one profile the value it has. */
async function remarks(
  request: ExplainRequest,
  selector: Selector,
  place: ExplainPlace | undefined,
): Promise<(part: Expression) => string> {
  const { distinctId } = request;
  if (distinctId === undefined) return (part) => kindsText(kindsOf(part));
  if (place === undefined) {
    throw fail("command.invalid", {
      reason: "--distinct-id needs a data folder",
      hint: "name the folder with --data",
    });
  }
  const parts = allParts(selector.expression);
  const values = await valuesFor(distinctId, parts, request, place);
  return (part) => showValue(values[parts.indexOf(part)]);
}

/** What expressions come to for one profile. @throws `profile.missing` */
async function valuesFor(
  distinctId: string,
  expressions: readonly Expression[],
  request: ExplainRequest,
  { store, project }: ExplainPlace,
): Promise<readonly Computed[]> {
  const asked = queryRequest({ ...EVERYTHING, ...request, selector: "" });
  const context = await planContext(store, project);
  const planned = planWith({ ...asked, distinctIds: [distinctId] }, context, expressions);
  for await (const [values] of store.values(planned.query, planned.expressions)) {
    if (values !== undefined) return values;
  }
  throw fail("profile.missing", { distinctId });
}

function kindsText(set: Kinds): string {
  return set === ANY || set === PROPERTY ? "anything" : describeKinds(set);
}

async function printExplanation(
  terminal: Terminal,
  heading: (text: string) => string,
  { statement, parameters, residual }: Explanation,
): Promise<void> {
  if (statement !== "")
    await printLine(terminal, `\n${heading("statement")}\n${indented(statement)}`);
  if (parameters.length > 0) await printLine(terminal, `\n${heading("parameters")}`);
  for (const [index, parameter] of parameters.entries()) {
    await printLine(terminal, `  $${index + 1}  ${printable(parameterText(parameter))}`);
  }
  if (residual) {
    await printLine(terminal, "\npart of the selector is evaluated profile by profile");
  }
}

function indented(text: string): string {
  const lines = text.split("\n").map((line) => `  ${printable(line)}`);
  return lines.join("\n");
}

function parameterText(parameter: unknown): string {
  return typeof parameter === "bigint" ? String(parameter) : JSON.stringify(parameter);
}

function asJson(
  selector: Selector,
  explanation: Explanation | undefined,
  remarkOn: (part: Expression) => string,
): unknown {
  return {
    selector: printSelector(selector.expression),
    kinds: describeKinds(kindsOf(selector.expression)),
    parts: partTree(selector.expression, remarkOn),
    ...(explanation && {
      statement: explanation.statement,
      parameters: explanation.parameters.map((value) =>
        typeof value === "bigint" ? String(value) : value,
      ),
      residual: explanation.residual,
    }),
  };
}
