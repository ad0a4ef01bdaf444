/**
 * The OpenAPI document at `/openapi.json`, made of the route table, and the page at `/docs` that shows it.
 *
 * @module
 */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { Family, Method, Route } from "./route.ts";
import {
  APP_FAILURE_SCHEMA,
  FAILURE_SCHEMA,
  HEALTH_SCHEMA,
  UPDATE_FAILURE_SCHEMA,
} from "./wire.ts";

/** Routes that are added after this are in the document. */
export async function registerDocument(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema({ ...FAILURE_SCHEMA, $id: "Failure" });
  app.addSchema({ ...UPDATE_FAILURE_SCHEMA, $id: "UpdateFailure" });
  app.addSchema({ ...APP_FAILURE_SCHEMA, $id: "AppFailure" });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Whom",
        description: "Profiles in over the ingestion API, out over Query Profiles.",
        version,
      },
      components: {
        securitySchemes: {
          basic: { type: "http", scheme: "basic" },
          bearer: { type: "http", scheme: "bearer" },
        },
      },
      tags: [
        { name: "query", description: "Read profiles." },
        { name: "ingest", description: "Write profiles." },
        { name: "app", description: "Manage what a project has saved." },
        { name: "operations", description: "Run the server." },
      ],
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const path of Object.values(openapiObject.paths ?? {})) makeBodyOptional(path);
      return openapiObject;
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === "string" ? $id : `definition-${index}`,
    },
  });
  app.get("/openapi.json", { schema: { hide: true }, config: { route: "docs" } }, () =>
    app.swagger(),
  );
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
}

/** Everything that a body says may stand in the query string instead. */
function makeBodyOptional(path: object | undefined): void {
  const { post } = (path ?? {}) as { readonly post?: { requestBody?: { required?: boolean } } };
  if (post?.requestBody !== undefined) post.requestBody.required = false;
}

const JSON_OR_FORM = ["application/json", "application/x-www-form-urlencoded"];

/** What bodies are read as. */
const CONSUMED: Readonly<Record<Family, readonly string[]>> = {
  query: JSON_OR_FORM,
  ingest: JSON_OR_FORM,
  app: ["application/json"],
  operations: [],
};

/** What the document says about one method and path of a route. */
export function operationSchema(route: Route, method: Method, path: string, hide: boolean): object {
  const place = path.replaceAll(/[^a-z0-9]+/g, "_");
  return {
    hide,
    tags: [route.family],
    operationId: `${method.toLowerCase()}${place}`,
    summary: route.summary,
    querystring: route.parameters,
    ...(method === "GET" || method === "DELETE"
      ? {}
      : { body: route.body, consumes: CONSUMED[route.family] }),
    ...(route.family === "query" || route.family === "app"
      ? { security: [{ basic: [] }, { bearer: [] }] }
      : {}),
    response: responsesOf(route),
  };
}

const FAILURES = { query: "Failure#", ingest: "UpdateFailure#", app: "AppFailure#" } as const;

function responsesOf({ name, family, answer }: Route): object {
  if (family === "operations") {
    return name === "health_ready" ? { 200: answer, 503: HEALTH_SCHEMA } : { 200: answer };
  }
  const failure = { $ref: FAILURES[family] };
  return { 200: answer, "4xx": failure, "5xx": failure };
}
