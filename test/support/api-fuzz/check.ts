/**
 * What must hold of every answer, whatever was asked.
 *
 * @module
 */
import { KindGuard } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { ErrorCode } from "../../../src/errors/catalogue.ts";
import { ERRORS } from "../../../src/errors/catalogue.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import type { FuzzRequest } from "./requests.ts";

/** An answer that is whole. */
export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly elapsedMs: number;
}

/** Longer than any request of the fuzzer takes on a busy machine. */
const ANSWER_MS_MAX = 20_000;

/** The server's own failures. */
const SERVER_ERROR = 500;
const OK = 200;
/** Answered before a request is made of it, without a word. */
const EXPECTATION_FAILED = 417;

const METHODS_OF_DOCUMENT: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** What is wrong with an answer; nothing when all is well. */
export function faultsOf(request: FuzzRequest, answer: FuzzAnswer): readonly string[] {
  const { status, text, elapsedMs } = answer;
  if (status === EXPECTATION_FAILED) return [];
  return [
    ...(status >= SERVER_ERROR ? [`status ${status}: ${text.slice(0, 300)}`] : []),
    ...(elapsedMs > ANSWER_MS_MAX ? [`answered after ${Math.round(elapsedMs)} ms`] : []),
    ...headerFaults(request, answer),
    ...(status === OK ? schemaFaults(request, answer) : errorFaults(request, answer)),
  ];
}

function headerFaults({ method }: FuzzRequest, { headers }: FuzzAnswer): readonly string[] {
  const faults: string[] = [];
  if (headers["x-injected"] !== undefined) faults.push("a header came in through a value");
  // A preflight is answered before there is a request to speak of.
  const hasId = method === "OPTIONS" || typeof headers["x-request-id"] === "string";
  return hasId ? faults : [...faults, "no request id"];
}

/** An answer is of the schema that its endpoint declares. */
function schemaFaults(
  { method, template }: FuzzRequest,
  { headers, text }: FuzzAnswer,
): readonly string[] {
  const type = String(headers["content-type"] ?? "");
  if (!type.startsWith("application/json") || !METHODS_OF_DOCUMENT.has(method)) return [];
  const path = template.replaceAll(/\{(\w+)\}/g, ":$1");
  const route = ROUTES.find(
    ({ paths, methods }) => paths.includes(path) && methods.some((each) => each === method),
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [`no JSON: ${text.slice(0, 200)}`];
  }
  const schema = route?.answer;
  if (schema === undefined || !KindGuard.IsSchema(schema) || Value.Check(schema, value)) return [];
  const [first] = [...Value.Errors(schema, value)];
  return [`not of its schema at ${first?.path}: ${first?.message}, in ${text.slice(0, 200)}`];
}

/** What is refused says why, with a code of the catalogue where there is one. */
function errorFaults(
  { method }: FuzzRequest,
  { status, headers, text }: FuzzAnswer,
): readonly string[] {
  if (status < 400 || method === "HEAD") return [];
  if (text === "") return [`status ${status} without a word`];
  if (!String(headers["content-type"] ?? "").startsWith("application/json")) return [];
  try {
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    // Imports give the status there, as their clients expect.
    const isKnown =
      code === undefined || code === status || Object.hasOwn(ERRORS, code as ErrorCode);
    return isKnown ? [] : [`the code ${String(code)} is not in the catalogue`];
  } catch {
    return [`no JSON: ${text.slice(0, 200)}`];
  }
}
