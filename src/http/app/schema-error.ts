/**
 * A body that is not of the shape an endpoint takes, as an error that knows where it differs.
 *
 * @module
 */
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { fail, WhomError } from "../../errors/error.ts";

/** Where a body differs from its schema. */
export interface SchemaDetails {
  /** Names of members and indexes of lists, from the outermost. */
  readonly path: readonly (string | number)[];
  readonly schema: unknown;
  /** What was sent there; left out when it is long. */
  readonly data?: unknown;
}

/** What was sent is repeated up to this length. */
const DATA_LENGTH_MAX = 1000;

/** `request.invalid_body` with `details`, as clients of the App API know them. */
export class SchemaError extends WhomError {
  readonly details: SchemaDetails;

  constructor(schema: TSchema, value: unknown) {
    const found = Value.Errors(schema, value).First();
    const path = pathOf(found?.path ?? "");
    const reason = found?.message ?? "it has the wrong shape";
    const { code, message, hint } = fail("request.invalid_body", {
      member: path.length === 0 ? "the body" : path.join("."),
      reason: reason.charAt(0).toLowerCase() + reason.slice(1),
    });
    super(code, message, hint);
    const data = found === undefined ? value : found.value;
    const isLong = String(JSON.stringify(data)).length > DATA_LENGTH_MAX;
    this.details = { path, schema: found?.schema ?? schema, ...(isLong ? {} : { data }) };
  }
}

/** A JSON pointer as its parts; an index of a list as a number. */
function pathOf(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : part));
}
