/**
 * Who asks for what is of no single project: an account, or the organization that all projects of a server are in.
 *
 * @module
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { fail } from "../../errors/error.ts";
import { type Identified, identify } from "../../project/access.ts";
import { ORGANIZATION, type ServiceAccount } from "../../project/project.ts";
import type { ApiReply, ApiRequest } from "../api.ts";
import { pathParameter } from "../app/app.ts";
import type { ServerContext } from "../context.ts";
import type { Method, Route } from "../route.ts";

/** Ids in errors are cut here, as their text is the caller's. */
const ID_LENGTH_MAX = 40;

/** No parameters: nothing but the header tells who asks. */
const NO_PARAMETERS: ReadonlyMap<string, unknown> = new Map();

/** @throws `access.unauthenticated`, `access.too_many_attempts` */
export function identifyCaller(
  { directory, access }: ServerContext,
  { headers, remoteAddress }: ApiRequest,
): Promise<Identified> {
  const { authorization } = headers;
  return identify(
    directory,
    {
      authorization: typeof authorization === "string" ? authorization : undefined,
      parameters: NO_PARAMETERS,
      allParameters: NO_PARAMETERS,
      remoteAddress,
    },
    access,
  );
}

/** A request to an endpoint of the organization, by a service account. */
export interface OrganizationCall {
  readonly context: ServerContext;
  readonly account: ServiceAccount;
  readonly request: ApiRequest;
}

/** One endpoint of the organization. */
export interface OrganizationEndpoint {
  /** The label in metrics and the log. */
  readonly name: string;
  readonly method: Method;
  /** Below the organization; starts with a slash. */
  readonly path: string;
  /** Also answers without `/api/app`, where the web app has it. */
  readonly isAlsoAtRoot?: boolean;
  readonly summary: string;
  readonly body?: object;
  readonly answer: TSchema;
  /** Looks at the rights of the account itself. */
  readonly handler: (call: OrganizationCall) => Promise<ApiReply> | ApiReply;
}

const NOTHING: TSchema = Type.Object({});

/** `{"status":"ok"}` and nothing else. */
export const DONE_SCHEMA: TSchema = Type.Object({ status: Type.Literal("ok") });

/** An endpoint of the organization as a route. */
export function inOrganization(endpoint: OrganizationEndpoint): Route {
  const { name, method, path, summary, answer, handler, isAlsoAtRoot = false } = endpoint;
  const prefixes = isAlsoAtRoot ? ["", "/api/app"] : ["/api/app"];
  return {
    name,
    family: "app",
    methods: [method],
    paths: prefixes.map((prefix) => `${prefix}/organizations/:organization_id${path}`),
    aliases: [],
    summary,
    guard: "account",
    parameters: NOTHING,
    body: endpoint.body ?? NOTHING,
    answer,
    handler: async (context, request) => {
      const account = await identifyServiceAccount(context, request);
      const organizationId = pathParameter(request, "organization_id");
      if (organizationId !== String(ORGANIZATION.id)) {
        const shown = shownId(request, "organization_id");
        throw fail("access.organization_forbidden", { organizationId: shown });
      }
      return handler({ context, account, request });
    },
  };
}

/** An id of the path as it may be shown in an error. */
export function shownId(request: ApiRequest, name: string): string {
  return pathParameter(request, name).slice(0, ID_LENGTH_MAX);
}

/** API secrets and tokens are of a project, and say nothing about others. */
async function identifyServiceAccount(
  context: ServerContext,
  request: ApiRequest,
): Promise<ServiceAccount> {
  const caller = await identifyCaller(context, request);
  if (caller.kind !== "service_account") throw fail("access.service_account_required", {});
  return caller.account;
}
