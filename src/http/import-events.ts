/**
 * `/import`: events of any time in, by who may write to their project, durable events out.
 *
 * @module
 */
import { fail } from "../errors/error.ts";
import { createEventDecoder, type EventFailure } from "../ingest/decode-events.ts";
import { authenticate, demand } from "../project/access.ts";
import type { Access } from "../project/project.ts";
import type { ApiReply, ApiRequest } from "./api.ts";
import type { ServerContext } from "./context.ts";
import { answerImport } from "./import-answer.ts";
import { type Outcome, readAnswerForm } from "./ingest-answer.ts";
import { EVENT_LINES, readRecords, splitRequest } from "./ingest-body.ts";
import { decodeInTurns } from "./ingest-context.ts";

/** Of a body, once it is inflated. */
export const IMPORT_BYTES_MAX = 10_485_760;

/** What a credential in a form or query string may look like, so that it can stand in a header. */
const API_KEY = /^[\w-]{1,200}$/;

/**
 * Writes the events of a request.
 *
 * @throws `access.*`, `ingest.*`, `query.body_too_large`, and what the store threw
 */
export async function importEvents(context: ServerContext, request: ApiRequest): Promise<ApiReply> {
  const bodyBytesMax = IMPORT_BYTES_MAX;
  if (request.body.length > bodyBytesMax) throw fail("query.body_too_large", { bodyBytesMax });
  const { data, parameters } = await splitRequest(request);
  const granted = await authorize(context, request, parameters);
  const form = readAnswerForm(parameters);
  const records = await readRecords(data, EVENT_LINES);
  return answerImport(form, await write(context, granted, records, form.isStrict));
}

/** The proven right to write to a project. */
async function authorize(
  { directory, access }: ServerContext,
  { headers, remoteAddress }: ApiRequest,
  parameters: ReadonlyMap<string, string>,
): Promise<Access> {
  const granted = await authenticate(
    directory,
    {
      authorization: authorizationOf(headers["authorization"], parameters),
      parameters,
      allParameters: parameters,
      remoteAddress,
      acceptsToken: true,
    },
    access,
  );
  demand(granted, "write");
  return granted;
}

/** Older SDKs send their credential as `api_key`; a signature beside it says that the key proves nothing by itself. */
function authorizationOf(
  header: string | readonly string[] | undefined,
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  if (typeof header === "string" && header.trim() !== "") return header;
  const apiKey = parameters.get("api_key")?.trim() ?? "";
  return API_KEY.test(apiKey) && !parameters.has("sig") ? `Basic ${apiKey}:` : undefined;
}

async function write(
  { updates: { writer, clock } }: ServerContext,
  { project, principal }: Access,
  records: readonly unknown[],
  isStrict: boolean,
): Promise<Outcome<EventFailure>> {
  const { id: projectId, token, identity } = project;
  const decoder = createEventDecoder({
    endpoint: "import",
    nowMs: clock.now(),
    isStrict,
    // The token stands in web pages.
    mayMerge: principal.kind !== "project_token",
    token,
    projectOf: () => ({ identity }),
  });
  const { batches, failures } = await decodeInTurns(records, decoder);
  if (batches.some((batch) => batch.token !== token)) {
    throw fail("access.token_mismatch", { projectId: String(projectId) });
  }
  await writer.write(batches.map(({ events }) => ({ projectId, identity, events })));
  return { recordCount: records.length, failures };
}
