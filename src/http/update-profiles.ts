/**
 * `/engage` and `/groups`: records in, durable updates out, answered as the SDKs compare it byte for byte.
 *
 * The token in each record decides where it goes. A record that is wrong does not stop the others, and the
 * status stays 200: only `strict` says which ones were wrong.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { fail, WhomError } from "../errors/error.ts";
import { type DecodedBatch, decodeRecords, type RecordFailure } from "../ingest/decode.ts";
import type { Writer } from "../ingest/writer.ts";
import { DISTINCT_ID, GROUP_ID } from "../profile/reserved.ts";
import type { Project } from "../project/project.ts";
import type { ScopedUpdates } from "../store/store.ts";
import { type ApiReply, type ApiRequest, json, STATUS_OF_KIND } from "./api.ts";
import { type IngestBody, readIngestBody } from "./ingest-body.ts";

/** What the two endpoints need. */
export interface UpdateContext {
  projectByToken(token: string): Project | undefined;
  readonly writer: Pick<Writer, "write">;
  readonly clock: Clock;
  /** Whether a record with an unknown token is reported; otherwise it is dropped in silence. */
  readonly strictTokens: boolean;
  /** Told how many records of a request were dropped for an unknown token. */
  onDropped(count: number): void;
}

/** Which of the two endpoints. */
export type UpdateTarget = "engage" | "groups";

/**
 * Writes the records of a request.
 *
 * @throws what the store threw; everything the client can act on is a reply
 */
export async function updateProfiles(
  context: UpdateContext,
  request: ApiRequest,
  target: UpdateTarget,
): Promise<ApiReply> {
  try {
    const body = readIngestBody(request);
    const form = readAnswerForm(body.parameters);
    const outcome = await write(context, body, target);
    return answer(form, outcome, target);
  } catch (error) {
    const reply = refuse(error);
    if (reply === undefined) throw error;
    return reply;
  }
}

/** What became of the records of a request. */
interface Outcome {
  readonly recordCount: number;
  /** By index. */
  readonly failures: readonly RecordFailure[];
}

async function write(
  context: UpdateContext,
  { records, parameters }: IngestBody,
  target: UpdateTarget,
): Promise<Outcome> {
  const decoded = decodeRecords(records, { target, nowMs: context.clock.now() });
  const projectId = parameters.get("project_id")?.trim() ?? "";
  const known: DecodedBatch[] = [];
  const scoped: ScopedUpdates[] = [];
  const unknown: DecodedBatch[] = [];
  for (const batch of decoded.batches) {
    const project = context.projectByToken(batch.token);
    if (project === undefined) {
      unknown.push(batch);
      continue;
    }
    if (projectId !== "" && projectId !== String(project.id)) {
      throw fail("access.token_mismatch", { projectId });
    }
    known.push(batch);
    const scope = { projectId: project.id, groupKey: batch.groupKey };
    scoped.push({ scope, updates: batch.updates });
  }
  const rejections = await context.writer.write(scoped);
  const rejected = rejections.flatMap(({ batch, index, message }) =>
    failureOf(known[batch], index, "properties", message),
  );
  const dropped = dropUnknown(context, unknown);
  const failures = [...decoded.failures, ...rejected, ...dropped];
  return {
    recordCount: records.length,
    failures: failures.toSorted((left, right) => left.index - right.index),
  };
}

/** The failures to report for records with an unknown token. */
function dropUnknown(
  context: UpdateContext,
  batches: readonly DecodedBatch[],
): readonly RecordFailure[] {
  const dropped = batches.flatMap((batch) =>
    batch.updates.flatMap((_, index) => failureOf(batch, index, "$token", "Invalid token")),
  );
  if (dropped.length > 0) context.onDropped(dropped.length);
  return context.strictTokens ? dropped : [];
}

function failureOf(
  batch: DecodedBatch | undefined,
  updateIndex: number,
  field: string,
  message: string,
): readonly RecordFailure[] {
  const index = batch?.indexes[updateIndex];
  const distinctId = batch?.updates[updateIndex]?.distinctId;
  return index === undefined ? [] : [{ index, distinctId, field, message }];
}

/** How the answer is to be written. */
interface AnswerForm {
  readonly isVerbose: boolean;
  readonly isStrict: boolean;
  readonly isImage: boolean;
  readonly callback: string | undefined;
}

const CALLBACK = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;
const CALLBACK_LENGTH_MAX = 255;
const OFF: ReadonlySet<string | undefined> = new Set([undefined, "", "0", "false", "False"]);

/** A GIF of one transparent pixel. */
const PIXEL: Buffer = Buffer.from(
  "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
  "base64",
);

function readAnswerForm(parameters: ReadonlyMap<string, string>): AnswerForm {
  const callback = parameters.get("callback") ?? "";
  if (callback !== "" && (callback.length > CALLBACK_LENGTH_MAX || !CALLBACK.test(callback))) {
    throw fail("query.invalid_parameter", {
      parameter: "callback",
      expected: "the name of a JavaScript function",
      found: JSON.stringify(callback.slice(0, CALLBACK_LENGTH_MAX)),
    });
  }
  return {
    isVerbose: !OFF.has(parameters.get("verbose")),
    isStrict: !OFF.has(parameters.get("strict")),
    isImage: !OFF.has(parameters.get("img")),
    callback: callback === "" ? undefined : callback,
  };
}

function answer(form: AnswerForm, outcome: Outcome, target: UpdateTarget): ApiReply {
  if (form.isImage) return reply(200, "image/gif", PIXEL);
  const content = form.isVerbose
    ? describe(form, outcome, target)
    : String(statusOf(form, outcome));
  if (form.callback !== undefined) {
    return reply(200, "text/javascript", `${form.callback}(${content})`);
  }
  return reply(200, form.isVerbose ? "application/json" : "text/plain", content);
}

/** 1 when a record was taken; `strict` wants all of them to be. */
function statusOf({ isStrict }: AnswerForm, { recordCount, failures }: Outcome): 0 | 1 {
  if (recordCount === 0 || failures.length === recordCount) return 0;
  return isStrict && failures.length > 0 ? 0 : 1;
}

/** The verbose answer; the spaces are those of the wire, byte for byte. */
function describe(form: AnswerForm, outcome: Outcome, target: UpdateTarget): string {
  const { recordCount, failures } = outcome;
  const status = statusOf(form, outcome);
  const failure =
    form.isStrict && failures.length > 0
      ? "some data points in the request failed validation"
      : firstReason(failures);
  const error = JSON.stringify(status === 1 ? null : failure);
  if (!form.isStrict) return `{"error": ${error}, "status": ${status}}`;
  const failed = JSON.stringify(failures.map((failed) => describeFailure(failed, target)));
  const goodCount = recordCount - failures.length;
  return `{"error": ${error}, "status": ${status}, "failed_records": ${failed}, "num_good_events": ${goodCount}}`;
}

/** Why the first record was not taken; a request without records lacks them. */
function firstReason(failures: readonly RecordFailure[]): string {
  return failures[0]?.message ?? fail("ingest.data_missing", {}).message;
}

function describeFailure(failure: RecordFailure, target: UpdateTarget): object {
  const { index, distinctId, field, message } = failure;
  if (distinctId === undefined) return { index, field, message };
  return { index, [target === "groups" ? GROUP_ID : DISTINCT_ID]: distinctId, field, message };
}

const RETRY_AFTER_SECONDS = 1;

/** The reply to a request of which nothing was written; undefined for failures that are not its own. */
function refuse(error: unknown): ApiReply | undefined {
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

function reply(status: number, contentType: string, body: string | Buffer): ApiReply {
  return { status, headers: { "content-type": contentType }, body };
}
