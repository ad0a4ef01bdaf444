/**
 * The members of a cohort that is a list: given out, and uploaded as JSON, as lines or as CSV.
 *
 * @module
 */
import { Readable } from "node:stream";
import { type TSchema, Type } from "@sinclair/typebox";
import { parse } from "csv-parse";
import { Turn } from "../../clock.ts";
import { fail } from "../../errors/error.ts";
import { DISTINCT_ID_BYTES_MAX } from "../../profile/limits.ts";
import type { MemberChange } from "../../registry/cohorts.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { listBody } from "../list-body.ts";
import type { Route } from "../route.ts";
import { inProject, ok, type ProjectCall, parseJson } from "./app.ts";
import { cohortId } from "./cohorts.ts";

const IDS: TSchema = Type.Array(Type.Union([Type.String(), Type.Integer()]));
const LIST = Type.Array(Type.Union([Type.String(), Type.Integer()]));
const UPLOAD = Type.Union([LIST, Type.Object({ distinct_ids: LIST })]);

/** An upload is read in parts of this size. */
const CSV_PART_BYTES = 16_384;

const CHANGES: readonly MemberChange[] = ["add", "replace", "remove"];

const COUNT = Type.Object({ cohort_id: Type.Integer(), count: Type.Integer() });

/** The endpoints. */
export const COHORT_MEMBER_ROUTES: readonly Route[] = [
  inProject({
    name: "cohort_members",
    method: "GET",
    path: "/cohorts/:cohort_id/members",
    summary: "The members of a cohort that is a list",
    action: "export",
    results: Type.Object({ cohort_id: Type.Integer(), count: Type.Integer(), distinct_ids: IDS }),
    handler: async (call) => {
      const { context, access } = call;
      const id = cohortId(call);
      const distinctIds = await context.registry.savedCohorts.members(access.project.id, id);
      return {
        status: 200,
        headers: { "content-type": "application/json; charset=utf-8" },
        body: await listBody({
          before: `{"status":"ok","results":{"cohort_id":${id},"count":${distinctIds.length},"distinct_ids":[`,
          items: distinctIds,
          textOf: (distinctId) => JSON.stringify(distinctId),
          after: "]}}",
        }),
      };
    },
  }),
  inProject({
    name: "cohort_members_change",
    method: "POST",
    path: "/cohorts/:cohort_id/members",
    summary: "Change the members of a cohort that is a list",
    action: "query",
    parameters: Type.Object({
      mode: Type.Optional(Type.Union(CHANGES.map((change) => Type.Literal(change)))),
    }),
    body: {
      content: {
        "application/json": { schema: UPLOAD },
        "text/csv": { schema: Type.String() },
        "text/plain": { schema: Type.String() },
      },
    },
    results: COUNT,
    handler: changeMembers,
  }),
];

async function changeMembers(call: ProjectCall): Promise<ApiReply> {
  const { context, access, request, parameters } = call;
  const { savedCohorts } = context.registry;
  const { project } = access;
  const id = cohortId(call);
  const mode = readMode(parameters.get("mode"));
  const distinctIds = await readIds(request);
  await savedCohorts.changeMembers(project.id, id, mode, distinctIds);
  const { length } = await savedCohorts.members(project.id, id);
  return ok({ cohort_id: id, count: length });
}

function readMode(text: string | undefined): MemberChange {
  if (text === undefined || text === "") return "add";
  const mode = CHANGES.find((change) => change === text);
  if (mode !== undefined) return mode;
  throw fail("query.invalid_parameter", {
    parameter: "mode",
    expected: CHANGES.join(", "),
    found: JSON.stringify(text.slice(0, 60)),
  });
}

/** The ids of an upload, each once; a text that begins like JSON is JSON. */
async function readIds({ body }: ApiRequest): Promise<readonly string[]> {
  const text = body.toString("utf8").trim();
  const ids = /^[[{]/.test(text) ? readJsonIds(text) : await readCsvIds(text);
  const used = ids.filter((id) => id !== "").map((id) => id.toWellFormed());
  for (const id of used) checkLength(id);
  return [...new Set(used)];
}

function readJsonIds(text: string): readonly string[] {
  const upload = parseJson(text, UPLOAD);
  const ids = "distinct_ids" in upload ? upload.distinct_ids : upload;
  return ids.map((id) => {
    if (typeof id === "string" || Number.isSafeInteger(id)) return String(id);
    throw invalid("a number of more than 15 digits must be sent as a text");
  });
}

/** The column that is called distinct id, or else the first one. */
async function readCsvIds(text: string): Promise<readonly string[]> {
  const rows = await parseRows(text);
  const column = rows[0]?.findIndex((name) => /^\$?distinct_id$/i.test(name.trim())) ?? -1;
  const ids = column === -1 ? rows : rows.slice(1);
  return ids.map((row) => row[Math.max(column, 0)]?.trim() ?? "");
}

async function parseRows(text: string): Promise<readonly (readonly string[])[]> {
  const parser = parse({ relaxColumnCount: true, skipEmptyLines: true });
  const rows: string[][] = [];
  try {
    for await (const row of Readable.from(partsOf(Buffer.from(text))).pipe(parser)) rows.push(row);
    return rows;
  } catch (failure) {
    throw invalid(failure instanceof Error ? failure.message : "it is no CSV");
  }
}

/** The bytes of an upload in parts, between which other work gets its turn. */
async function* partsOf(bytes: Buffer): AsyncGenerator<Buffer> {
  const turn = new Turn();
  for (let start = 0; start < bytes.length; start += CSV_PART_BYTES) {
    yield bytes.subarray(start, start + CSV_PART_BYTES);
    if (turn.isOver) await turn.next();
  }
}

function checkLength(id: string): void {
  if (Buffer.byteLength(id) <= DISTINCT_ID_BYTES_MAX) return;
  throw invalid(`an id has more than ${DISTINCT_ID_BYTES_MAX} bytes`);
}

function invalid(reason: string): Error {
  return fail("request.invalid_body", { member: "the list of ids", reason });
}
