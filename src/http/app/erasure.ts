/**
 * What data protection laws ask for: taking away all that is kept of people, and giving it to them.
 *
 * An erasure is done when it is answered. Its task says how much was taken away, and no longer of whom.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import type { Project } from "../../project/project.ts";
import type { Erasure } from "../../registry/erasures.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import type { ServerContext } from "../context.ts";
import { parseForm } from "../form.ts";
import type { Method, Route } from "../route.ts";
import { authorizeAs, ok, okSchema, pathId, pathParameter, readJson } from "./app.ts";
import { formatUtc } from "./cohort-json.ts";
import { personalData } from "./personal-data.ts";

/** Distinct ids of one erasure. */
const ERASED_IDS_MAX = 1999;
/** Distinct ids of one retrieval. */
const RETRIEVED_IDS_MAX = 2000;

const DELETIONS = "/api/app/data-deletions/v3.0";
const RETRIEVALS = "/api/app/data-retrievals/v3.0";

const TOKEN = Type.Object({ token: Type.String({ description: "The token of the project." }) });
const COMPLIANCE = Type.Optional(
  Type.Union(
    ["GDPR", "CCPA", "gdpr", "ccpa"].map((law) => Type.Literal(law)),
    { description: "Written down; both are done alike." },
  ),
);
const ID = Type.String({ minLength: 1 });

const ERASURE = Type.Object({
  distinct_ids: Type.Array(ID, { minItems: 1, maxItems: ERASED_IDS_MAX }),
  compliance_type: COMPLIANCE,
});
const RETRIEVAL = Type.Object({
  distinct_ids: Type.Array(ID, { minItems: 1, maxItems: RETRIEVED_IDS_MAX }),
  compliance_type: COMPLIANCE,
  disclosure_type: Type.Optional(Type.String({ description: "Only Data is given." })),
});

const CREATED = okSchema(Type.Object({ task_id: Type.String() }));
const STATUS = Type.Union([Type.Literal("SUCCESS"), Type.Literal("NOT_FOUND")]);
const ERASURE_STATUS = okSchema(
  Type.Object({
    tracking_id: Type.String(),
    status: STATUS,
    requesting_user: Type.Optional(Type.String()),
    compliance_type: Type.Optional(Type.String()),
    project_id: Type.Integer(),
    date_requested: Type.Optional(Type.String()),
    distinct_ids: Type.Array(Type.String(), { description: "Empty: they are erased too." }),
    distinct_id_count: Type.Optional(Type.Integer()),
    profile_count: Type.Optional(Type.Integer()),
    event_count: Type.Optional(Type.Integer()),
  }),
);
const RETRIEVAL_STATUS = okSchema(
  Type.Object({
    status: STATUS,
    results: Type.String({ description: "The path that gives the data." }),
    distinct_ids: Type.Array(Type.String()),
  }),
);

interface Endpoint {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly body: TSchema;
  readonly answer: object;
  readonly handler: (call: PrivacyCall) => Promise<ApiReply> | ApiReply;
}

/** A request about people of one project, allowed. */
interface PrivacyCall {
  readonly context: ServerContext;
  readonly project: Project;
  readonly username: string;
  readonly request: ApiRequest;
}

const NOTHING: TSchema = Type.Object({});

/** The endpoints. */
export const ERASURE_ROUTES: readonly Route[] = [
  endpoint({
    name: "erasure_create",
    method: "POST",
    path: DELETIONS,
    summary: "Erase all that is kept of users",
    body: ERASURE,
    answer: CREATED,
    handler: erase,
  }),
  endpoint({
    name: "erasure_status",
    method: "GET",
    path: `${DELETIONS}/:task_id`,
    summary: "What an erasure took away",
    body: NOTHING,
    answer: ERASURE_STATUS,
    handler: readErasure,
  }),
  endpoint({
    name: "retrieval_create",
    method: "POST",
    path: RETRIEVALS,
    summary: "Ask for all that is kept of users",
    body: RETRIEVAL,
    answer: CREATED,
    handler: ({ context, project, request }) => {
      const { distinct_ids: distinctIds } = readJson(request, RETRIEVAL);
      const { taskId } = context.retrievals.add(project.id, asStored(distinctIds));
      return ok({ task_id: taskId }, 201);
    },
  }),
  endpoint({
    name: "retrieval_status",
    method: "GET",
    path: `${RETRIEVALS}/:task_id`,
    summary: "Where to fetch what was asked for",
    body: NOTHING,
    answer: RETRIEVAL_STATUS,
    handler: readRetrieval,
  }),
  endpoint({
    name: "retrieval_data",
    method: "GET",
    path: `${RETRIEVALS}/:task_id/data`,
    summary: "All that is kept of the users that were asked for, one JSON object a line",
    body: NOTHING,
    answer: {
      description: "Profiles, lists of members and events.",
      content: { "application/x-ndjson": { schema: Type.String() } },
    },
    handler: sendData,
  }),
];

function endpoint({ name, method, path, summary, body, answer, handler }: Endpoint): Route {
  return {
    name,
    family: "app",
    methods: [method],
    paths: [path],
    aliases: [],
    summary,
    guard: "manage",
    parameters: TOKEN,
    body,
    answer,
    handler: async (context, request) => handler(await authorize(context, request)),
  };
}

/**
 * Who asks, and for the project of which token. Only a login that manages the project may.
 *
 * @throws `access.*`, `query.parameter_required`
 */
async function authorize(context: ServerContext, request: ApiRequest): Promise<PrivacyCall> {
  const token = parseForm(request.queryString).get("token") ?? "";
  const named = context.directory.projectByToken(token);
  const projectId = named === undefined ? "with this token" : String(named.id);
  const access = await authorizeAs(
    context,
    request,
    "manage",
    new Map([["project_id", projectId]]),
  );
  const { principal, project } = access;
  const username = principal.kind === "service_account" ? principal.username : principal.kind;
  return { context, project, username, request };
}

/** Distinct ids as they are stored, each once. */
function asStored(distinctIds: readonly string[]): readonly string[] {
  return [...new Set(distinctIds.map((id) => id.toWellFormed()))];
}

async function erase(call: PrivacyCall): Promise<ApiReply> {
  const { context, project, username, request } = call;
  const body = readJson(request, ERASURE);
  const distinctIds = asStored(body.distinct_ids);
  const { erasures, savedCohorts } = context.registry;
  const erased = await savedCohorts.betweenChanges(project.id, () =>
    context.store.erase(project.id, distinctIds),
  );
  context.retrievals.forget(project.id, distinctIds);
  const id = await erasures.add(project.id, {
    ...erased,
    requestedAtMs: context.clock.now(),
    requestedBy: username,
    complianceType: body.compliance_type?.toUpperCase() === "CCPA" ? "CCPA" : "GDPR",
    distinctIdCount: distinctIds.length,
  });
  const logged = { projectId: project.id, profileCount: erased.profileCount };
  return { ...ok({ task_id: String(id) }, 201), logged };
}

async function readErasure({ context, project, request }: PrivacyCall): Promise<ApiReply> {
  const id = pathId(request, "task_id");
  const erasure =
    id === undefined ? undefined : await context.registry.erasures.byId(project.id, id);
  return ok({
    tracking_id: pathParameter(request, "task_id"),
    ...(erasure === undefined ? { status: "NOT_FOUND" } : erasureFacts(erasure)),
    project_id: project.id,
    distinct_ids: [],
  });
}

function erasureFacts(erasure: Erasure): object {
  return {
    status: "SUCCESS",
    requesting_user: erasure.requestedBy,
    compliance_type: erasure.complianceType,
    date_requested: formatUtc(erasure.requestedAtMs),
    distinct_id_count: erasure.distinctIdCount,
    profile_count: erasure.profileCount,
    event_count: erasure.eventCount,
  };
}

function readRetrieval({ context, project, request }: PrivacyCall): ApiReply {
  const taskId = pathParameter(request, "task_id");
  const retrieval = context.retrievals.byId(project.id, taskId);
  if (retrieval === undefined) return ok({ status: "NOT_FOUND", results: "", distinct_ids: [] });
  const token = encodeURIComponent(project.token);
  return ok({
    status: "SUCCESS",
    results: `${RETRIEVALS}/${retrieval.taskId}/data?token=${token}`,
    distinct_ids: retrieval.distinctIds,
  });
}

function sendData({ context, project, request }: PrivacyCall): ApiReply {
  const taskId = pathParameter(request, "task_id");
  const retrieval = context.retrievals.byId(project.id, taskId);
  if (retrieval === undefined) {
    throw fail("privacy.task_missing", { taskId: JSON.stringify(taskId.slice(0, 40)) });
  }
  return {
    status: 200,
    headers: { "content-type": "application/x-ndjson; charset=utf-8" },
    body: personalData(context, project, retrieval.distinctIds, request.signal),
    logged: { projectId: project.id },
  };
}
