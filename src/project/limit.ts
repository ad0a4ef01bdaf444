/**
 * A refusal for now, as an error that knows when to come back.
 *
 * @module
 */
import type { ErrorCode, ErrorFacts } from "../errors/catalogue.ts";
import { fail, WhomError } from "../errors/error.ts";

/** An error of kind `limited`; its answer carries these headers. */
export class LimitError extends WhomError {
  /** `Retry-After`, and `RateLimit…` where a quota refused. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: WhomError, headers: Readonly<Record<string, string>>) {
    super(error.code, error.message, error.hint);
    this.headers = headers;
  }
}

/** The codes a `LimitError` can have. */
type LimitCode = Extract<
  ErrorCode,
  | "access.quota_exceeded"
  | "access.concurrency_exceeded"
  | "access.too_many_attempts"
  | "query.too_many_exports"
>;

/** A refusal, ready to throw. */
export function refuse<Code extends LimitCode>(
  code: Code,
  facts: ErrorFacts[Code],
  headers: Readonly<Record<string, string>>,
): LimitError {
  return new LimitError(fail(code, facts), headers);
}
