/**
 * The one error type: a code of the catalogue with the facts that fill its sentence.
 *
 * A caller throws `fail(code, facts, span?)`; anything else thrown is a bug and shows only in the log.
 *
 * @module
 */
import { ERRORS, type ErrorCode, type ErrorFacts, type ErrorKind } from "./catalogue.ts";

/** Start and end of a piece of source, in UTF-16 units, end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A failure somebody can act on: what was found (`message`), what to do (`hint`), and where (`span`). */
export class WhomError extends Error {
  override readonly name = "WhomError";
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string;
  readonly span: Span | undefined;
  /** The text that `span` points into, for a source frame. */
  readonly source: string | undefined;

  constructor(code: ErrorCode, message: string, hint: string, span?: Span, source?: string) {
    super(message);
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.hint = hint;
    this.span = span;
    this.source = source;
  }

  /** The same error, knowing the text its span points into. */
  within(source: string): WhomError {
    return new WhomError(this.code, this.message, this.hint, this.span, source);
  }
}

/** An error of the catalogue, ready to throw. */
export function fail<Code extends ErrorCode>(
  code: Code,
  facts: ErrorFacts[Code],
  span?: Span,
): WhomError {
  const entry = ERRORS[code] as {
    message(facts: ErrorFacts[Code]): string;
    hint(facts: ErrorFacts[Code]): string;
  };
  return new WhomError(code, entry.message(facts), entry.hint(facts), span);
}
