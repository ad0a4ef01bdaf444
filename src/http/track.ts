/**
 * `/track`: events as they happen in, durable events out.
 *
 * The token in each record decides where it goes. Browsers that know nobody's id get one of their address.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import {
  createEventDecoder,
  type DecodedEvents,
  type EventFailure,
  type EventProject,
} from "../ingest/decode-events.ts";
import type { Project } from "../project/project.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import {
  answerOutcome,
  isOn,
  type Outcome,
  readAnswerForm,
  refuseUpdate,
} from "./ingest-answer.ts";
import { EVENT_RECORDS, type IngestBody, readIngestBody } from "./ingest-body.ts";
import {
  decodeInTurns,
  dropUnknown,
  findProjects,
  UNKNOWN_TOKEN,
  type UpdateContext,
} from "./ingest-context.ts";

/**
 * Writes the events of a request.
 *
 * @throws what the store threw; everything the client can act on is a reply
 */
export async function track(context: UpdateContext, request: ApiRequest): Promise<ApiReply> {
  try {
    const body = await readIngestBody(request, EVENT_RECORDS);
    const form = readAnswerForm(body.parameters);
    const outcome = await write(context, body, request.remoteAddress);
    return answerOutcome(form, outcome, describeEventFailure);
  } catch (error) {
    const reply = refuseUpdate(error);
    if (reply === undefined) throw error;
    return reply;
  }
}

/** A record that was left out, as answers show it; SDKs know the insert id by both names. */
function describeEventFailure({ index, insertId, field, message }: EventFailure): object {
  if (insertId === undefined) return { index, field, message };
  return { index, insert_id: insertId, $insert_id: insertId, field, message };
}

async function write(
  context: UpdateContext,
  { records, parameters }: IngestBody,
  remoteAddress: string,
): Promise<Outcome<EventFailure>> {
  const addresses = isOn(parameters.get("ip"));
  const decoder = createEventDecoder({
    endpoint: "track",
    nowMs: context.clock.now(),
    // A browser's event is taken if it can be: `strict` only reports.
    isStrict: false,
    projectOf: (token) =>
      eventProject(context.projectByToken(token), addresses ? remoteAddress : undefined),
  });
  const decoded = await decodeInTurns(records, decoder);
  const { known, unknown } = findProjects(context, decoded.batches, parameters);
  await context.writer.write(
    known.map(({ batch: { events }, project: { id: projectId, identity } }) => ({
      projectId,
      identity,
      events,
    })),
  );
  const failures = [...decoded.failures, ...dropUnknown(context, unknown.flatMap(unknownToken))];
  return {
    recordCount: records.length,
    failures: failures.toSorted((left, right) => left.index - right.index),
  };
}

function eventProject(
  project: Project | undefined,
  remoteAddress: string | undefined,
): EventProject | undefined {
  if (project === undefined || remoteAddress === undefined) return project;
  return { identity: project.identity, fallbackId: addressId(project, remoteAddress) };
}

/** A distinct id that is the same for an address, and from which nobody without the secret can tell the address. */
function addressId({ apiSecret }: Project, remoteAddress: string): string {
  const hash = createHmac("sha256", apiSecret).update(remoteAddress).digest("hex");
  return hash.slice(0, ADDRESS_ID_LENGTH);
}

const ADDRESS_ID_LENGTH = 32;

function unknownToken({ events, indexes }: DecodedEvents): readonly EventFailure[] {
  return indexes.map((index, at) => ({
    index,
    insertId: events[at]?.insertId,
    field: "properties.token",
    message: UNKNOWN_TOKEN,
  }));
}
