/**
 * What can be wrong with the text of a selector.
 *
 * @module
 */
import type { ErrorTable } from "./entry.ts";

/** The facts each selector error carries. */
export interface SelectorErrorFacts {
  "selector.unexpected_character": { readonly found: string };
  "selector.unterminated_string": Record<never, never>;
  "selector.unexpected_token": { readonly expected: string; readonly found: string };
  "selector.unknown_name": { readonly name: string; readonly suggestion: string | undefined };
  "selector.unknown_function": { readonly name: string; readonly suggestion: string | undefined };
  "selector.wrong_argument_count": {
    readonly name: string;
    readonly expected: string;
    readonly found: number;
  };
  "selector.wrong_type": { readonly operator: string; readonly found: string };
  "selector.not_available_here": { readonly accessor: string };
  "selector.unknown_behavior": { readonly name: string };
  "selector.unknown_cohort": { readonly cohort: string };
  "selector.invalid_regex": { readonly reason: string };
  "selector.invalid_argument": { readonly name: string; readonly reason: string };
  "selector.too_long": { readonly length: number; readonly lengthMax: number };
  "selector.too_deep": { readonly depthMax: number };
  "selector.list_too_long": { readonly itemCountMax: number };
}

/** The rows of the catalogue for selectors. */
export const SELECTOR_ERRORS: ErrorTable<SelectorErrorFacts> = {
  "selector.unexpected_character": {
    kind: "invalid",
    message: ({ found }) => `unexpected character ${found}`,
    hint: () => "put text values in double quotes",
  },
  "selector.unterminated_string": {
    kind: "invalid",
    message: () => "this text has no closing quote",
    hint: () => 'close it with the same quote; write a quote inside it as \\"',
  },
  "selector.unexpected_token": {
    kind: "invalid",
    message: ({ expected, found }) => `expected ${expected}, found ${found}`,
    hint: ({ expected }) => `put ${expected} here`,
  },
  "selector.unknown_name": {
    kind: "invalid",
    message: ({ name }) => `unknown name ${name}`,
    hint: ({ name, suggestion }) =>
      suggestion === undefined
        ? `write properties[${JSON.stringify(name)}] for a property, "…" for text`
        : `did you mean ${suggestion}?`,
  },
  "selector.unknown_function": {
    kind: "invalid",
    message: ({ name }) => `unknown function ${name}()`,
    hint: ({ suggestion }) =>
      suggestion === undefined
        ? "the selector reference lists every function"
        : `did you mean ${suggestion}()?`,
  },
  "selector.wrong_argument_count": {
    kind: "invalid",
    message: ({ name, expected, found }) => `${name}() takes ${expected}, found ${found}`,
    hint: ({ name, expected }) => `give ${name}() ${expected}`,
  },
  "selector.wrong_type": {
    kind: "invalid",
    message: ({ operator, found }) => `${operator} needs a condition, found ${found}`,
    hint: () => "compare the value with something, or wrap it in boolean()",
  },
  "selector.not_available_here": {
    kind: "invalid",
    message: ({ accessor }) => `${accessor}[] is not available here`,
    hint: ({ accessor }) =>
      accessor === "event"
        ? 'profile selectors read properties["name"]'
        : "use it in the selector of a profile query",
  },
  "selector.unknown_behavior": {
    kind: "invalid",
    message: ({ name }) => `no behavior is named ${JSON.stringify(name)}`,
    hint: () => "define it in the behaviors parameter of the same request",
  },
  "selector.unknown_cohort": {
    kind: "invalid",
    message: ({ cohort }) => `no cohort has the id or name ${cohort}`,
    hint: () => "see /cohorts/list for the cohorts of the project",
  },
  "selector.invalid_regex": {
    kind: "invalid",
    message: ({ reason }) => `invalid regular expression: ${reason}`,
    hint: () => "use RE2 syntax: no look-around, back-references, possessive or atomic groups",
  },
  "selector.invalid_argument": {
    kind: "invalid",
    message: ({ name, reason }) => `${name}(): ${reason}`,
    hint: ({ name }) => `see ${name}() in the selector reference`,
  },
  "selector.too_long": {
    kind: "invalid",
    message: ({ length, lengthMax }) =>
      `the selector has ${length} characters, more than ${lengthMax}`,
    hint: () => "split it, or select by distinct_ids",
  },
  "selector.too_deep": {
    kind: "invalid",
    message: ({ depthMax }) => `the selector nests deeper than ${depthMax} levels`,
    hint: () => "join conditions of one kind without parentheses, or use `in` with a list",
  },
  "selector.list_too_long": {
    kind: "invalid",
    message: ({ itemCountMax }) => `a list has more than ${itemCountMax} items`,
    hint: () => "split the list over several queries",
  },
};
