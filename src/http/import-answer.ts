/**
 * What became of an import, in the three shapes that its clients know: a digit, a numeric status, a code.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";
import { WhomError } from "../errors/error.ts";
import type { EventFailure } from "../ingest/decode-events.ts";
import { LimitError } from "../project/limit.ts";
import { type ApiReply, json, type WholeReply } from "./api.ts";
import { statusOf } from "./failure.ts";
import { type AnswerForm, answerText, type Outcome, SOME_FAILED } from "./ingest-answer.ts";

/** The answer to records that were read. */
export function answerImport(form: AnswerForm, outcome: Outcome<EventFailure>): ApiReply {
  const importedCount = outcome.recordCount - outcome.failures.length;
  if (form.isStrict) return answerStrict(form, outcome.failures, importedCount);
  const status = importedCount > 0 ? 1 : 0;
  if (!form.isVerbose) return answerText(form, String(status), "text/plain");
  const content = {
    code: 200,
    error: status === 1 ? null : SOME_FAILED,
    num_records_imported: importedCount,
    status,
  };
  return answerText(form, JSON.stringify(content), "application/json");
}

function answerStrict(
  form: AnswerForm,
  failures: readonly EventFailure[],
  importedCount: number,
): ApiReply {
  if (failures.length > 0) {
    return refuse(400, SOME_FAILED, {
      failed_records: failures.map(describeFailure),
      num_records_imported: importedCount,
    });
  }
  const content = { code: 200, num_records_imported: importedCount, status: "OK" };
  return answerText(form, JSON.stringify(content), "application/json");
}

/** The documentation calls the insert id by both names; typed clients want a text even where it is missing. */
function describeFailure({ index, insertId = "", field, message }: EventFailure): object {
  return { index, insert_id: insertId, $insert_id: insertId, field, message };
}

const RETRY_AFTER_SECONDS = 1;
const RATE_LIMITED =
  "Project exceeded rate limits. Please retry the request with exponential backoff.";

/** The reply to an import of which nothing was written. */
export function refuseImport(failure: unknown, requestId: string): WholeReply {
  if (!(failure instanceof WhomError)) {
    return refuse(500, `internal error; the log has it under request id ${requestId}`);
  }
  const { message } = failure;
  switch (failure.code) {
    case "access.unauthenticated":
      return refuse(401, "Invalid credentials");
    case "access.project_forbidden":
      return refuse(401, message);
    case "ingest.writer_full":
      return retryLater(refuse(429, RATE_LIMITED));
    case "data.engine_failed":
      // What the engine says may quote statements and values: it is for the operator's log.
      return retryLater(refuse(503, `the storage engine failed; request id ${requestId}`));
    default:
      return refuseOther(failure);
  }
}

function refuseOther(failure: WhomError): WholeReply {
  const status = statusOf(failure);
  if (status === 400) {
    return refuse(status, failure.message, { failed_records: [], num_records_imported: 0 });
  }
  const reply = refuse(status, failure.message);
  if (failure instanceof LimitError) {
    return { ...reply, headers: { ...reply.headers, ...failure.headers } };
  }
  return status === 503 ? retryLater(reply) : reply;
}

function retryLater(reply: WholeReply): WholeReply {
  return {
    ...reply,
    headers: { ...reply.headers, "retry-after": String(RETRY_AFTER_SECONDS) },
  };
}

/** The name of a status where the wire has an older one than Node.js. */
const STATUS_NAMES: ReadonlyMap<number, string> = new Map([[413, "Request Entity Too Large"]]);

function refuse(code: number, error: string, counts: object = {}): WholeReply {
  const status = STATUS_NAMES.get(code) ?? STATUS_CODES[code] ?? "";
  return json(code, { code, error, ...counts, status });
}
