/**
 * What became of the records of a request, answered as the SDKs compare it byte for byte.
 *
 * A record that is wrong does not stop the others, and the status stays 200: only `strict` says which ones
 * were wrong.
 *
 * @module
 */
import { fail, WhomError } from "../errors/error.ts";
import { type ApiReply, json, STATUS_OF_KIND } from "./api.ts";

/** A record that was left out. */
export interface FailedRecord {
  readonly index: number;
  readonly field: string;
  readonly message: string;
}

/** What became of the records of a request. */
export interface Outcome<Failure extends FailedRecord> {
  readonly recordCount: number;
  /** By index. */
  readonly failures: readonly Failure[];
}

/** How the answer is to be written. */
export interface AnswerForm {
  readonly isVerbose: boolean;
  readonly isStrict: boolean;
  readonly isImage: boolean;
  readonly callback: string | undefined;
}

/** What the verbose answers of all endpoints that write call it when records were left out. */
export const SOME_FAILED = "some data points in the request failed validation";

const CALLBACK = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;
const CALLBACK_LENGTH_MAX = 255;
const OFF: ReadonlySet<string | undefined> = new Set([undefined, "", "0", "false", "False"]);

/** A GIF of one transparent pixel. */
const PIXEL: Buffer = Buffer.from(
  "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
  "base64",
);

/** Whether a parameter such as `verbose` asks for something. */
export function isOn(parameter: string | undefined): boolean {
  return !OFF.has(parameter);
}

/**
 * How a request wants its answer.
 *
 * @throws `query.invalid_parameter` for a callback that is no name of a function
 */
export function readAnswerForm(parameters: ReadonlyMap<string, string>): AnswerForm {
  const callback = parameters.get("callback") ?? "";
  if (callback !== "" && (callback.length > CALLBACK_LENGTH_MAX || !CALLBACK.test(callback))) {
    throw fail("query.invalid_parameter", {
      parameter: "callback",
      expected: "the name of a JavaScript function",
      found: JSON.stringify(callback.slice(0, CALLBACK_LENGTH_MAX)),
    });
  }
  return {
    isVerbose: isOn(parameters.get("verbose")),
    isStrict: isOn(parameters.get("strict")),
    isImage: isOn(parameters.get("img")),
    callback: callback === "" ? undefined : callback,
  };
}

/**
 * The answer to records that were read.
 *
 * @param describe a failure as the answer shows it
 */
export function answerOutcome<Failure extends FailedRecord>(
  form: AnswerForm,
  outcome: Outcome<Failure>,
  describe: (failure: Failure) => object,
): ApiReply {
  const content = form.isVerbose
    ? describeOutcome(form, outcome, describe)
    : String(statusOf(form, outcome));
  return answerText(form, content, form.isVerbose ? "application/json" : "text/plain");
}

/** Text or JSON with status 200, as a pixel or a call of a function where that is asked for. */
export function answerText(form: AnswerForm, content: string, contentType: string): ApiReply {
  if (form.isImage) return reply("image/gif", PIXEL);
  if (form.callback === undefined) return reply(contentType, content);
  return reply("text/javascript", `${form.callback}(${content})`);
}

/** 1 when a record was taken; `strict` wants all of them to be. */
function statusOf(
  { isStrict }: AnswerForm,
  { recordCount, failures }: Outcome<FailedRecord>,
): 0 | 1 {
  if (recordCount === 0 || failures.length === recordCount) return 0;
  return isStrict && failures.length > 0 ? 0 : 1;
}

/** The verbose answer; the spaces are those of the wire, byte for byte. */
function describeOutcome<Failure extends FailedRecord>(
  form: AnswerForm,
  outcome: Outcome<Failure>,
  describe: (failure: Failure) => object,
): string {
  const { recordCount, failures } = outcome;
  const status = statusOf(form, outcome);
  const failure = form.isStrict && failures.length > 0 ? SOME_FAILED : firstReason(failures);
  const error = JSON.stringify(status === 1 ? null : failure);
  if (!form.isStrict) return `{"error": ${error}, "status": ${status}}`;
  const failed = JSON.stringify(failures.map(describe));
  const goodCount = recordCount - failures.length;
  return `{"error": ${error}, "status": ${status}, "failed_records": ${failed}, "num_good_events": ${goodCount}}`;
}

/** Why the first record was not taken; a request without records lacks them. */
function firstReason(failures: readonly FailedRecord[]): string {
  return failures[0]?.message ?? fail("ingest.data_missing", {}).message;
}

const RETRY_AFTER_SECONDS = 1;

/** The reply to a request of which nothing was written; undefined for failures that are not its own. */
export function refuseUpdate(error: unknown): ApiReply | undefined {
  if (!(error instanceof WhomError)) return undefined;
  const status = STATUS_OF_KIND[error.kind];
  switch (error.kind) {
    case "invalid":
    case "large":
      return json(status, { error: error.message, status: 0 });
    case "denied":
      return json(status, { error: error.message, status: "error" });
    case "busy": {
      const busy = json(status, { error: error.message, status: 0 });
      return error.code === "ingest.writer_full"
        ? { ...busy, headers: { ...busy.headers, "retry-after": String(RETRY_AFTER_SECONDS) } }
        : undefined;
    }
    default:
      return undefined;
  }
}

function reply(contentType: string, body: string | Buffer): ApiReply {
  return { status: 200, headers: { "content-type": contentType }, body };
}
