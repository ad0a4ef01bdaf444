/**
 * Calls of the App API of a test server's project.
 *
 * @module
 */
import { type Answer, startTestServer, type TestServer, type TestServerOptions } from "./server.ts";

/** Sends requests below the project, as the project's secret unless it says otherwise. */
export interface AppClient {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

/** A client; a body that is a text is sent as it is. */
export function appClient(
  server: TestServer,
  authorization: string = server.secretAuthorization,
  prefix = `/api/app/projects/${server.project.id}`,
): AppClient {
  const ask = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown) =>
    server.send({
      method,
      url: `${prefix}${path}`,
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
    patch: (path, body) => ask("PATCH", path, body),
    delete: (path) => ask("DELETE", path),
  };
}

/** A server with three profiles: `ada` and `cyd` have the plan pro, `bob` has another. */
export async function startWithPlans(
  options: TestServerOptions = {},
): Promise<{ readonly server: TestServer; readonly app: AppClient }> {
  const server = await startTestServer(options);
  await server.set("ada", { plan: "pro" });
  await server.set("bob", { plan: "free" });
  await server.set("cyd", { plan: "pro" });
  return { server, app: appClient(server) };
}
