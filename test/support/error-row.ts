/**
 * An error code as the row that documents it.
 *
 * @module
 */
import { exitCodeOf } from "../../src/cli/failure.ts";
import { ERRORS, type ErrorCode } from "../../src/errors/catalogue.ts";
import { WhomError } from "../../src/errors/error.ts";
import { replyToFailure } from "../../src/http/failure.ts";

/** What a page says about a code. */
export interface ErrorRow {
  readonly kind: string;
  readonly status: string;
  readonly exit: string;
  readonly message: string;
  /** Hints that depend on the facts stand after each other, with ` / ` between them. */
  readonly hint: string;
}

/** Facts by name. */
type Facts = Readonly<Record<string, unknown>>;

/** Facts of which a hint depends, besides the ones that stand for any. */
const SPECIAL_FACTS: Partial<Readonly<Record<ErrorCode, readonly Facts[]>>> = {
  "selector.unknown_name": [{ suggestion: undefined }],
  "selector.unknown_function": [{ suggestion: undefined }],
  "selector.not_available_here": [{ accessor: "event" }],
  "server.refused": [{ status: 401 }, { status: 400 }],
};

/** The row of a code; its facts are written as their names in braces. */
export function describeError(code: ErrorCode): ErrorRow {
  const { kind, message, hint } = ERRORS[code] as {
    readonly kind: string;
    message(facts: Facts): string;
    hint(facts: Facts): string;
  };
  const error = new WhomError(code, "", "");
  const hints = [{}, ...(SPECIAL_FACTS[code] ?? [])].map((facts) => hint(named(facts)));
  return {
    kind,
    status: String(replyToFailure(error, "", "", undefined).status),
    exit: String(exitCodeOf(error)),
    message: message(named({})),
    hint: hints.join(" / "),
  };
}

/** Facts that are their own names, but for some. */
function named(facts: Facts): Facts {
  return new Proxy(facts, {
    get: (target, name) =>
      Object.hasOwn(target, name) ? Reflect.get(target, name) : `{${String(name)}}`,
  });
}
