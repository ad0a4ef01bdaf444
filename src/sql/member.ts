/**
 * `object["name"]` and `list[0]` over readings.
 *
 * @module
 */
import type { Index } from "../selector/syntax.ts";
import { isList, type Kind } from "../values/value.ts";
import { constantValue, isConstant } from "./constant.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import type { Fragment } from "./fragment.ts";
import { keyReadings } from "./property.ts";
import { can, type Readings, reading, UNDEFINED } from "./readings.ts";
import { Unsupported } from "./unsupported.ts";

/** An element or member as readings; the index must be constant. */
export function memberReadings(expression: Index, context: SqlContext): Readings {
  if (!isConstant(expression.index)) throw new Unsupported("index");
  const index = constantValue(expression.index, context.evaluation);
  const whole = context.readings(expression.object, context);
  if (typeof index === "number") return elementReadings(whole, index, context.dialect);
  if (typeof index !== "string" || !can(whole, "object")) return UNDEFINED;
  if (whole.objectJson === undefined) throw new Unsupported("member");
  return jsonReadings(whole.objectJson, index, context.dialect);
}

/** Elements count from 0; a position that no list has gives undefined. */
function elementReadings(whole: Readings, index: number, dialect: Dialect): Readings {
  if (isList(whole.constant?.value)) throw new Unsupported("constant list");
  const list = reading(whole, "list");
  if (list === undefined || !Number.isInteger(index) || index < 0 || index >= INDEX_END) {
    return UNDEFINED;
  }
  const readings = keyReadings(dialect.listElement(list, index + 1), dialect);
  return { ...readings, kinds: new Set<Kind>([...readings.kinds, "undefined"]) };
}

/** Past this no stored list has an element. */
const INDEX_END = 1_000_000;

/** A member as the JSON has it: lists and deeper objects can only be told to be there. */
function jsonReadings(json: Fragment, name: string, dialect: Dialect): Readings {
  return {
    kinds: new Set<Kind>(["string", "number", "boolean", "list", "object", "null", "undefined"]),
    string: dialect.jsonMember(json, name, "string"),
    number: dialect.jsonMember(json, name, "number"),
    boolean: dialect.jsonMember(json, name, "boolean"),
    objectJson: dialect.jsonMember(json, name, "object"),
    null: dialect.jsonMember(json, name, "null"),
    defined: dialect.jsonMember(json, name, "defined"),
  };
}
