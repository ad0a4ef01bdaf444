/**
 * `/engage` and `/groups`: records in, durable updates out.
 *
 * The token in each record decides where it goes.
 *
 * @module
 */
import { createRecordDecoder, type DecodedBatch, type RecordFailure } from "../ingest/decode.ts";
import { DISTINCT_ID, GROUP_ID } from "../profile/reserved.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import { answerOutcome, type Outcome, readAnswerForm, refuseUpdate } from "./ingest-answer.ts";
import { type IngestBody, PROFILE_RECORDS, readIngestBody } from "./ingest-body.ts";
import {
  decodeInTurns,
  dropUnknown,
  findProjects,
  UNKNOWN_TOKEN,
  type UpdateContext,
} from "./ingest-context.ts";

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
    const body = await readIngestBody(request, PROFILE_RECORDS);
    const form = readAnswerForm(body.parameters);
    const outcome = await write(context, body, target);
    return answerOutcome(form, outcome, (failure) => describeFailure(failure, target));
  } catch (error) {
    const reply = refuseUpdate(error);
    if (reply === undefined) throw error;
    return reply;
  }
}

async function write(
  context: UpdateContext,
  { records, parameters }: IngestBody,
  target: UpdateTarget,
): Promise<Outcome<RecordFailure>> {
  const decoder = createRecordDecoder({ target, nowMs: context.clock.now() });
  const decoded = await decodeInTurns(records, decoder);
  const { known, unknown } = findProjects(context, decoded.batches, parameters);
  const rejections = await context.writer.write(
    known.map(({ batch, project }) => ({
      scope: { projectId: project.id, groupKey: batch.groupKey },
      updates: batch.updates,
    })),
  );
  const rejected = rejections.flatMap(({ batch, index, message }) =>
    failureOf(known[batch]?.batch, index, "properties", message),
  );
  const dropped = unknown.flatMap((batch) =>
    batch.updates.flatMap((_, index) => failureOf(batch, index, "$token", UNKNOWN_TOKEN)),
  );
  const failures = [...decoded.failures, ...rejected, ...dropUnknown(context, dropped)];
  return {
    recordCount: records.length,
    failures: failures.toSorted((left, right) => left.index - right.index),
  };
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

function describeFailure(failure: RecordFailure, target: UpdateTarget): object {
  const { index, distinctId, field, message } = failure;
  if (distinctId === undefined) return { index, field, message };
  return { index, [target === "groups" ? GROUP_ID : DISTINCT_ID]: distinctId, field, message };
}
