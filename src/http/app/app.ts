/**
 * What the endpoints of the App API share: paths in both scopes, who may, what was sent, and how it is answered.
 *
 * An endpoint is declared once with `inProject` and answers below `/api/app/projects/:project_id` and below
 * `/api/app/workspaces/:workspace_id`; its handler is given the proven access and never looks at credentials.
 *
 * @module
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { fail, WhomError } from "../../errors/error.ts";
import { type Action, authenticate, demand } from "../../project/access.ts";
import type { ProjectDirectory } from "../../project/directory.ts";
import type { Access } from "../../project/project.ts";
import { type ApiReply, type ApiRequest, json } from "../api.ts";
import type { ServerContext } from "../context.ts";
import { parseForm } from "../form.ts";
import type { Method, Route } from "../route.ts";
import { SchemaError } from "./schema-error.ts";

/** A request to an endpoint of one project, allowed. */
export interface ProjectCall {
  readonly context: ServerContext;
  readonly access: Access;
  readonly request: ApiRequest;
  /** The members of the query string. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One endpoint of a project: a method and the path below the project. */
export interface ProjectEndpoint {
  /** The label in metrics and the log. */
  readonly name: string;
  readonly method: Method;
  /** Starts with a slash; a part `:id` is read with `pathParameter` or `pathId`. */
  readonly path: string;
  readonly summary: string;
  /** What the caller must be allowed to. */
  readonly action: Action;
  /** Of the query string. */
  readonly parameters?: TSchema;
  readonly body?: object;
  /** Of `results`. */
  readonly results: TSchema;
  readonly handler: (call: ProjectCall) => Promise<ApiReply> | ApiReply;
}

const NOTHING: TSchema = Type.Object({});

/** An endpoint of a project as a route, in both scopes. */
export function inProject(endpoint: ProjectEndpoint): Route {
  const { name, method, path, summary, action, results, handler } = endpoint;
  return {
    name,
    family: "app",
    methods: [method],
    paths: [`/api/app/projects/:project_id${path}`, `/api/app/workspaces/:workspace_id${path}`],
    aliases: [],
    summary,
    guard: action,
    parameters: endpoint.parameters ?? NOTHING,
    body: endpoint.body ?? NOTHING,
    answer: okSchema(results),
    handler: async (context, request) => {
      const access = await authorizeProject(context, request, action);
      return handler({ context, access, request, parameters: parseForm(request.queryString) });
    },
  };
}

/** The envelope of an answer, as a schema. */
export function okSchema(results: TSchema): TSchema {
  return Type.Object({ status: Type.Literal("ok"), results });
}

/**
 * Who asks for the project or workspace that the path names, and whether they may.
 *
 * A workspace stands for its project; both scopes give the same objects.
 *
 * @throws `access.*`
 */
export async function authorizeProject(
  context: ServerContext,
  request: ApiRequest,
  action: Action,
): Promise<Access> {
  const { project_id: projectId, workspace_id: workspaceId } = request.pathParameters ?? {};
  if (workspaceId === undefined) {
    return authorizeAs(context, request, action, new Map([["project_id", projectId]]));
  }
  const ofWorkspace = projectOfWorkspace(context.directory, workspaceId);
  const named = new Map([
    ["project_id", ofWorkspace ?? NO_PROJECT],
    ["workspace_id", workspaceId],
  ]);
  try {
    return await authorizeAs(context, request, action, named);
  } catch (error) {
    // It must not show which workspaces there are in projects of others.
    if (error instanceof WhomError && error.code === "access.project_forbidden") {
      throw fail("access.workspace_forbidden", { workspaceId });
    }
    throw error;
  }
}

/** Is no id of a project. */
const NO_PROJECT = "(none)";

function projectOfWorkspace(directory: ProjectDirectory, workspaceId: string): string | undefined {
  const found = directory
    .projects()
    .find(({ workspaces }) => workspaces.some(({ id }) => String(id) === workspaceId));
  return found === undefined ? undefined : String(found.id);
}

/**
 * Who asks, when the project is named by something else than the path.
 *
 * @param named `project_id` and perhaps `workspace_id`
 * @throws `access.*`
 */
export async function authorizeAs(
  { directory, access }: ServerContext,
  { headers, remoteAddress }: ApiRequest,
  action: Action,
  named: ReadonlyMap<string, unknown>,
): Promise<Access> {
  const { authorization } = headers;
  const granted = await authenticate(
    directory,
    {
      authorization: typeof authorization === "string" ? authorization : undefined,
      parameters: named,
      allParameters: named,
      remoteAddress,
    },
    access,
  );
  demand(granted, action);
  return granted;
}

/** A part of the path, by the name it has in the route. */
export function pathParameter({ pathParameters }: ApiRequest, name: string): string {
  const value = pathParameters?.[name];
  if (value === undefined) throw new Error(`the route has no part :${name}`);
  return value;
}

const ID = /^\d{1,15}$/;

/** A part of the path that is a whole number; undefined for a text that is none, which no object has for its id. */
export function pathId(request: ApiRequest, name: string): number | undefined {
  const text = pathParameter(request, name);
  return ID.test(text) ? Number(text) : undefined;
}

/**
 * The body as JSON of a shape; an empty one is read as an object without members.
 *
 * @throws `query.invalid_json`, or `request.invalid_body` with the place, the schema and the data in its answer
 */
export function readJson<Schema extends TSchema>(
  request: ApiRequest,
  schema: Schema,
): Static<Schema> {
  return parseJson(bodyText(request), schema);
}

/** The body as text; that of an object without members for an empty one. */
export function bodyText({ body }: ApiRequest): string {
  // It takes a byte order mark for white space.
  return body.toString("utf8").trim() || "{}";
}

/**
 * A text as JSON of a shape.
 *
 * @throws `query.invalid_json`, `request.invalid_body`
 */
export function parseJson<Schema extends TSchema>(text: string, schema: Schema): Static<Schema> {
  const value = parseAny(text);
  if (Value.Check(schema, value)) return value;
  throw new SchemaError(schema, value);
}

function parseAny(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fail("query.invalid_json", { parameter: "body" });
  }
}

/** The answer to a request that went well. */
export function ok(results: unknown, status: 200 | 201 = 200): ApiReply {
  return json(status, { status: "ok", results });
}

/** The same, of results that are JSON already. */
export function okJson(resultsJson: string): ApiReply {
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: `{"status":"ok","results":${resultsJson}}`,
  };
}

/** The answer to a request that went well and has nothing to tell. */
export function noContent(): ApiReply {
  return { status: 204, headers: {}, body: "" };
}
