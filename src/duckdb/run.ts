/**
 * Statements with their parameters.
 *
 * @module
 */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  UINTEGER,
  VARCHAR,
} from "@duckdb/node-api";
import type { Fragment, Parameter } from "../sql/fragment.ts";
import { keptStatement } from "./prepared.ts";

/** Runs one statement; its parameters go typed, so that indexes match them. */
export async function run(
  connection: DuckDBConnection,
  statement: Fragment,
): Promise<DuckDBMaterializedResult> {
  const { text, parameters } = statement;
  const kept = await keptStatement(connection, text);
  if (kept === undefined) {
    const types = parameters.map((parameter) => TYPES[parameter.kind]);
    return connection.run(text, parameters.map(toDuckdb), types);
  }
  for (const [index, parameter] of parameters.entries()) bind(kept, index + 1, parameter);
  return kept.run();
}

/** Runs one statement whose result is taken chunk by chunk, so that each can be let go; it must be taken to its end. */
export function runInChunks(
  connection: DuckDBConnection,
  { text, parameters }: Fragment,
): Promise<DuckDBResult> {
  const types = parameters.map((parameter) => TYPES[parameter.kind]);
  return connection.stream(text, parameters.map(toDuckdb), types);
}

/** Lists of keys have a thousand parameters: each goes by the shortest way. */
function bind(statement: DuckDBPreparedStatement, place: number, parameter: Parameter): void {
  if (parameter.kind === "key") statement.bindUInteger(place, parameter.value);
  else if (parameter.kind === "text") statement.bindVarchar(place, parameter.value);
  else if (parameter.kind === "number") statement.bindDouble(place, parameter.value);
  else statement.bindValue(place, toDuckdb(parameter), TYPES[parameter.kind]);
}

const TYPES: Readonly<Record<Parameter["kind"], DuckDBType>> = {
  text: VARCHAR,
  number: DOUBLE,
  truth: BOOLEAN,
  seconds: BIGINT,
  key: UINTEGER,
  integers: LIST(BIGINT),
  keys: LIST(UINTEGER),
  numbers: LIST(DOUBLE),
  texts: LIST(VARCHAR),
};

function toDuckdb(parameter: Parameter): DuckDBValue {
  switch (parameter.kind) {
    case "seconds":
      return BigInt(parameter.value);
    case "integers":
    case "keys":
    case "numbers":
    case "texts":
      return listValue([...parameter.value]);
    default:
      return parameter.value;
  }
}
